"""A week at the desk: its editions, when it closes, approving, skipping and moving it."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_date, format_datetime
from fastapi import Response

from briefings.assemble.head import number_word
from briefings.desk.permissions import Permission
from briefings.errors import Misconfigured, NotFound, Refused
from briefings.model.edition import EditionState
from briefings.pipeline import on_record
from briefings.pipeline.desk_week import (
    ApprovalView,
    EditionView,
    WeekView,
    week_view,
)
from briefings.pipeline.status import newest_week
from briefings.pipeline.timetable import timetable
from briefings.web.desk.door import Act, Door
from briefings.web.desk.said import Undo
from briefings.web.desk.visit import Visit
from briefings.weeks import Week

WEEK = "/desk/weeks/{week}"
MEANINGS = {
    "accepted": "the next mail server took it; nobody knows more",
    "deferred": "put off by a mail server, tried again",
    "rejected": "refused for good",
    "unsure": "no answer after the last byte, never sent again by itself",
    "expired": "given up after two days",
    "pending": "waits for its hour",
    "claimed": "is leaving now",
}
"""What the states of deliveries mean, in a clause."""


def register(door: Door) -> None:
    """Add the routes."""

    @door.page("/desk")
    def home(visit: Visit) -> Response:
        """Show the week that closes next."""
        return _page(visit, _closing_next(visit))

    @door.page(WEEK)
    def one(visit: Visit) -> Response:
        """Show a week."""
        return _page(visit, week_in(visit))

    @door.act(f"{WEEK}/assemble", on_record.ASSEMBLE, whole=False)
    def assemble(act: Act) -> Response:
        """Make the drafts of a week anew out of what is queued."""
        week = week_in(act.visit)
        done = on_record.assemble(act.record, week)
        return act.visit.go(address(week), f"Assembled: {on_record.assembled(done)}.")

    _register_moves(door)


def _register_moves(door: Door) -> None:
    @door.act(f"{WEEK}/skip", on_record.SKIP)
    def skip(act: Act) -> Response:
        """Let a week make no mail, or let it go again."""
        visit, week = act.visit, week_in(act.visit)
        if visit.field("undo"):
            words = on_record.unskip(act.record, week)
            back = None
        else:
            words = on_record.skip(act.record, week, visit.field("reason"))
            back = Undo(path=f"{address(week)}/skip", fields=[("undo", "yes")])
        return visit.go(address(week), words, back)

    @door.act(f"{WEEK}/move", on_record.MOVE)
    def move(act: Act) -> Response:
        """Let the mail of a week leave on another day, or on the usual one again."""
        visit, week = act.visit, week_in(act.visit)
        day = visit.field("to")
        if not day and not visit.field("undo"):
            raise Refused("Name the day on which the mail is to leave.")
        try:
            words = on_record.move(act.record, week, day or None)
        except Misconfigured as wrong:
            raise Refused(str(wrong)) from None
        back = Undo(path=f"{address(week)}/move", fields=[("undo", "yes")]) if day else None
        return visit.go(address(week), words, back)


def week_in(visit: Visit) -> Week:
    """The week that the address names.

    Raises:
        NotFound: it names none.
    """
    try:
        return Week.parse(visit.word("week"))
    except Misconfigured as wrong:
        raise NotFound(str(wrong)) from None


def address(week: Week) -> str:
    """The page of a week."""
    return f"/desk/weeks/{week}"


def day_words(seen: ApprovalView | WeekView | EditionView) -> str:
    """The day on which the mail leaves: "Monday 24 August"."""
    return format_date(seen.day, "EEEE d MMMM", locale="en_GB")


def _closing_next(visit: Visit) -> Week:
    """The week whose content closes next; in the demo the one that it shows."""
    if visit.site.demo:
        return visit.site.week
    with visit.chain.db.read() as tx:
        newest = newest_week(tx)
    now = visit.site.now()
    week = Week.of(now).previous()
    if newest and Week.parse(newest) < week:
        return week
    while week_closes(visit, week) <= now:
        week = week.next()
    return week


def week_closes(visit: Visit, week: Week) -> datetime:
    """When the content of a week closes."""
    with visit.chain.db.read() as tx:
        return timetable(tx, visit.chain).cut_off(week)


def _page(visit: Visit, week: Week) -> Response:
    seen = week_view(visit.chain, week)
    return visit.show(
        "week.html",
        title=f"Week {week.number}",
        section="week",
        seen=seen,
        own=week,
        day_words=day_words(seen),
        waiting_words=number_word(len(seen.waiting)).capitalize(),
        closes=format_datetime(seen.cut_off, "EEEE HH:mm 'UTC'", locale="en_GB"),
        states=[(state, len(seen.of_state(state))) for state in EditionState],
        schedule=visit.chain.schedule,
        may_write=visit.may(Permission.WRITE),
        may_approve=visit.may(Permission.APPROVE),
        may_release=visit.may(Permission.RELEASE),
        address=address(week),
        now=visit.site.now(),
        inbox_page=visit.leads_to("GET /desk/inbox"),
        links_page=visit.leads_to("GET /desk/weeks/{week}/links"),
        meanings=MEANINGS,
    )
