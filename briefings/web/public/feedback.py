"""What readers say about a mail and its items: a page on GET, one count on POST (P8, R10)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from briefings.errors import NotFound
from briefings.links import Purpose
from briefings.model.feedback import ABOUT_MAIL, WHOLE_MAIL, Answer
from briefings.model.reader import Section
from briefings.pipeline.feedback import Codes, answer, question, switch_off
from briefings.web.site import Fields, Site, first, form_fields

FORM_SECONDS = 12 * 3600
_FEEDBACK = "feedback"
OFF = "off"
PARTS = {
    Section.TOOL_CHANGES: "tool news",
    Section.ROLE_UPDATES: "role news",
    Section.PAY: "pay",
}
"""The parts that an item can belong to, as they stand in a sentence."""


def routes(site: Site) -> APIRouter:
    """The pages under /feedback."""
    router = APIRouter(prefix="/feedback")
    codes = Codes(site.app.settings.secrets)

    @router.api_route("/{token}", methods=["GET", "HEAD"])
    def ask_of_mail(token: str) -> Response:
        """Ask about the mail as a whole; counts nothing."""
        return asked(token, WHOLE_MAIL, "")

    @router.api_route("/{token}/{about}", methods=["GET", "HEAD"])
    def ask(token: str, about: str) -> Response:
        """Ask about the mail (yes, no) or one of its items by number; counts nothing."""
        if about in ABOUT_MAIL:
            return asked(token, WHOLE_MAIL, about)
        return asked(token, _number(about), "")

    def asked(token: str, item_id: int, pressed: str) -> Response:
        link = site.read_token(Purpose.FEEDBACK, token)
        seen = question(site.app.chain, link, item_id)
        return site.pages.show(
            "feedback.html",
            site.week,
            title="More or less like this?" if seen.item else "Was this mail worth your time?",
            token=token,
            seen=seen,
            pressed=pressed,
            seal=site.seals.seal(_FEEDBACK, f"{token} {item_id}", site.seconds()),
        )

    @router.post("/{token}")
    def act(
        request: Request, token: str, fields: Annotated[Fields, Depends(form_fields)]
    ) -> Response:
        """Count the answer, once; or switch the item's part of the mail off."""
        link = site.read_token(Purpose.FEEDBACK, token)
        item_id = _number(first(fields, "item") or str(WHOLE_MAIL))
        sealed = first(fields, "seal")
        site.check_form(request, _FEEDBACK, f"{token} {item_id}", sealed, seconds=FORM_SECONDS)
        said = first(fields, "answer")
        if said == OFF:
            return switched_off(token, item_id)
        try:
            chosen = Answer(said)
        except ValueError:
            return asked(token, item_id, "")
        fresh = answer(site.app.chain, codes, link, item_id, chosen)
        seen = question(site.app.chain, link, item_id)
        offers = chosen is Answer.LESS and seen.can_switch_off and seen.section is not None
        return site.pages.show(
            "feedback-done.html",
            site.week,
            title="Counted." if fresh else "Counted before.",
            token=token,
            fresh=fresh,
            part=PARTS[seen.section] if offers and seen.section else "",
            item_id=item_id,
            seal=sealed,
            preferences_token=site.token(Purpose.PREFERENCES, link),
        )

    def switched_off(token: str, item_id: int) -> Response:
        link = site.read_token(Purpose.FEEDBACK, token)
        section = switch_off(site.app.chain, link, item_id)
        if section is None:
            raise NotFound("The mail as a whole is no part of itself.")
        return site.pages.show(
            "feedback-off.html",
            site.week,
            title="Switched off.",
            part=PARTS[section],
            preferences_token=site.token(Purpose.PREFERENCES, link),
        )

    return router


def _number(text: str) -> int:
    """Read the number of an item.

    Raises:
        NotFound: it is none.
    """
    if text.isascii() and text.isdigit() and len(text) < 19:  # noqa: PLR2004 - digits of a row number
        return int(text)
    raise NotFound("There is no such item.")
