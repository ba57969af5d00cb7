"""Weeks, readers' clocks and the instants that follow from them; never asks what time it is now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from briefings.errors import Misconfigured, WrongSetting
from briefings.model.frequency import Frequency

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST_YEAR = 1900
LAST_YEAR = 9998
ARCHIVE_WEEKS = 8
"""An item more than this many weeks older than the first open week stays in its own (R3)."""
CUT_OFF_LEAD = timedelta(hours=2)
"""The cut-off lies this long before the first mail of the week anywhere in the world (R3)."""

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_FORTNIGHTS_SINCE = date(1970, 1, 5)
_WEEK_FORM = re.compile(r"([0-9]{4})-W([0-9]{2})")
_SEND_AT_FORM = re.compile(r"([A-Z]{3}) ([0-9]{2}):([0-9]{2})")
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_MACHINE_ZONES = frozenset({"localtime", "posixrules"})
"""Files beside the real zones that mean whatever this machine happens to be set to."""


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """One ISO 8601 week, half-open in UTC from Monday 00:00 to the next Monday 00:00.

    Only weeks that exist: 2026-W53 does, 2025-W53 raises Misconfigured, as does a year outside
    1900 to 9998. Weeks sort by time.
    """

    year: int
    number: int

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise Misconfigured(
                f"Week {self} is out of range: use a year from {FIRST_YEAR} to {LAST_YEAR}."
            )
        if not 1 <= self.number <= _weeks_in_year(self.year):
            raise Misconfigured(
                f"Week {self} does not exist: {self.year} has the weeks 01 to "
                f"{_weeks_in_year(self.year)}. Write a week like 2026-W34."
            )

    @classmethod
    def parse(cls, text: str) -> Week:
        """Read `2026-W34`; anything else raises Misconfigured with the form to use."""
        found = _WEEK_FORM.fullmatch(text.strip().upper())
        if found is None or not found[0].isascii():
            raise Misconfigured(f"{_shown(text)} is not a week: write it like 2026-W34 (ISO 8601).")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, moment: date | datetime) -> Week:
        """The week of a date, or of an aware instant as UTC sees it.

        Raises Misconfigured for an instant without a time zone: it would mean another week on
        another machine.
        """
        if isinstance(moment, datetime):
            if moment.tzinfo is None:
                raise Misconfigured(f"{moment} has no time zone, so its week is not known.")
            moment = moment.astimezone(UTC).date()
        year, number, _ = moment.isocalendar()
        return cls(year, number)

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.number:02}"

    @property
    def monday(self) -> date:
        """The first day of the week."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def mail_monday(self) -> date:
        """The Monday after the week: its mail leaves from here on, ages count to it (R3, R5)."""
        return self.monday + _WEEK

    @property
    def start(self) -> datetime:
        """Monday 00:00 UTC, the first instant of the week."""
        return datetime.combine(self.monday, time(), UTC)

    @property
    def end(self) -> datetime:
        """The next Monday 00:00 UTC, the first instant that is no longer in the week."""
        return self.start + _WEEK

    @property
    def weeks_in_year(self) -> int:
        """How many ISO weeks this week's year has: 52 or 53."""
        return _weeks_in_year(self.year)

    def shift(self, weeks: int) -> Week:
        """The week this many weeks later; earlier when negative."""
        return Week.of(self.monday + weeks * _WEEK)

    def next(self) -> Week:
        """The week after this one."""
        return self.shift(1)

    def previous(self) -> Week:
        """The week before this one."""
        return self.shift(-1)

    def weeks_since(self, other: Week) -> int:
        """How many weeks this one is later than the other; negative when it is earlier."""
        return (self.monday - other.monday).days // 7

    def label(self) -> str:
        """The week's days in English: `17-23 August 2026` with an en dash, years only as needed."""
        first, last = self.monday, self.mail_monday - _DAY
        until = f"{last.day} {_MONTHS[last.month - 1]} {last.year}"
        if first.year != last.year:
            return f"{first.day} {_MONTHS[first.month - 1]} {first.year} \N{EN DASH} {until}"
        if first.month != last.month:
            return f"{first.day} {_MONTHS[first.month - 1]} \N{EN DASH} {until}"
        return f"{first.day}\N{EN DASH}{until}"


