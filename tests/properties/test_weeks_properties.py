"""Weeks and clocks against a brute-force oracle: a walk over every minute of the days around."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefings.model.frequency import Frequency
from briefings.weeks import (
    CUT_OFF_LEAD,
    SendAt,
    Week,
    cut_off,
    due_at,
    first_instant,
    in_slot,
    next_run,
    slot_weeks,
    stored_week,
    world_zones,
)

ODD_ZONES = (
    "Africa/Cairo",  # midnight gaps, years with two pairs of changes
    "America/Sao_Paulo",  # midnight gaps on Sundays
    "America/St_Johns",  # changed at 00:01
    "Antarctica/Troll",  # two hours
    "Asia/Beirut",
    "Asia/Pyongyang",  # half an hour, once each way
    "Asia/Tehran",  # changes on any weekday
    "Australia/Lord_Howe",  # half an hour every year
    "Europe/Dublin",  # summer is standard time
    "Pacific/Apia",  # a lost day
    "Pacific/Kiritimati",  # a lost day
    "Pacific/Kwajalein",  # a lost day
)
TIMES = [time(h, m) for h in range(24) for m in (0, 1, 30, 59)]
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2030, 1, 1)

zones = st.sampled_from(sorted(world_zones())).map(ZoneInfo)
odd_zones = st.sampled_from(ODD_ZONES).map(ZoneInfo)
weeks = st.dates(date(1900, 1, 1), date(9998, 12, 20)).map(Week.of)
modern_weeks = st.dates(FIRST_DAY, LAST_DAY).map(Week.of)
send_ats = st.builds(SendAt, st.integers(0, 6), st.integers(0, 23), st.integers(0, 59))
instants = st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are given bare


def days_of_clock_changes(where: ZoneInfo):
    """The local days on which the offset of the zone may change."""
    midnights = [
        datetime.combine(FIRST_DAY + timedelta(days=n), time(), UTC)
        for n in range((LAST_DAY - FIRST_DAY).days)
    ]
    offsets = [each.astimezone(where).utcoffset() for each in midnights]
    changed = [
        midnight.date()
        for midnight, (before, after) in zip(midnights, pairwise(offsets), strict=False)
        if before != after
    ]
    return sorted({day + timedelta(days=n) for day in changed for n in (0, 1)})


def walk(where: ZoneInfo, day: date):
    """Stretches (begin, end, offset) around a day; where an hour holds a change, minute by minute."""
    first = datetime.combine(day, time(), UTC) - timedelta(hours=16)
    for hour in (first + timedelta(hours=n) for n in range(60)):
        until = hour + timedelta(hours=1)
        step = 60
        if hour.astimezone(where).utcoffset() != until.astimezone(where).utcoffset():
            step = 1
        for begin in (hour + timedelta(minutes=n) for n in range(0, 60, step)):
            yield begin, begin + timedelta(minutes=step), begin.astimezone(where).utcoffset()


def first_shown(stretches, wanted: datetime) -> datetime:
    """The first instant at which the clock has come to this time, or beyond it by a jump."""
    for begin, end, offset in stretches:
        if (reached := wanted.replace(tzinfo=UTC) - offset) < end:
            return max(begin, reached)
    raise AssertionError(wanted)


def clocks_that_disagree(name: str):
    """Every (day, time) for which first_instant and the walk have different answers."""
    where = ZoneInfo(name)
    wrong = []
    for day in days_of_clock_changes(where):
        stretches = list(walk(where, day))
        wrong += [
            (name, day, at)
            for at in TIMES
            if first_instant(day, at, where) != first_shown(stretches, datetime.combine(day, at))
        ]
    return wrong


@pytest.mark.parametrize(
    "name", sorted(world_zones()) if os.environ.get("BRIEFINGS_TEST_ALL_ZONES") else ODD_ZONES
)
def test_every_clock_change_of_forty_years_agrees_with_a_walk_over_the_minutes(name):
    """The full set is for a change to weeks.py or to the time zone database: some minutes."""
    assert clocks_that_disagree(name) == []


@given(st.dates(FIRST_DAY, LAST_DAY), st.times(), zones)
def test_the_clock_shows_the_time_or_has_just_jumped_over_it(day, at, where):
    found = first_instant(day, at.replace(fold=0), where)
    shown = found.astimezone(where).replace(tzinfo=None)
    wanted = datetime.combine(day, at)
    just_before = (found - timedelta(seconds=1)).astimezone(where).replace(tzinfo=None)
    assert shown == wanted or just_before < wanted < shown


@given(weeks)
def test_weeks_survive_writing_and_reading(week):
    assert Week.parse(str(week)) == week
    assert Week.of(week.monday) == Week.of(week.mail_monday - timedelta(days=1)) == week


@given(weeks, st.integers(-3000, 3000))
def test_shifts_are_differences(week, n):
    if not 1901 <= week.year + n // 52 <= 9997 or not 1901 <= week.year + n // 53 <= 9997:
        return
    other = week.shift(n)
    assert other.weeks_since(week) == n
    assert other.shift(-n) == week
    assert (other > week) == (n > 0)


@given(st.datetimes(datetime(1901, 1, 1), datetime(9990, 1, 1), timezones=zones))  # noqa: DTZ001 - bounds are given bare
def test_every_instant_lies_in_exactly_its_week(moment):
    week = Week.of(moment)
    assert week.start <= moment < week.end
    assert week.end == week.next().start


@given(send_ats)
def test_send_at_survives_writing_and_reading(send_at):
    assert SendAt.parse(str(send_at)) == send_at


@given(modern_weeks, send_ats, zones)
def test_nobody_is_due_before_the_cut_off(week, send_at, where):
    assert cut_off(week, send_at, ["Pacific/Kiritimati", where.key]) + CUT_OFF_LEAD <= due_at(
        week, send_at, where
    )


@settings(max_examples=5, deadline=None)  # loads every zone of the world each time
@given(modern_weeks, st.sampled_from(["MON 08:00", "MON 00:00", "FRI 17:30"]).map(SendAt.parse))
def test_the_worlds_cut_off_is_sixteen_hours_before_the_hour_in_utc(week, send_at):
    # Etc/GMT-14 keeps the earliest clock of the world and never changes it.
    assert cut_off(week, send_at) == due_at(week, send_at, ZoneInfo("UTC")) - timedelta(hours=16)


@given(instants, send_ats, st.one_of(zones, odd_zones))
def test_the_next_run_is_the_first_due_instant_of_any_week_that_is_later(after, send_at, where):
    around = [Week.of(after).shift(n) for n in range(-5, 4)]
    expected = min(due for week in around if (due := due_at(week, send_at, where)) > after)
    assert next_run(after, send_at, where) == expected


@given(st.integers(1990, 2029), st.one_of(zones, odd_zones))
def test_a_weekly_monday_midnight_fires_once_for_every_week_of_the_year(year, where):
    at = datetime(year, 1, 10, tzinfo=UTC)
    midnight = SendAt(0, 0, 0)
    fired = []
    for _ in range(50):
        at = next_run(at, midnight, where)
        fired.append(at)
    mondays = [Week.of((at.astimezone(where) + timedelta(hours=1)).date()).monday for at in fired]
    assert all(b - a == timedelta(days=7) for a, b in pairwise(mondays))


@given(modern_weeks, st.sampled_from(Frequency), st.integers(20, 60))
def test_slots_cover_every_week_exactly_once(week, frequency, length):
    run = [week.shift(n) for n in range(length)]
    slots = [each for each in run if in_slot(frequency, each)]
    covered = [each for slot in slots for each in slot_weeks(frequency, slot)]
    first = covered[0]
    assert covered == [first.shift(n) for n in range(len(covered))]
    assert slots[-1] == covered[-1]


@given(st.dates(FIRST_DAY, LAST_DAY), st.none() | modern_weeks)
def test_no_item_that_is_still_fresh_lands_in_a_frozen_week(item_date, last_frozen):
    week = stored_week(item_date, last_frozen)
    own = Week.of(item_date)
    if last_frozen is not None and week <= last_frozen:
        assert week == own
        assert last_frozen.next().weeks_since(own) > 8
    else:
        assert week >= own
        assert week.weeks_since(own) <= 8
