"""The outbox of the demo: a list of mails, and one as its reader sees it; needs no JavaScript."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import HTMLResponse

from briefings.web.outbox.mails import Maildir, Opened
from briefings.web.outbox.shown import clickable, framed
from briefings.web.site import Site

FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'"
)
"""Any mail may lie in a Maildir: it runs no script, loads nothing, and stays in its frame."""
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
PARTS = {"html": "As shown", "text": "Plain text", "headers": "Headers", "source": "Source"}
WIDTHS = {"phone": "Phone, 390", "desktop": "Desktop, 760"}
COLOURS = {"light": "Light", "dark": "Dark"}


def routes(site: Site) -> APIRouter:
    """The pages under /outbox; only the demo has them."""
    router = APIRouter(prefix="/outbox")
    maildir = Maildir(Path(site.app.settings.mail_url.partition("://")[2]))
    base_url = site.app.settings.base_url or ""

    def opened(key: str) -> Opened:
        mail = maildir.get(key)
        if mail is None:
            raise HTTPException(404)
        return mail

    @router.api_route("", methods=["GET", "HEAD"])
    def mails() -> Response:
        """List the mails, newest first."""
        listed, total = maildir.newest()
        return site.pages.show(
            "outbox.html",
            site.week,
            title="Outbox",
            section="outbox",
            mails=listed,
            total=total,
            folder=str(maildir.folder),
        )

    @router.api_route("/{key}", methods=["GET", "HEAD"])
    def mail(
        key: str, part: str = "html", width: str = "desktop", colour: str = "light"
    ) -> Response:
        """Show one mail: a part of it, at a width, light or dark."""
        found = opened(key)
        chosen = {
            "part": part if part in PARTS else "html",
            "width": width if width in WIDTHS else "desktop",
            "colour": colour if colour in COLOURS else "light",
        }
        if chosen["part"] == "html" and not found.html:
            chosen["part"] = "text"
        page = site.pages.show(
            "mail.html",
            site.week,
            title=found.listed.subject,
            section="outbox",
            mail=found,
            chosen=chosen,
            switches=[
                _switch("Part", key, chosen, "part", PARTS),
                *(
                    [
                        _switch("Width", key, chosen, "width", WIDTHS),
                        _switch("Colours", key, chosen, "colour", COLOURS),
                    ]
                    if chosen["part"] == "html"
                    else []
                ),
            ],
            text=clickable(found.text, base_url),
            source=clickable(found.raw, base_url),
            base_url=base_url,
        )
        page.headers["content-security-policy"] = PAGE_POLICY
        return page

    @router.api_route("/{key}/html", methods=["GET", "HEAD"])
    def html(key: str, colour: str = "light") -> Response:
        """The HTML part alone, for the frame."""
        shown = framed(opened(key).html, base_url=base_url, dark=colour == "dark")
        return HTMLResponse(shown, headers={"content-security-policy": FRAME_POLICY})

    return router


def _switch(
    label: str, key: str, chosen: dict[str, str], name: str, values: dict[str, str]
) -> tuple[str, list[tuple[str, str, bool]]]:
    """A row of plain links: its label, then (words, address, whether it is the chosen one)."""
    links = [
        (words, f"/outbox/{key}?{urlencode({**chosen, name: value})}", chosen[name] == value)
        for value, words in values.items()
    ]
    return label, links