@dataclass(frozen=True, slots=True)
class SendAt:
    """The weekly moment on the reader's own clock at which mail leaves; Monday is weekday 0."""

    weekday: int
    hour: int
    minute: int

    def __post_init__(self) -> None:
        if not (0 <= self.weekday <= 6 and 0 <= self.hour <= 23 and 0 <= self.minute <= 59):  # noqa: PLR2004 - days, hours and minutes count so
            raise WrongSetting(
                f"SEND_AT cannot be weekday {self.weekday} at {self.hour}:{self.minute:02}: "
                "weekdays are 0 (Monday) to 6, times 00:00 to 23:59."
            )

    @classmethod
    def parse(cls, text: str) -> SendAt:
        """Read `MON 08:00`; anything else raises WrongSetting with the form to use."""
        found = _SEND_AT_FORM.fullmatch(text.strip().upper())
        if found is None or found[1] not in _WEEKDAYS:
            raise WrongSetting(
                f"SEND_AT is {_shown(text)}: write it like MON 08:00, "
                f"with one of {', '.join(_WEEKDAYS)} and a time from 00:00 to 23:59."
            )
        return cls(_WEEKDAYS.index(found[1]), int(found[2]), int(found[3]))

    def __str__(self) -> str:
        return f"{_WEEKDAYS[self.weekday]} {self.hour:02}:{self.minute:02}"

    @property
    def time(self) -> time:
        """The time of day on the reader's clock."""
        return time(self.hour, self.minute)


@lru_cache(maxsize=1_024)  # of all that are read zoneinfo keeps eight; the world has 600
def zone(name: str) -> ZoneInfo:
    """The IANA time zone of this name; Misconfigured with the closest real names otherwise."""
    if name in world_zones():
        return ZoneInfo(name)
    close = _close_zones(name)
    advice = f"did you mean {' or '.join(close)}?" if close else "use one like Europe/Berlin."
    raise Misconfigured(f"There is no time zone {_shown(name)}: {advice}")


@cache
def world_zones() -> frozenset[str]:
    """Every zone name that the time zone database knows, without the machine's own setting."""
    return frozenset(available_timezones() - _MACHINE_ZONES)


def first_instant(local_date: date, at: time, where: ZoneInfo) -> datetime:
    """The first instant (UTC) at which the clock in this zone shows this date and time.

    A time that the clock jumps over, be it for half an hour or a whole day, runs at the first
    instant after the jump; a time that it shows twice runs the first time only (PEP 495).
    """
    wanted = datetime.combine(local_date, at)
    late = wanted.replace(tzinfo=where, fold=0).astimezone(UTC)
    if _clock(late, where) == wanted:
        return late
    # In a gap fold=0 reads the clock as before the jump and so lands after it; fold=1 lands before.
    early = wanted.replace(tzinfo=where, fold=1).astimezone(UTC)
    before, after = 0, int((late - early).total_seconds())
    while after - before > 1:
        middle = (before + after) // 2
        if _clock(early + timedelta(seconds=middle), where) < wanted:
            before = middle
        else:
            after = middle
    return early + timedelta(seconds=after)


def due_at(week: Week, send_at: SendAt, where: ZoneInfo) -> datetime:
    """When (UTC) the mail of a week leaves for readers in this zone (R3).

    That is the first `send_at` on their clock from the Monday after the week on.
    """
    return first_instant(week.mail_monday + send_at.weekday * _DAY, send_at.time, where)


