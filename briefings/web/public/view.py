"""The web view of one's own mail and the public page of one item; neither changes anything."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from briefings.links import Purpose
from briefings.model.news import Item
from briefings.pipeline.reading import item_view, mail_view
from briefings.web.outbox.shown import local_links
from briefings.web.pages import described
from briefings.web.shelf import CACHE
from briefings.web.site import Site

MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox "
    "allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
"""A mail's words come from outside: the browser runs no script in it and loads nothing for it."""

_LAST = "</body>"


def routes(site: Site) -> APIRouter:
    """The pages /view/{token} and /items/{item}."""
    router = APIRouter()

    @router.api_route("/view/{token}", methods=["GET", "HEAD"])
    def view(token: str) -> Response:
        """Show the stored mail as it was sent, and under it what did not fit."""
        link = site.read_token(Purpose.VIEW, token)
        mail = mail_view(site.app.chain, link)
        html = with_more(site, mail.html, mail.left_over)
        if site.demo:
            html = local_links(html, site.app.settings.base_url or "")
        return HTMLResponse(html, headers={"content-security-policy": MAIL_POLICY})

    @router.api_route("/items/{item}", methods=["GET", "HEAD"])
    def item(item: int, request: Request) -> Response:
        """Show one item to anybody, and count it where a person came from elsewhere (R16)."""
        seen = item_view(site.app.chain, item)
        news = seen.item.news
        page = site.pages.show(
            "item.html",
            site.week,
            title=news.headline,
            description=described(news.summary) or f"{news.label}. Source: {news.source_name}.",
            canonical=site.canonical(f"/items/{item}"),
            view=seen,
            personal=False,
        )
        client = request.client.host if request.client else ""
        site.presses.seen(seen.item.id, request.method, request.headers, client)
        page.headers["cache-control"] = CACHE
        return page

    return router


def with_more(site: Site, html: str, left_over: Sequence[Item]) -> str:
    """Put what did not fit into a mail under it."""
    more = site.pages.text("more.html", items=left_over) if left_over else ""
    before, found, after = html.rpartition(_LAST)
    return before + more + found + after if found else html + more
