"""The start page and the files that pages link to."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import PlainTextResponse

from briefings.web.edge import PERSONAL
from briefings.web.site import Site


def routes(site: Site) -> APIRouter:
    """The pages /, /robots.txt and /static/."""
    router = APIRouter()

    @router.api_route("/", methods=["GET", "HEAD"])
    def home() -> Response:
        """Say what this is."""
        page = site.pages.show("home.html", site.week, title="One mail a week", personal=False)
        page.headers["cache-control"] = "public, max-age=300"
        return page

    @router.api_route("/robots.txt", methods=["GET", "HEAD"])
    def robots() -> Response:
        """Keep crawlers off what belongs to one reader."""
        lines = [f"Disallow: {page}" for page in PERSONAL]
        return PlainTextResponse("\n".join(["User-agent: *", *lines, ""]))

    @router.api_route("/static/{rest:path}", methods=["GET", "HEAD"])
    def static(request: Request) -> Response:
        """Give a file under the address that names its hash."""
        found = site.pages.static(request.url.path)
        if found is None:
            raise HTTPException(404)
        return found

    return router
