"""Keeps whole public pages in memory for some seconds and answers out of it; it renders nothing.

Only pages that are the same for everybody belong here. An answer carries an ETag, so a browser or
proxy that has the page asks in a few bytes whether it still holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from briefings.web.aging import Aged

PAGE_SECONDS = 5.0
"""How old a page may be that we give out; rendering each anew that often costs a few percent."""
CACHE = "public, max-age=300"
"""For everybody else's stores: minutes matter to no reader, and a correction is out soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A page as it goes over the wire."""

    body: bytes
    headers: dict[str, str]
    media_type: str

    @classmethod
    def of(cls, page: Response) -> Kept:
        """Keep a rendered page, and name it by its content."""
        body = bytes(page.body)
        headers = {
            name: value
            for name, value in page.headers.items()
            if name not in ("content-length", "content-type")
        }
        headers.setdefault("cache-control", CACHE)
        headers["etag"] = f'"{sha256(body).hexdigest()[:20]}"'
        kind = page.media_type or "text/html"
        return cls(body=body, headers=headers, media_type=kind)

    def answer(self, request: Request) -> Response:
        """Give the page, or say that the asker has it already (RFC 9110, 13.1.2)."""
        asked = request.headers.get("if-none-match")
        if asked is not None and _names(asked, self.headers["etag"]):
            return Response(status_code=304, headers=self.headers)
        return Response(self.body, headers=self.headers, media_type=self.media_type)


def _names(asked: str, tag: str) -> bool:
    """Whether one of the tags asked for is this one; a proxy may have made it weak."""
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in asked.split(","))


class Shelf:
    """The kept pages by their path. Only a page that could be made takes a place."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._pages: dict[str, Aged[Kept]] = {}

    async def answer(self, request: Request, make: Callable[[], Response]) -> Response:
        """Answer with the page of this path; `make` renders it in a thread where that is due."""
        path = request.url.path
        aged = self._pages.get(path)
        kept = aged.fresh() if aged is not None else None
        if kept is None:
            kept = await run_in_threadpool(self._made, path, make)
        return kept.answer(request)

    def _made(self, path: str, make: Callable[[], Response]) -> Kept:
        aged = self._pages.get(path)
        if aged is None:
            aged = Aged(lambda: Kept.of(make()), monotonic=self._monotonic, seconds=PAGE_SECONDS)
        kept = aged.get()
        self._pages.setdefault(path, aged)
        return kept
