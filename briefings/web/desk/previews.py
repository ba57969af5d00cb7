"""The mail of an edition in every light: frames on a sandbox of their own, and test mails."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Response
from fastapi.responses import HTMLResponse

from briefings.pipeline.prepare import load_catalogue
from briefings.pipeline.showing import MADE_UP, PLAN, Shown, show
from briefings.web.desk.door import Door
from briefings.web.desk.editions import EDITION, address
from briefings.web.desk.visit import Visit
from briefings.web.desk.weeks import week_in
from briefings.web.outbox.shown import framed
from briefings.web.outbox.viewer import FRAME_POLICY

_PARTS = {"all": "All at once", "html": "As shown", "text": "Plain text"}
_WIDTHS = {"phone": "Phone, 390", "desktop": "Desktop, 760"}
_COLOURS = {"light": "Light", "dark": "Dark"}
_IMAGES = {"on": "On", "off": "Off"}
_NO_IMAGES = FRAME_POLICY.replace("img-src data:; ", "")
_FRAMES = (
    ("Phone, light", {"width": "phone", "colour": "light"}),
    ("Phone, dark", {"width": "phone", "colour": "dark"}),
    ("Phone, images off", {"width": "phone", "images": "off"}),
    ("Desktop, light", {"width": "desktop", "colour": "light"}),
    ("Desktop, dark", {"width": "desktop", "colour": "dark"}),
)


def register(door: Door) -> None:
    """Add the routes."""

    @door.page(f"{EDITION}/preview")
    def preview(visit: Visit) -> Response:
        """Show the mail: at a width, light or dark, images off, as text, or all of it at once."""
        week, slug, reader = week_in(visit), visit.word("slug"), _reader(visit)
        mail = _mail(visit)
        with visit.chain.db.read() as tx:
            name = load_catalogue(tx).specialization(slug).name
        chosen = {
            "part": _one_of(_PARTS, visit.query("part"), "html" if visit.query("width") else "all"),
            "width": _one_of(_WIDTHS, visit.query("width"), "phone"),
            "colour": _one_of(_COLOURS, visit.query("colour"), "light"),
            "images": _one_of(_IMAGES, visit.query("images"), "on"),
            "reader": reader,
        }
        here = f"{address(week, slug)}/preview"
        names = dict(MADE_UP) if reader in MADE_UP else {**MADE_UP, reader: reader}
        rows = [("Reader", "reader", names), ("Part", "part", _PARTS)]
        if chosen["part"] == "html":
            rows += [
                ("Width", "width", _WIDTHS),
                ("Colours", "colour", _COLOURS),
                ("Images", "images", _IMAGES),
            ]
        return visit.show(
            "preview.html",
            title=f"{name}, preview",
            section="week",
            own=week,
            called=name,
            address=address(week, slug),
            mail=mail,
            who=MADE_UP.get(reader, "").lower() or reader,
            chosen=chosen,
            query=_query(chosen),
            frames=[
                (words, _query({"reader": reader, **how}), how["width"]) for words, how in _FRAMES
            ],
            switches=[
                (
                    label,
                    [
                        (
                            words,
                            f"{here}?{urlencode({**chosen, field: value})}",
                            chosen[field] == value,
                        )
                        for value, words in values.items()
                    ],
                )
                for label, field, values in rows
            ],
        )

    @door.page(f"{EDITION}/mail")
    def alone(visit: Visit) -> Response:
        """The HTML part alone, for a frame: it runs no script and loads nothing."""
        dark, off = visit.query("colour") == "dark", visit.query("images") == "off"
        shown = framed(_mail(visit).html, base_url="", dark=dark)
        policy = _NO_IMAGES if off else FRAME_POLICY
        return HTMLResponse(shown, headers={"content-security-policy": policy})


def _reader(visit: Visit) -> str:
    return visit.query("reader") or PLAN


def _mail(visit: Visit) -> Shown:
    return show(visit.chain, week_in(visit), visit.word("slug"), _reader(visit))


def _one_of(values: dict[str, str], value: str, otherwise: str) -> str:
    return value if value in values else otherwise


def _query(chosen: dict[str, str]) -> str:
    return urlencode({k: v for k, v in chosen.items() if k in ("reader", "colour", "images")})
