"""The page of a reader's 12-week plan, reached from the mail; every change is a press (P8).

The link of a mail can be forwarded (R13): it moves the plan and the focus, and shows no address.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from briefings.errors import Refused
from briefings.links import Purpose, Token
from briefings.pipeline.own_feeds import addresses
from briefings.pipeline.planning import Act, PlanMoved, Planned, Press, look, press
from briefings.readers.plan import CLOSING, may_snooze
from briefings.web.pages import week_day
from briefings.web.seals import foreign
from briefings.web.site import Fields, Site, first, form_fields
from briefings.weeks import zone

_FORM = "plan"
_FORM_SECONDS = 30 * 86_400
"""Longer than a settings page: a plan stays open beside the work."""


def routes(site: Site) -> APIRouter:
    """The page /plan/{token}."""
    router = APIRouter(prefix="/plan")

    @router.api_route("/{token}", methods=["GET", "HEAD"])
    def show(token: str) -> Response:
        """Show where the plan stands; changes nothing."""
        link = site.read_token(Purpose.PLAN, token)
        return _page(site, token, link, look(site.app.chain, link, shown_now(site)))

    @router.post("/{token}")
    def act(
        request: Request, token: str, fields: Annotated[Fields, Depends(form_fields)]
    ) -> Response:
        """Do one thing, and say what follows from it."""
        link = site.read_token(Purpose.PLAN, token)
        sealed = first(fields, "seal")
        opened = site.opened_form(request, _FORM, sealed, seconds=_FORM_SECONDS)
        of_reader, _, stamp = opened.partition(" ")
        if of_reader != str(link.reader_id):
            raise foreign()
        wanted = _act(fields)
        now = shown_now(site)
        try:
            seen = press(site.app.chain, link, wanted, stamp, now)
        except PlanMoved as moved:
            seen = look(site.app.chain, link, now)
            return _page(site, token, link, seen, wrong=str(moved), status=409)
        return _page(site, token, link, seen, said=_said(wanted, seen))

    return router


def shown_now(site: Site) -> datetime:
    """The time; in the demo noon of the Monday on which the mails that it shows arrive."""
    shown = site.shown_week
    if shown is None:
        return site.now()
    return datetime.combine(shown.mail_monday, time(12), zone(site.app.settings.timezone))


def _act(fields: Fields) -> Act:
    try:
        pressed = Press(first(fields, "do"))
    except ValueError:
        raise Refused("The form did not say what to do. Open the page again.") from None
    numbers = [text for text in fields.get("task", ()) if text.isascii() and text.isdigit()]
    step = first(fields, "step")
    return Act(
        press=pressed,
        step=int(step) if step.isascii() and step.isdigit() else 0,
        tasks=frozenset(int(text[:3]) for text in numbers),
        area=first(fields, "focus"),
    )


def _said(act: Act, seen: Planned) -> str:
    """What a press came to, and what the next mail brings."""
    if act.press is Press.FOCUS:
        area = next((each.name for each in seen.areas if each.slug == act.area), "")
        if not area:
            return "You have no focus now. News stands in its usual order."
        return f"Your focus is {area}. Its news moves up, within its urgency."
    if act.press is Press.ADDRESSES:
        return (
            "Your calendar and your feed have new addresses, and the old ones have ended. "
            "Put the new ones into your programs."
        )
    match act.press:
        case Press.TASKS:
            what = "Saved."
        case Press.DONE:
            what = f"Week {act.step} is done."
        case Press.EASY:
            what = f"Week {act.step} is behind you."
        case Press.OPEN:
            what = f"Week {act.step} is open again."
        case Press.SNOOZE:
            what = "Moved back by a week."
        case _:
            what = "The plan begins again at week 1."
    return f"{what} {_next_step(seen)}".strip()


def _next_step(seen: Planned) -> str:
    step, when = seen.next_step, seen.next_mail
    if step is None or when is None or not 1 <= step <= CLOSING:
        return ""
    day = week_day(when.date())
    if step == CLOSING:
        return f"Your mail of {day} closes the plan."
    return f"Your mail of {day} brings week {step}."


def _page(
    site: Site,
    token: str,
    link: Token,
    seen: Planned,
    *,
    said: str = "",
    wrong: str = "",
    status: int = 200,
) -> Response:
    where, own = seen.where, addresses(site.app.chain, link)
    numbers = {step.number: step for step in seen.specialization.plan}
    return site.pages.show(
        "plan.html",
        site.week,
        status,
        title="Your 12-week plan",
        token=token,
        seal=site.seals.seal(_FORM, f"{link.reader_id} {seen.stamp}", site.seconds()),
        seen=seen,
        steps=numbers,
        where=where,
        said=said,
        wrong=wrong,
        may_snooze=may_snooze(seen.progress, seen.week),
        next_step=_next_step(seen),
        focus=next((a for a in seen.areas if a.slug == seen.reader.preferences.focus), None),
        preferences_token=site.token(Purpose.PREFERENCES, link),
        calendar_url=own[Purpose.CALENDAR],
        feed_url=own[Purpose.FEED],
    )
