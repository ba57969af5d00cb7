"""Skip or move the mail of a week, and take that back, as long as its cut-off lies ahead."""

from __future__ import annotations

from datetime import date

from briefings.assemble.subject import one_line
from briefings.errors import Conflict, Misconfigured, Refused, Remedy
from briefings.model.delivery import IssueKind
from briefings.pipeline.chain import Chain
from briefings.pipeline.timetable import timetable
from briefings.store import issues, runs
from briefings.store.database import Transaction
from briefings.store.runs import Decision
from briefings.weeks import Week

NO_REASON = "by hand"


def skip(chain: Chain, week: Week, *, reason: str, by: str) -> str:
    """Let a week make no mail; its items come with the next edition under "Earlier".

    Raises:
        Conflict: its issue exists.
    """
    why = one_line(reason) or NO_REASON
    with chain.db.write() as tx:
        _not_frozen(tx, week)
        runs.decide(tx, str(week), Decision.SKIP, reason=why, by=by, now=chain.clock())
    return f"{week} makes no mail ({why}). Its items come with the next edition under Earlier."


def unskip(chain: Chain, week: Week, *, by: str) -> str:
    """Let a skipped or held week be made after all, when its time comes or has come."""
    with chain.db.write() as tx:
        _not_frozen(tx, week)
        run = runs.of_week(tx, str(week))
        if run is None or run.decision is None:
            return f"{week} was not skipped."
        runs.decide(tx, str(week), None, reason="", by=by, now=chain.clock())
        limit = timetable(tx, chain).cut_off(week)
    when = "is over" if limit <= chain.clock() else "is"
    return f"{week} is made again; its cut-off {when} {limit:%Y-%m-%d %H:%M} UTC."


def move(chain: Chain, week: Week, to: str | None, *, by: str) -> str:
    """Let the mail of a week leave on another day, at the usual hour; None moves it back.

    Raises:
        Misconfigured: the day is no date.
        Refused: it would leave before the week before or after the week after, or too soon.
    """
    day = None if to is None else _day(to)
    with chain.db.write() as tx:
        _not_frozen(tx, week)
        if day is not None:
            timetable(tx, chain).check_move(week, day)
        runs.move(tx, str(week), day, by=by, now=chain.clock())
        table = timetable(tx, chain)
        limit = table.cut_off(week)
        if limit <= chain.clock():
            raise Refused(
                f"The cut-off of {week} would be {limit:%Y-%m-%d %H:%M} UTC, which is over: "
                "choose a later day."
            )
    return (
        f"The mail of {week} leaves on {table.day(week):%A %Y-%m-%d} at the readers' usual hour; "
        f"its cut-off is {limit:%Y-%m-%d %H:%M} UTC."
    )


def _not_frozen(tx: Transaction, week: Week) -> None:
    if issues.find(tx, week=str(week), kind=IssueKind.REGULAR):
        raise Conflict(f"{week} has gone out: its issue exists.", Remedy.SEE_ISSUES)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misconfigured(f"{text!r} is no day: write 2026-12-29.") from None
