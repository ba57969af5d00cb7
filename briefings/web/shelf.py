"""Keeps whole public pages in memory for some seconds and answers out of it; it renders nothing.

Only pages that are the same for everybody belong here. An answer carries an ETag, so a browser or
proxy that has the page asks in a few bytes whether it still holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from briefings.web.aging import Aged

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    RawHeaders = tuple[tuple[bytes, bytes], ...]

PAGE_SECONDS = 5.0
"""How old a page may be that we give out; rendering each anew that often costs a few percent."""
CACHE = "public, max-age=300"
"""For everybody else's stores: minutes matter to no reader, and a correction is out soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A page as it goes over the wire; `route` is what answered it, for logs and counts."""

    body: bytes
    tag: bytes
    headers: RawHeaders
    route: object

    @classmethod
    def of(cls, page: Response, route: object) -> Kept:
        """Keep a rendered page, and name it by its content."""
        body = bytes(page.body)
        page.headers.setdefault("cache-control", CACHE)
        tag = page.headers["etag"] = f'"{sha256(body).hexdigest()[:20]}"'
        return cls(body=body, tag=tag.encode(), headers=tuple(page.raw_headers), route=route)

    async def give(self, scope: Scope, send: Send) -> None:
        """Send the page, or say that the asker has it already (RFC 9110, 13.1.2).

        A 304 carries the page's own headers: a browser takes them over for what it has.
        """
        scope["route"] = self.route
        held = any(
            name == b"if-none-match" and _names(value, self.tag) for name, value in scope["headers"]
        )
        headers = [each for each in self.headers if not held or each[0] != b"content-length"]
        status = 304 if held else 200
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if held else self.body})


def _names(asked: bytes, tag: bytes) -> bool:
    """Whether one of the tags asked for is this one; a proxy may have made it weak."""
    return any(each.strip().removeprefix(b"W/") in (tag, b"*") for each in asked.split(b","))


class Shelf:
    """The kept pages by their path. Only a page that could be made takes a place."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._pages: dict[str, Aged[Kept]] = {}

    def fresh(self, path: str) -> Kept | None:
        """Give the page of a path if it is there and young enough."""
        aged = self._pages.get(path)
        return aged.fresh() if aged is not None else None

    async def answer(self, request: Request, make: Callable[[], Response]) -> Response:
        """Answer with the page of this path; `make` renders it in a thread where that is due."""
        path, route = request.url.path, request.scope.get("route")
        kept = self.fresh(path) or await run_in_threadpool(
            self._made, path, lambda: Kept.of(make(), route)
        )
        return _Given(kept)

    def _made(self, path: str, make: Callable[[], Kept]) -> Kept:
        aged = self._pages.get(path)
        if aged is None:
            aged = Aged(make, monotonic=self._monotonic, seconds=PAGE_SECONDS)
        kept = aged.get()
        self._pages.setdefault(path, aged)
        return kept


class _Given(Response):
    """A kept page as the answer of a route."""

    def __init__(self, kept: Kept) -> None:
        super().__init__()
        self._kept = kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await self._kept.give(scope, send)


class Front:
    """ASGI middleware that gives out young pages before any route is looked for.

    Finding a route costs as much as all else that is ours in an answer.
    """

    def __init__(self, app: ASGIApp, shelf: Shelf) -> None:
        self._app = app
        self._shelf = shelf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the kept page of a plain path, or hand the request on."""
        plain = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if plain and not scope["query_string"]:
            kept = self._shelf.fresh(scope["path"])
            if kept is not None:
                await kept.give(scope, send)
                return
        await self._app(scope, receive, send)
