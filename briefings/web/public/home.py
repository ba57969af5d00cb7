"""The start page, the files that pages link to, and what crawlers are told."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import PlainTextResponse
from markupsafe import escape

from briefings.pipeline.archive import shelves
from briefings.pipeline.profiles import sample_mail
from briefings.web.edge import PERSONAL
from briefings.web.navigation import entries
from briefings.web.pages import page_of
from briefings.web.site import Site

SHOWN = 3
"""Items of the sample mail on the start page: enough to see how they are written."""
_LEAD = (
    "One mail a week about your own job: what AI changes in its tasks, which tools changed, "
    "what happened to pay, and one step of a twelve-week plan. Every figure with its source."
)


def routes(site: Site) -> APIRouter:
    """The pages /, /robots.txt, /sitemap.xml and /static/."""
    router = APIRouter()

    @router.api_route("/", methods=["GET", "HEAD"])
    async def home(request: Request) -> Response:
        """Say what this is."""
        return await site.shelf.answer(request, lambda: _home(site))

    @router.api_route("/robots.txt", methods=["GET", "HEAD"])
    def robots() -> Response:
        """Keep crawlers off what belongs to one reader, and lead them to the rest."""
        lines = [f"Disallow: {page}" for page in PERSONAL]
        if sitemap := site.canonical("/sitemap.xml"):
            lines.append(f"Sitemap: {sitemap}")
        return PlainTextResponse("\n".join(["User-agent: *", *lines, ""]))

    @router.api_route("/sitemap.xml", methods=["GET", "HEAD"])
    async def sitemap(request: Request) -> Response:
        """List the pages that are for everybody."""
        return await site.shelf.answer(request, lambda: _sitemap(site))

    @router.api_route("/static/{rest:path}", methods=["GET", "HEAD"])
    def static(request: Request) -> Response:
        """Give a file under the address that names its hash."""
        found = site.pages.static(request.url.path)
        if found is None:
            raise HTTPException(404)
        return found

    return router


def _home(site: Site) -> Response:
    catalogue = site.facts().catalogue
    roles = sorted(catalogue.roles, key=lambda role: role.name.casefold())
    return site.pages.show(
        "home.html",
        site.week,
        title="What AI changes in your job",
        description=_LEAD,
        canonical=site.canonical("/"),
        personal=False,
        roles=roles,
        sample=sample_mail(site.app.chain, site.week),
        shown=SHOWN,
        data=_structured(site),
    )


def _structured(site: Site) -> dict[str, object]:
    """What the site is, in the words of schema.org."""
    data: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": "Briefings",
        "description": _LEAD,
    }
    if url := site.canonical("/"):
        data["url"] = url
        data["potentialAction"] = {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{url}roles?q={{query}}"},
            "query-input": "required name=query",
        }
    return data


def _sitemap(site: Site) -> Response:
    """The masthead's pages, one per role, direction and assessment, and what the archive shows."""
    pages = [entry.path for entry in entries(demo=False)]
    catalogue = site.facts().catalogue
    own = [page_of(each) for each in catalogue.specializations]
    own += [f"/assessment/{each.role}" for each in catalogue.assessments]
    for shelf in shelves(site.app.chain):
        own.append(f"/archive/{shelf.specialization}")
        own += [f"/archive/{shelf.specialization}/{each.week}" for each in shelf.briefings]
    lines = [
        f"<url><loc>{escape(site.canonical(path) or path)}</loc></url>"
        for path in ("/", *pages, *sorted(own))
    ]
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    text = "\n".join([head, f'<urlset xmlns="{space}">', *lines, "</urlset>", ""])
    return Response(text, media_type="application/xml")
