"""A reader's own settings, reached from the mail; the link switches and pauses, no more (R13).

There is no cookie, so no other site can act in a reader's name. The form carries a seal of ours
and the browser's word on where it comes from all the same: the address alone should not save.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from babel.dates import format_date
from fastapi import APIRouter, Depends, Request, Response

from briefings.links import Purpose, Token
from briefings.model.delivery import SkipReason, State
from briefings.model.frequency import Frequency
from briefings.model.reader import Section
from briefings.pipeline.letter_press import share_url
from briefings.pipeline.preferences import BadChoice, Choice, Offer, choose, offer
from briefings.readers.languages import OFFERED
from briefings.readers.zones import in_words, offered
from briefings.web.site import Fields, Site, first, form_fields

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
STATES: Mapping[State, str] = {
    State.PENDING: "It waits for its hour.",
    State.CLAIMED: "It is being sent now.",
    State.ACCEPTED: "The next mail server took it; nobody knows more. Look into the spam folder.",
    State.DEFERRED: "Your mail server asked us to come again later, and we do.",
    State.REJECTED: "Your mail server refused it for good.",
    State.UNSURE: "It left us, and no answer came: it may be there or not. We send none twice.",
    State.SKIPPED: "We sent none.",
    State.EXPIRED: "Your mail server put us off for two days. Then we gave up.",
}
"""What became of a mail, as its reader needs to hear it."""
REASONS: Mapping[str, str] = {
    SkipReason.NOT_THEIR_WEEK: "It was not your week: you chose fewer mails.",
    SkipReason.PAUSED: "You had paused.",
    SkipReason.LEFT: "You had left.",
    SkipReason.SUPPRESSED: "Your address was blocked after it had refused our mail.",
    SkipReason.ALL_HELD: "The editors held everything that you chose, for a check.",
    SkipReason.NOTHING_NEW: "There was nothing new about what you chose.",
    SkipReason.CANCELLED: "The editors called it off.",
    SkipReason.UNUSABLE: "Something was wrong with it on our side.",
}


def routes(site: Site) -> APIRouter:
    """The page /preferences/{token}."""
    router = APIRouter(prefix="/preferences")

    @router.api_route("/{token}", methods=["GET", "HEAD"])
    def ask(token: str) -> Response:
        """Show what the reader chose; changes nothing."""
        link = site.read_settings_token(token)
        seen = offer(site.app.chain, link)
        return _page(site, token, link, seen, _stored(seen))

    @router.post("/{token}")
    def save(
        request: Request, token: str, fields: Annotated[Fields, Depends(form_fields)]
    ) -> Response:
        """Save, and say when the next mail comes."""
        link = site.read_settings_token(token)
        site.check_settings_form(request, link, first(fields, "seal"))
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


def settings_page(
    site: Site, token: str, link: Token, wrong: BadChoice, fields: Fields
) -> Response:
    """The page as it is stored, with what was wrong in one of its smaller forms."""
    seen = offer(site.app.chain, link)
    filled = {**_stored(seen), wrong.field: fields.get(wrong.field, [])}
    return _page(site, token, link, seen, filled, wrong=wrong, status=422)


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
        seal=site.settings_seal(link),
        plan_token=site.token(Purpose.PLAN, link),
        unsubscribe_token=site.token(Purpose.UNSUBSCRIBE, link),
        seen=seen,
        filled=filled,
        sections=SECTIONS,
        frequencies=FREQUENCIES,
        saved=saved,
        wrong={wrong.field: str(wrong)} if wrong else {},
        next_words=next_words(seen.next_mail, seen.today),
        zone=seen.reader.timezone or site.app.settings.timezone,
        default_zone=site.app.settings.timezone,
        zones=offered(),
        known_zones=[name for _, names in offered() for name in names],
        zone_words=in_words,
        languages=OFFERED,
        states=STATES,
        reasons=REASONS,
        view_tokens={each.view_of: site.view_token(link, each.view_of) for each in seen.past},
        share=share_url(site.base_url, seen.own[0].slug if seen.own else ""),
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
        "primary": [next(iter(chosen.specializations), "")],
        "timezone": [seen.reader.timezone or ""],
        "language": [chosen.language],
        "name": [seen.reader.name],
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
        primary=_given(fields, "primary"),
        timezone=_given(fields, "timezone"),
        language=_given(fields, "language"),
        name=_given(fields, "name"),
    )


def _given(fields: Fields, name: str) -> str | None:
    """The first value of a field, None where the form had no such field: then nothing changes."""
    return first(fields, name) if name in fields else None
