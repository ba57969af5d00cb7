"""A reader's plan for their calendar and their mails for their feed reader; GET only, no writes."""

from __future__ import annotations

from email.utils import format_datetime

from fastapi import APIRouter, Response

from briefings.links import Purpose
from briefings.pipeline.own_feeds import addresses, own_mails, plan_calendar
from briefings.web.public.planning import shown_now
from briefings.web.site import Site


def routes(site: Site) -> APIRouter:
    """The files /calendar/{token} and /feed/{token}."""
    router = APIRouter()

    @router.api_route("/calendar/{token}", methods=["GET", "HEAD"])
    def calendar(token: str) -> Response:
        """Give the plan as an iCalendar file."""
        link = site.read_token(Purpose.CALENDAR, token)
        content = plan_calendar(site.app.chain, link, shown_now(site))
        named = {"content-disposition": 'inline; filename="plan.ics"'}
        return Response(content, media_type="text/calendar; charset=utf-8", headers=named)

    @router.api_route("/feed/{token}", methods=["GET", "HEAD"])
    def feed(token: str) -> Response:
        """Give one's own mails as RSS 2.0, each with its web view."""
        link = site.read_token(Purpose.FEED, token)
        entries = own_mails(site.app.chain, link)
        text = site.pages.text(
            "own-feed.xml",
            entries=entries,
            dates={each.number: format_datetime(each.at) for each in entries},
            own=addresses(site.app.chain, link)[Purpose.FEED],
            home=site.base_url,
        )
        return Response(text, media_type="application/rss+xml; charset=utf-8")

    return router
