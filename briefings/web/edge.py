"""What every request and answer passes: limits, safe headers, one log line; it knows no page.

The log line and the counts name the route's template and never the path, because paths hold tokens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING

import structlog
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 64 * 1024
BODY_SECONDS = 10.0
PERSONAL = (
    "/unsubscribe/",
    "/preferences/",
    "/view/",
    "/feedback/",
    "/confirm/",
    "/export/",
    "/erase/",
    "/address/",
    "/plan/",
    "/calendar/",
    "/feed/",
)
"""Pages under a reader's own links: kept in no store, found by no crawler."""
_PERSONAL = (*PERSONAL, "/outbox", "/desk")
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_ALWAYS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "interest-cohort=()",
    "cache-control": "no-cache",
}
_ON_PERSONAL = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow"}


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        answered: Callable[[str, str, int], None],
        monotonic: Callable[[], float],
    ) -> None:
        self._app = app
        self._answered = answered
        self._monotonic = monotonic
        self._log = structlog.get_logger("briefings.web")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or say why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._monotonic()
        status = 500

        async def safely(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                _add_headers(message, scope)
            await send(message)

        try:
            body = await _whole_body(receive)
            if isinstance(body, bytes):
                await self._app(scope, _replayed(body, receive), safely)
            else:
                await body(scope, receive, safely)
        finally:
            route = _route(scope)
            self._answered(route, scope["method"], status)
            self._log.info(
                "answered",
                method=scope["method"],
                route=route,
                status=status,
                ms=round((self._monotonic() - began) * 1000, 1),
            )


async def _whole_body(receive: Receive) -> bytes | PlainTextResponse:
    """Read the body at once: small, soon, or not at all."""
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    # Half a form is not what anybody meant; nobody reads this answer.
                    return PlainTextResponse("", 400)
                chunk: bytes = message.get("body", b"")
                size += len(chunk)
                if size > LARGEST_BODY:
                    return PlainTextResponse(
                        "That is more than this page takes (64 KB).\n",
                        413,
                        {"connection": "close"},
                    )
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks)
    except TimeoutError:
        return PlainTextResponse(
            "The request took too long to arrive. Send it again.\n", 408, {"connection": "close"}
        )


def _replayed(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> MutableMapping[str, object]:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _add_headers(message: Message, scope: Scope) -> None:
    headers = MutableHeaders(scope=message)
    wanted = dict(_ALWAYS)
    if scope["path"].startswith(_PERSONAL):
        wanted |= _ON_PERSONAL
    for name, value in wanted.items():
        headers.setdefault(name, value)


def _route(scope: Scope) -> str:
    path: object = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "(none)"
