"""A whole year on a fake clock in twelve zones: who gets how many mails, and at which local hour.

2026 has 53 ISO weeks. Zones of both hemispheres, with half hours and quarters, with a change of
thirty minutes (Lord Howe), with two changes around Ramadan (Casablanca), at both ends of the date.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from briefings.model.delivery import IssueKind, Settled, State
from briefings.model.frequency import Frequency
from briefings.pipeline.chain import Schedule
from briefings.pipeline.timetable import Timetable
from briefings.store import deliveries, issues
from briefings.weeks import SendAt, Week
from tests.e2e.almanac import Almanac

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Australia/Sydney",
)
WEEKS = [Week(2026, number) for number in range(1, 54)]
SLUG = "mlops-engineer"


@cache
def first_moment(day: date, at: time, where: ZoneInfo) -> datetime:
    """The oracle: look at every minute, and take the first at which the clock shows that or more."""
    moment = datetime.combine(day, time(), UTC) - timedelta(hours=16)
    wanted = datetime.combine(day, at)
    while moment.astimezone(where).replace(tzinfo=None) < wanted:
        moment += timedelta(minutes=1)
    return moment


def wants(frequency: Frequency, monday: date) -> bool:
    """The oracle of R9, counted by hand: even fortnights since 1970, first Mondays of months."""
    if frequency is Frequency.FORTNIGHTLY:
        return (monday.toordinal() - date(1970, 1, 5).toordinal()) % 14 == 0
    return frequency is Frequency.WEEKLY or (monday - timedelta(days=7)).month != monday.month


def test_a_year_of_mails_in_twelve_zones(place: Almanac) -> None:
    """Sundays at 02:15, because most clocks of the world jump over it once a year."""
    place = place.again(send_at="SUN 02:15", approval="auto")
    at = SendAt.parse("SUN 02:15")
    place.clock.now = datetime(2025, 12, 30, tzinfo=UTC)
    people = {
        f"{frequency}{number}@example.org": (name, frequency)
        for number, name in enumerate(ZONES)
        for frequency in Frequency
    }
    for email, (name, frequency) in people.items():
        place.reader(email, timezone=name, frequency=frequency)
    place.tick()
    got: dict[str, list[datetime]] = {email: [] for email in people}
    for week in WEEKS:
        a_week(place, week, at, got)
    for email, (name, frequency) in people.items():
        mondays = [week.mail_monday for week in WEEKS if wants(frequency, week.mail_monday)]
        days = [monday + timedelta(days=at.weekday) for monday in mondays]
        assert got[email] == [first_moment(day, at.time, ZoneInfo(name)) for day in days], email
    counted = Counter({f: len(got[f"{f}0@example.org"]) for f in Frequency})
    assert counted == {Frequency.WEEKLY: 53, Frequency.FORTNIGHTLY: 27, Frequency.MONTHLY: 13}
    regular = [issue.week for issue in place.issues() if issue.kind is IssueKind.REGULAR]
    assert regular == [str(week) for week in WEEKS]
    assert len(regular) == len(place.issues())


def a_week(place: Almanac, week: Week, at: SendAt, got: dict[str, list[datetime]]) -> None:
    """Turn the clock from the cut-off through every wave; at each, take what is due."""
    table = Timetable(schedule=Schedule(send_at=at, timezone="UTC"))
    place.write_news(week, f"News of {week}", tool="DVC")  # one specialization's tool: one edition
    limit = table.cut_off(week)
    place.clock.now = limit - timedelta(seconds=1)
    place.tick()
    assert str(week) not in [issue.week for issue in place.issues()]
    place.clock.now = limit
    place.tick()
    with place.app.db.read() as tx:
        (issue,) = issues.find(tx, week=str(week))
    for moment in sorted({table.due(week, name) for name in ZONES}):
        take(place, issue.id, moment - timedelta(seconds=1), {})
        take(place, issue.id, moment, got)
    with place.app.db.read() as tx:
        states = deliveries.states(tx, issue.id)
    assert set(states) <= {State.ACCEPTED, State.SKIPPED}
    assert sum(states.values()) == issue.audience == len(got)


def take(place: Almanac, issue_id: int, now: datetime, got: dict[str, list[datetime]]) -> None:
    """Claim what is due at an instant, as a sender does, and settle it as accepted."""
    with place.app.db.write() as tx:
        rows = deliveries.claim(tx, issue_id, owner="test", fence=1, now=now)
        accepted = [Settled(id=row.id, state=State.ACCEPTED) for row in rows]
        deliveries.settle(tx, accepted, fence=1, now=now)
    for row in rows:
        got[row.email].append(now)


@pytest.mark.parametrize("send_at", ["MON 00:00", "MON 08:00", "SUN 23:59"])
def test_every_week_has_one_hour_in_every_zone(send_at: str) -> None:
    at = SendAt.parse(send_at)
    table = Timetable(schedule=Schedule(send_at=at, timezone="UTC"))
    for name in ZONES:
        hours = [table.due(week, name) for week in WEEKS]
        days = [week.mail_monday + timedelta(days=at.weekday) for week in WEEKS]
        assert hours == [first_moment(day, at.time, ZoneInfo(name)) for day in days], name
        assert len(set(hours)) == len(WEEKS)


@pytest.mark.parametrize(
    ("name", "day", "expected"),
    [
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00"),  # the day that never was
        ("Australia/Lord_Howe", date(2026, 10, 4), "2026-10-03T15:30"),
        ("Africa/Casablanca", date(2026, 3, 22), "2026-03-22T02:00"),
        ("America/Santiago", date(2026, 9, 6), "2026-09-06T05:15"),
    ],
)
def test_days_on_which_clocks_jump(name: str, day: date, expected: str) -> None:
    """SEND_AT 02:15, moved to that very day."""
    week = Week.of(day - timedelta(days=7))
    table = Timetable(
        schedule=Schedule(send_at=SendAt.parse("MON 02:15"), timezone="UTC"),
        moved={str(week): day},
    )
    assert table.due(week, name) == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert table.due(week, name) == first_moment(day, time(2, 15), ZoneInfo(name))
