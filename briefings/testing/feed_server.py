"""A web server of release feeds that misbehaves by script, on the loopback address.

What it serves is set by path before or between requests; every request is written down.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from types import TracebackType
from typing import Self
from xml.sax.saxutils import escape, quoteattr

ATOM = "application/atom+xml; charset=utf-8"
_CHUNK = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer. With an `etag` a request that knows it gets 304.

    `drip` sends the body byte by byte with that many seconds between; `mute` answers nothing.
    `head` is the status that HEAD gets, where it is not that of GET.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    etag: str = ""
    drip: float = 0.0
    mute: bool = False
    head: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it came: path and headers, names in lower case, and how it asked."""

    path: str
    headers: Mapping[str, str]
    method: str = "GET"


class FeedServer:
    """Serves until the block ends.

    `with FeedServer() as server: server.pages["/releases.atom"] = Page(body=...)`
    """

    def __init__(self, host: str = "127.0.0.1", *, tls: SSLContext | None = None) -> None:
        """Listen on a free port; with `tls` over https."""
        self.pages: dict[str, Page] = {}
        self.asked: list[Asked] = []
        self._over = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.answer(self)

            def do_HEAD(self) -> None:
                server.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
                pass

        class Server(ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

            def handle_error(self, request: object, client_address: object) -> None:
                if not isinstance(sys.exception(), ConnectionError):  # the fetcher had enough
                    super().handle_error(request, client_address)  # type: ignore[arg-type]

        self._host = f"[{host}]" if ":" in host else host
        self._server = Server((host, 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="feeds", daemon=True
        )

    @property
    def port(self) -> int:
        """The port that the system chose."""
        return int(self._server.server_address[1])

    def url(self, path: str) -> str:
        """The address of a page."""
        return f"http://{self._host}:{self.port}{path}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request as the page of its path says."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        method = str(request.command)
        self.asked.append(Asked(path=request.path, headers=headers, method=method))
        page = self.pages.get(request.path, Page(status=404))
        if page.mute:
            self._over.wait()
            return
        unchanged = bool(page.etag) and headers.get("if-none-match") == page.etag
        only_head = method == "HEAD"
        status = page.head if only_head and page.head else page.status
        request.send_response(304 if unchanged else status)
        body = b"" if unchanged else page.body
        named = {"content-type": ATOM, "content-length": str(len(body)), **page.headers}
        if page.etag:
            named["etag"] = page.etag
        for name, value in named.items():
            request.send_header(name, value)
        try:
            request.end_headers()
            self._send(request, b"" if only_head else body, page.drip)
        except OSError:  # the fetcher had enough
            request.close_connection = True

    def _send(self, request: BaseHTTPRequestHandler, body: bytes, drip: float) -> None:
        size = 1 if drip else _CHUNK
        for start in range(0, len(body), size):
            request.wfile.write(body[start : start + size])
            if drip and self._over.wait(drip):
                return

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def atom(*entries: Mapping[str, str]) -> bytes:
    """Write an Atom feed as GitHub does: each entry by `title`, `day`, `notes` (HTML), `link`."""
    text = "".join(map(_entry, entries))
    return (
        "<?xml version='1.0' encoding='UTF-8'?><feed xmlns='http://www.w3.org/2005/Atom'>"
        f"<id>tag:example.org:releases</id><title>Release notes</title>{text}</feed>"
    ).encode()


def _entry(entry: Mapping[str, str]) -> str:
    link = entry.get("link", "https://github.com/example/tool/releases/tag/" + entry["title"])
    return (
        f"<entry><id>{escape(entry.get('id', link))}</id>"
        f"<updated>{escape(entry.get('day', '2026-08-20'))}T09:30:00Z</updated>"
        f"<link rel='alternate' type='text/html' href={quoteattr(link)}/>"
        f"<title>{escape(entry['title'])}</title>"
        f"<content type='html'>{escape(entry.get('notes', ''))}</content></entry>"
    )
