"""The page of the tiers; it sells nothing by itself and knows no reader."""

from __future__ import annotations

from fastapi import APIRouter, Response

from briefings.pipeline.tiers import tiers
from briefings.readers.tiers import all_free
from briefings.web.shelf import CACHE
from briefings.web.site import Site


def routes(site: Site) -> APIRouter:
    """The page /pricing."""
    router = APIRouter()

    @router.api_route("/pricing", methods=["GET", "HEAD"])
    def pricing() -> Response:
        """Show every tier with what it costs and holds, in the catalogue's order."""
        offered = tiers(site.app.chain)
        free = all_free(offered)
        page = site.pages.show(
            "pricing.html",
            site.week,
            title="What it costs",
            section="pricing",
            description="What the weekly briefing costs, and what each tier holds.",
            canonical=site.canonical("/pricing"),
            personal=False,
            tiers=offered,
            free=free,
        )
        page.headers["cache-control"] = CACHE
        return page

    return router
