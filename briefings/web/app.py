"""Builds the web application out of an installation; it reads no setting and opens no socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http import HTTPStatus
from typing import Any, cast

import structlog
from anyio import to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from briefings.errors import NotFound, Refused, Temporary
from briefings.links import BadToken, ExpiredToken
from briefings.pipeline.reading import Gone
from briefings.web.desk import routes as desk
from briefings.web.edge import Edge
from briefings.web.ops import health
from briefings.web.ops.metrics import Metrics
from briefings.web.outbox import viewer
from briefings.web.public import (
    archive,
    assessing,
    confirming,
    feedback,
    home,
    leaving,
    own_feeds,
    personal,
    planning,
    preferences,
    pricing,
    roles,
    subscribe,
    view,
)
from briefings.web.seals import BadSeal
from briefings.web.shelf import Front
from briefings.web.site import Site
from briefings.web.warming import warm
from briefings.wiring import App

THREADS = 4
"""Requests in work at once. Who holds the write lock gives the interpreter away at each statement,
and every other thread that works may keep it for 5 ms: more threads answered fewer forms."""
PRESS_SECONDS = 1.0
"""How often presses of links are written down; a killed process loses so many seconds of them."""
RETRY_SECONDS = "5"

_WORDS = {
    HTTPStatus.NOT_FOUND: (
        "There is no such page",
        "The address leads nowhere. Links in mails work when they are copied to their very end.",
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "That does not work here",
        "This page cannot be used that way. Open it as it stands in the mail.",
    ),
}


def create_app(app: App, *, demo: bool = False) -> ASGIApp:
    """Make the ASGI application of an installation; `demo` adds the outbox viewer.

    Raises:
        WrongSetting: the secret key is missing or too short.
    """
    site = Site(app=app, demo=demo)
    _ = (
        site.pages,
        site.seals,
        site.left_log,
        site.presses,
        site.week,
    )  # asked for now, so that a start fails, not a page
    metrics = Metrics(app)
    web = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(site),
    )
    for router in (
        home.routes(site),
        roles.routes(site),
        leaving.routes(site),
        subscribe.routes(site),
        assessing.routes(site),
        confirming.routes(site),
        personal.routes(site),
        preferences.routes(site),
        planning.routes(site),
        own_feeds.routes(site),
        view.routes(site),
        pricing.routes(site),
        desk.routes(site),
        archive.routes(site),
        feedback.routes(site),
        health.routes(site, metrics),
        *([viewer.routes(site)] if demo else []),
    ):
        web.include_router(router)
    web.state.presses = site.presses
    _answer_errors(web, site)
    edge = Edge(Front(web, site.shelf), answered=metrics.answered, monotonic=app.chain.monotonic)
    trusted = [each.strip() for each in app.settings.trusted_proxies.split(",") if each.strip()]
    if not trusted:
        return edge
    # Starlette and uvicorn write the types of ASGI differently; the protocol is the same.
    return cast("ASGIApp", ProxyHeadersMiddleware(cast("Any", edge), trusted))


def _lifespan(site: Site) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Write presses of links down once a second, and warm up beside the first visitors."""

    async def write_presses() -> None:
        while True:
            await asyncio.sleep(PRESS_SECONDS)
            await to_thread.run_sync(site.presses.flush)

    @asynccontextmanager
    async def running(_web: FastAPI) -> AsyncGenerator[None]:
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        writing = asyncio.create_task(write_presses())
        warming = asyncio.create_task(to_thread.run_sync(warm, site.app.chain, site.pages))
        yield
        warming.cancel()
        writing.cancel()
        site.presses.flush(ending=True)

    return running


def _answer_errors(web: FastAPI, site: Site) -> None:
    """Turn what pages raise into pages in the same look, never a trace."""

    @web.exception_handler(BadToken)
    def bad_link(request: Request, wrong: BadToken) -> Response:
        return _bad_link(site, request.url.path, wrong)

    @web.exception_handler(BadSeal)
    def bad_form(_request: Request, wrong: BadSeal) -> Response:
        return site.pages.message(site.week, 403, "Nothing was changed", str(wrong))

    @web.exception_handler(Gone)
    def gone(_request: Request, wrong: Gone) -> Response:
        return site.pages.message(site.week, 410, "Not here any more", str(wrong))

    @web.exception_handler(NotFound)
    def missing(_request: Request, _wrong: NotFound) -> Response:
        return site.pages.message(site.week, 404, *_WORDS[HTTPStatus.NOT_FOUND])

    @web.exception_handler(Refused)
    def refused(_request: Request, wrong: Refused) -> Response:
        return site.pages.message(site.week, 409, "Nothing was changed", str(wrong))

    @web.exception_handler(Temporary)
    def busy(_request: Request, wrong: Temporary) -> Response:
        structlog.get_logger("briefings.web").warning("temporary", reason=str(wrong))
        page = site.pages.message(
            site.week,
            503,
            "Not done yet",
            "Our database is busy, and nothing was changed. Try again in a few seconds.",
        )
        page.headers["retry-after"] = RETRY_SECONDS
        return page

    @web.exception_handler(RequestValidationError)
    def not_an_address(_request: Request, _wrong: RequestValidationError) -> Response:
        return site.pages.message(site.week, 404, *_WORDS[HTTPStatus.NOT_FOUND])

    @web.exception_handler(HTTPException)
    def plain(_request: Request, wrong: HTTPException) -> Response:
        status = HTTPStatus(wrong.status_code)
        words = _WORDS.get(status, (status.phrase, status.description or "That did not work."))
        page = site.pages.message(site.week, status, *words)
        page.headers.update(wrong.headers or {})
        return page

    @web.exception_handler(Exception)
    def broken(_request: Request, _wrong: Exception) -> Response:
        return site.pages.message(
            site.week,
            500,
            "Something broke on our side",
            "It is written down, and nothing was changed. Try again later.",
        )


def _bad_link(site: Site, path: str, wrong: BadToken) -> Response:
    """Say what is wrong with a link, and for one that was good once where a new one comes from."""
    if not isinstance(wrong, ExpiredToken):
        return site.pages.message(site.week, 404, "The link does not work", str(wrong))
    title = "The link is too old"
    if path.startswith("/confirm/"):
        lead = "It was good for seven days. Sign up again: a new one comes by mail at once."
        return site.pages.message(site.week, 404, title, lead, way="/subscribe")
    if path.startswith("/preferences/"):
        lead = "It was good for a day. Your settings also open by any mail of ours."
        hint = "Or type your address into the sign-up form: it mails you a new one."
        return site.pages.message(site.week, 404, title, lead, hint)
    lead = "It was good for a day only, because what it does cannot be undone."
    hint = "Ask for a new one on your settings page: its link stands in every mail."
    return site.pages.message(site.week, 404, title, lead, hint)
