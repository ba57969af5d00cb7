"""When the mail of a week leaves and its content closes, moved weeks included; it has no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from briefings.errors import Refused
from briefings.pipeline.chain import Chain, Schedule
from briefings.store import runs
from briefings.store.database import Transaction
from briefings.weeks import SendAt, Week, cut_off, due_at, zone

_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """The schedule of an installation and the weeks whose mail leaves on another day than usual.

    `moved` gives that day by week (ISO text). A moved mail still leaves at the usual time of day on
    each reader's clock, and its cut-off moves with it.
    """

    schedule: Schedule
    moved: Mapping[str, date] = field(default_factory=dict[str, date])

    def day(self, week: Week) -> date:
        """The date on readers' clocks on which the mail of a week leaves."""
        usual = week.mail_monday + timedelta(days=self.schedule.send_at.weekday)
        return self.moved.get(str(week), usual)

    def due(self, week: Week, timezone: str | None) -> datetime:
        """When (UTC) the mail of a week leaves for readers of a zone, None for the default (R3)."""
        where = zone(timezone or self.schedule.timezone)
        return due_at(*self._as_weekly(week), where)

    def cut_off(self, week: Week) -> datetime:
        """When (UTC) the content of a week closes: two hours before its first mail anywhere."""
        return cut_off(*self._as_weekly(week))

    def closes(self, week: Week) -> datetime:
        """When (UTC) late issues of a week end: at the next cut-off (R4)."""
        return self.cut_off(week.next())

    def _as_weekly(self, week: Week) -> tuple[Week, SendAt]:
        """Name the week and weekly moment that fall on the mail's day."""
        day, usual = self.day(week), self.schedule.send_at
        return Week.of(day - _WEEK), SendAt(day.weekday(), usual.hour, usual.minute)

    def check_move(self, week: Week, to: date) -> None:
        """Refuse a day that would let two weeks' mails overtake each other."""
        first, last = self.day(week.previous()), self.day(week.next())
        if not first < to < last:
            raise Refused(
                f"The mail of {week} cannot move to {to}: it has to leave after that of "
                f"{week.previous()} ({first}) and before that of {week.next()} ({last})."
            )


def timetable(tx: Transaction, chain: Chain) -> Timetable:
    """Load the weeks that were moved."""
    moved = {w: run.moved_to for w, run in runs.since(tx, "").items() if run.moved_to is not None}
    return Timetable(schedule=chain.schedule, moved=moved)
