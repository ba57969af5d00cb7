"""A reader's own settings, reached from the mail; the link switches and pauses, no more (R13).

There is no cookie, so no other site can act in a reader's name. The form carries a seal of ours
and the browser's word on where it comes from all the same: the address alone should not save.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from babel.dates import format_date
from fastapi import APIRouter, Depends, Request, Response

from briefings.links import Purpose, Token
from briefings.model.frequency import Frequency
from briefings.model.reader import Section
from briefings.pipeline.preferences import BadChoice, Choice, Offer, choose, offer
from briefings.web.seals import BadSeal
from briefings.web.site import Fields, Site, first, form_fields, from_elsewhere

FORM_SECONDS = 12 * 3600
_FORM = "preferences"
SECTIONS = {
    Section.TOOL_CHANGES: "Tools that changed",
    Section.ROLE_UPDATES: "Role updates",
    Section.PAY: "Pay",
    Section.PLAN: "The step of your plan",
    Section.RELATED: "Related roles",
}
FREQUENCIES = {
    Frequency.WEEKLY: ("Every week", "What changed since last week."),
    Frequency.FORTNIGHTLY: ("Every two weeks", "The twelve items of both that matter most."),
    Frequency.MONTHLY: ("Once a month", "The twelve items of the month that matter most."),
}


def routes(site: Site) -> APIRouter:
    """The page /preferences/{token}."""
    router = APIRouter(prefix="/preferences")

    @router.api_route("/{token}", methods=["GET", "HEAD"])
    def ask(token: str) -> Response:
        """Show what the reader chose; changes nothing."""
        link = site.read_token(Purpose.PREFERENCES, token)
        seen = offer(site.app.chain, link)
        return _page(site, token, link, seen, _stored(seen))

    @router.post("/{token}")
    def save(
        request: Request, token: str, fields: Annotated[Fields, Depends(form_fields)]
    ) -> Response:
        """Save, and say when the next mail comes."""
        link = site.read_token(Purpose.PREFERENCES, token)
        _check_origin(site, request, link, first(fields, "seal"))
        filled = {name: list(values) for name, values in fields.items()}
        try:
            choose(site.app.chain, link, _choice(fields))
        except BadChoice as wrong:
            seen = offer(site.app.chain, link)
            return _page(site, token, link, seen, filled, wrong=wrong, status=422)
        seen = offer(site.app.chain, link)
        return _page(site, token, link, seen, _stored(seen), saved=True)

    return router


def next_words(when: datetime | None, today: date) -> str:
    """Say when the next mail comes, on the reader's clock."""
    if when is None:
        return "No briefing is due within a year."
    pattern = "EEEE d MMMM" if when.year == today.year else "EEEE d MMMM y"
    day = format_date(when.date(), pattern, locale="en_GB")
    return f"Your next briefing comes {day} at {when:%H:%M}."


def _page(
    site: Site,
    token: str,
    link: Token,
    seen: Offer,
    filled: Fields,
    *,
    saved: bool = False,
    wrong: BadChoice | None = None,
    status: int = 200,
) -> Response:
    return site.pages.show(
        "preferences.html",
        site.week,
        status,
        title="What you get",
        token=token,
        seal=site.seals.seal(_FORM, str(link.reader_id), site.seconds()),
        unsubscribe_token=site.token(Purpose.UNSUBSCRIBE, link),
        seen=seen,
        filled=filled,
        sections=SECTIONS,
        frequencies=FREQUENCIES,
        saved=saved,
        wrong={wrong.field: str(wrong)} if wrong else {},
        next_words=next_words(seen.next_mail, seen.today),
        zone=seen.reader.timezone or site.app.settings.timezone,
    )


def _stored(seen: Offer) -> Fields:
    """What the reader chose before, as the fields of the form."""
    chosen = seen.reader.preferences
    until = seen.reader.paused_until
    return {
        "specialization": list(chosen.specializations),
        "section": [each.value for each in Section if each not in chosen.sections_off],
        "frequency": [chosen.frequency.value],
        "paused_until": [until.isoformat() if until and until > seen.today else ""],
    }


def _choice(fields: Fields) -> Choice:
    try:
        frequency = Frequency(first(fields, "frequency"))
    except ValueError:
        raise BadChoice("frequency", "Choose how often you want a mail.") from None
    until = first(fields, "paused_until").strip()
    try:
        paused_until = date.fromisoformat(until) if until else None
    except ValueError:
        raise BadChoice(
            "paused_until", "This is no date. Write it as 2026-09-14, or leave it empty."
        ) from None
    return Choice(
        specializations=fields.get("specialization", []),
        sections=[each for each in Section if each.value in fields.get("section", [])],
        frequency=frequency,
        paused_until=paused_until,
    )


def _check_origin(site: Site, request: Request, link: Token, sealed: str) -> None:
    """Refuse what our own page did not send.

    Raises:
        BadSeal: another site sent it, or the form is not one of this reader's, or too old.
    """
    if from_elsewhere(request):
        raise BadSeal("Another site sent this form. Open your settings from the mail.")
    text = site.seals.open(_FORM, sealed, now=site.seconds(), seconds=FORM_SECONDS)
    if text != str(link.reader_id):
        raise BadSeal("This form was made for another link. Open your settings from the mail.")
