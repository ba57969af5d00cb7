"""The archive of published briefings and its feeds; what stands in it, an editor decides."""

from __future__ import annotations

from email.utils import format_datetime

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from briefings.errors import NotFound
from briefings.pipeline.archive import Shelf, public_briefing, public_mail, shelves
from briefings.web.outbox.shown import in_new_tab, local_links
from briefings.web.outbox.viewer import PAGE_POLICY
from briefings.web.pages import described
from briefings.web.public.view import MAIL_POLICY, with_more
from briefings.web.shelf import CACHE
from briefings.web.site import Site

FRAMED_POLICY = MAIL_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
"""The mail alone, inside our page: as strict as the web view, and never in another site's frame."""
MOST_IN_FEED = 20


def routes(site: Site) -> APIRouter:
    """The pages under /archive."""
    router = APIRouter(prefix="/archive")

    def shelf_of(slug: str) -> Shelf:
        found = shelves(site.app.chain, slug)
        if not found:
            raise NotFound("There is no such archive.")
        return found[0]

    @router.api_route("", methods=["GET", "HEAD"])
    def archive() -> Response:
        """List the specializations whose briefings anybody may read."""
        return _kept(
            site.pages.show(
                "archive.html",
                site.week,
                title="Archive",
                section="archive",
                description="Briefings that went out, week by week, for everybody to read.",
                canonical=site.canonical("/archive"),
                personal=False,
                shelves=shelves(site.app.chain),
            )
        )

    @router.api_route("/{specialization}", methods=["GET", "HEAD"])
    def shelf(specialization: str) -> Response:
        """List the briefings of one specialization, newest first."""
        found = shelf_of(specialization)
        return _kept(
            site.pages.show(
                "archive-shelf.html",
                site.week,
                title=f"Archive: {found.name}",
                section="archive",
                description=f"Past briefings for {found.name}: what changed, week by week.",
                canonical=site.canonical(f"/archive/{found.specialization}"),
                personal=False,
                shelf=found,
            )
        )

    @router.api_route("/{specialization}/rss.xml", methods=["GET", "HEAD"])
    def rss(specialization: str) -> Response:
        """Give the newest of them as RSS 2.0."""
        found = shelf_of(specialization)
        text = site.pages.text(
            "archive.rss.xml",
            shelf=found,
            briefings=found.briefings[:MOST_IN_FEED],
            base_url=site.base_url.rstrip("/"),
            written=format_datetime,
        )
        return Response(text, media_type="application/rss+xml", headers={"cache-control": CACHE})

    @router.api_route("/{specialization}/{week}", methods=["GET", "HEAD"])
    def briefing(specialization: str, week: str) -> Response:
        """Show one briefing in a frame, with what was corrected since."""
        found = public_briefing(site.app.chain, specialization, week)
        page = site.pages.show(
            "archive-briefing.html",
            site.week,
            title=found.listed.subject,
            section="archive",
            description=described("; ".join(found.listed.headlines)),
            canonical=site.canonical(f"/archive/{specialization}/{week}"),
            personal=False,
            briefing=found,
        )
        page.headers["content-security-policy"] = PAGE_POLICY
        return _kept(page)

    @router.api_route("/{specialization}/{week}/mail", methods=["GET", "HEAD"])
    def mail(specialization: str, week: str) -> Response:
        """The mail alone, for the frame; search engines are led to the page around it."""
        found = public_mail(site.app.chain, specialization, week)
        html = in_new_tab(with_more(site, found.html, found.left_over))
        if site.demo:
            html = local_links(html, site.app.settings.base_url or "")
        headers = {
            "content-security-policy": FRAMED_POLICY,
            "cache-control": CACHE,
            "x-robots-tag": "noindex",
        }
        return HTMLResponse(html, headers=headers)

    return router


def _kept(page: Response) -> Response:
    page.headers["cache-control"] = CACHE
    return page