def cut_off(week: Week, send_at: SendAt, zones: Iterable[str] | None = None) -> datetime:
    """When (UTC) the content of a week closes: two hours before its first mail anywhere (R3).

    Without `zones` it asks every zone of the world, whether readers live there or not, so that
    a new reader never moves it; the answer is kept for the next call.
    """
    if zones is None:
        return _world_cut_off(week, send_at)
    return min(due_at(week, send_at, zone(name)) for name in zones) - CUT_OFF_LEAD


def next_run(after: datetime, send_at: SendAt, where: ZoneInfo) -> datetime:
    """The next instant (UTC), later than `after`, at which the weekly schedule fires here.

    No week is skipped and none fires twice, whatever the clocks of the zone do.
    """
    day = Week.of(after).monday + (send_at.weekday - 7) * _DAY
    while (found := first_instant(day, send_at.time, where)) <= after:
        day += _WEEK
    return found


def age_days(item_date: date, week: Week) -> int:
    """How many days old an item is on the Monday on which this week's mail leaves (R5)."""
    return (week.mail_monday - item_date).days


def plan_week(start: date, week: Week, snoozes: int) -> int:
    """Which week of the plan the mail of this week brings (R8).

    Whole weeks between the Monday of the start week and the mail's Monday, plus 1, minus snoozes:
    who starts on the mail's own Monday gets step 1 with it. The answer may be any number, below 1
    before the start; what 13 means is the caller's business.
    """
    return (week.mail_monday - Week.of(start).monday).days // 7 + 1 - snoozes


def in_slot(frequency: Frequency, week: Week) -> bool:
    """Whether readers of this frequency get the mail of this week, by the mail's Monday (R9)."""
    monday = week.mail_monday
    if frequency is Frequency.FORTNIGHTLY:
        return (monday - _FORTNIGHTS_SINCE).days // 7 % 2 == 0
    # The first Monday of a month is always one of its first 7 days.
    return frequency is Frequency.WEEKLY or monday.day <= 7  # noqa: PLR2004


def slot_weeks(frequency: Frequency, week: Week) -> tuple[Week, ...]:
    """The weeks whose editions a mail of this week covers: since the last slot, oldest first (R9).

    The week itself is always the last; in a week that is no slot these are the weeks that have
    gathered so far.
    """
    weeks = [week]
    while not in_slot(frequency, earlier := weeks[-1].previous()):
        weeks.append(earlier)
    return tuple(reversed(weeks))


def stored_week(item_date: date, last_frozen: Week | None) -> Week:
    """The week in which an item is stored when it is queued (R3).

    It is the week of its date, unless a regular issue of that week or of a later one exists:
    `last_frozen` is the latest week with one. Then it is the first week after that, or, for an
    item more than 8 weeks older than it, the item's own (the archive).
    """
    own = Week.of(item_date)
    if last_frozen is None or own > last_frozen:
        return own
    first_open = last_frozen.next()
    return first_open if first_open.weeks_since(own) <= ARCHIVE_WEEKS else own


def _weeks_in_year(year: int) -> int:
    return date(year, 12, 28).isocalendar().week


def _clock(instant: datetime, where: ZoneInfo) -> datetime:
    return instant.astimezone(where).replace(tzinfo=None, fold=0)


@lru_cache(maxsize=64)
def _world_cut_off(week: Week, send_at: SendAt) -> datetime:
    return cut_off(week, send_at, world_zones())


def _close_zones(name: str) -> list[str]:
    """Up to three zone names that look like this one; a city alone is enough."""
    asked = name[:64].strip().replace(" ", "_").casefold()
    known: dict[str, str] = {}
    for full in sorted(world_zones()):
        known.setdefault(full.casefold(), full)
        known.setdefault(full.rpartition("/")[2].casefold(), full)
    if asked in known:
        return [known[asked]]
    found = (known[each] for each in get_close_matches(asked, known, n=3, cutoff=0.7))
    return list(dict.fromkeys(found))


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "...")  # noqa: PLR2004 - fits one line
