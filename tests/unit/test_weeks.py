"""Weeks, clocks and the rules that count from the mail's Monday."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from briefings.errors import Misconfigured, WrongSetting
from briefings.model.frequency import Frequency
from briefings.weeks import (
    SendAt,
    Week,
    age_days,
    cut_off,
    due_at,
    first_instant,
    in_slot,
    next_run,
    plan_week,
    slot_weeks,
    stored_week,
    world_zones,
    zone,
)

W34 = Week(2026, 34)
MONDAY_8 = SendAt(0, 8, 0)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestWeek:
    def test_reads_and_writes_the_iso_form(self):
        assert Week.parse("2026-W34") == W34
        assert Week.parse(" 2026-w34\n") == W34
        assert str(W34) == "2026-W34"
        assert str(Week(2026, 1)) == "2026-W01"

    @pytest.mark.parametrize(
        "text",
        ["", "2026-34", "2026-W3", "26-W34", "2026-W34-1", "20２6-W34", "next week", "x" * 900],
    )
    def test_other_forms_are_refused_with_the_right_one(self, text):
        with pytest.raises(Misconfigured, match=r"2026-W34") as refusal:
            Week.parse(text)
        assert len(str(refusal.value)) < 150

    @pytest.mark.parametrize("text", ["2025-W53", "2026-W00", "2026-W54", "2026-W99"])
    def test_weeks_that_do_not_exist_are_refused(self, text):
        with pytest.raises(Misconfigured, match="does not exist"):
            Week.parse(text)

    @pytest.mark.parametrize("year", [0, 1899, 9999])
    def test_years_far_off_are_refused(self, year):
        with pytest.raises(Misconfigured, match="1900 to 9998"):
            Week(year, 1)

    def test_long_years_have_53_weeks(self):
        assert Week(2026, 53).weeks_in_year == 53
        assert Week(2025, 1).weeks_in_year == 52

    def test_is_half_open_in_utc(self):
        assert W34.start == utc("2026-08-17T00:00")
        assert W34.end == utc("2026-08-24T00:00")
        assert Week.of(W34.start) == W34
        assert Week.of(W34.end - timedelta(microseconds=1)) == W34
        assert Week.of(W34.end) == Week(2026, 35)

    def test_an_instant_counts_as_utc_sees_it(self):
        early_monday_in_tokyo = datetime(2026, 8, 17, 8, tzinfo=timezone(timedelta(hours=9)))
        assert Week.of(early_monday_in_tokyo) == Week(2026, 33)

    def test_an_instant_without_a_zone_is_refused(self):
        with pytest.raises(Misconfigured, match="no time zone"):
            Week.of(datetime(2026, 8, 17, 8))  # noqa: DTZ001 - that is the point

    def test_dates_at_the_turn_of_the_year_belong_to_the_iso_year(self):
        assert Week.of(date(2025, 12, 29)) == Week(2026, 1)
        assert Week.of(date(2027, 1, 3)) == Week(2026, 53)

    def test_its_mail_leaves_on_the_monday_after(self):
        assert W34.monday == date(2026, 8, 17)
        assert W34.mail_monday == date(2026, 8, 24)

    def test_steps_over_the_turn_of_the_year(self):
        assert Week(2026, 53).next() == Week(2027, 1)
        assert Week(2026, 1).previous() == Week(2025, 52)
        assert Week(2027, 1).weeks_since(Week(2026, 1)) == 53
        assert W34.weeks_since(W34.shift(3)) == -3

    def test_sorts_by_time(self):
        weeks = [Week(2027, 1), Week(2026, 2), Week(2026, 53)]
        assert sorted(weeks) == [Week(2026, 2), Week(2026, 53), Week(2027, 1)]

    @pytest.mark.parametrize(
        ("week", "label"),
        [
            ("2026-W34", "17–23 August 2026"),
            ("2026-W31", "27 July – 2 August 2026"),
            ("2026-W01", "29 December 2025 – 4 January 2026"),
            ("2026-W23", "1–7 June 2026"),
        ],
    )
    def test_label_names_month_and_year_once_where_it_can(self, week, label):
        assert Week.parse(week).label() == label


class TestSendAt:
    @pytest.mark.parametrize("text", ["MON 08:00", "SUN 23:59", "WED 00:00"])
    def test_reads_and_writes(self, text):
        assert str(SendAt.parse(text)) == text

    def test_reads_small_letters(self):
        assert SendAt.parse(" tue 06:30 ") == SendAt(1, 6, 30)

    @pytest.mark.parametrize(
        "text",
        ["", "08:00", "MON", "MON 8:00", "MON 24:00", "MON 08:60", "MOO 08:00", "MON  08:00"],
    )
    def test_other_forms_are_refused_with_the_right_one(self, text):
        with pytest.raises(WrongSetting, match=r"SEND_AT.*00:00 to 23:59"):
            SendAt.parse(text)

    @pytest.mark.parametrize("wrong", [(-1, 0, 0), (7, 0, 0), (0, 24, 0), (0, 0, 60), (0, -1, 0)])
    def test_cannot_be_made_wrong(self, wrong):
        with pytest.raises(WrongSetting, match="Monday"):
            SendAt(*wrong)


class TestZone:
    def test_knows_iana_names(self):
        assert zone("Europe/Berlin") == ZoneInfo("Europe/Berlin")

    @pytest.mark.parametrize(
        ("asked", "advice"),
        [
            ("Berlin", "did you mean Europe/Berlin?"),
            ("europe/berlin", "did you mean Europe/Berlin?"),
            ("America/Newyork", "America/New_York"),
            ("new york", "did you mean America/New_York?"),
            ("Mars/Olympus Mons", "use one like Europe/Berlin"),
            ("", "use one like Europe/Berlin"),
            ("../../etc/passwd", "use one like Europe/Berlin"),
            ("/etc/localtime", ""),
            ("America", ""),
            ("localtime", ""),
            ("right/Europe/Berlin", ""),
            ("x\x00", ""),
            ("x" * 300_000, "use one like Europe/Berlin"),
        ],
    )
    def test_other_names_are_refused_with_what_may_have_been_meant(self, asked, advice):
        with pytest.raises(Misconfigured, match="There is no time zone") as refusal:
            zone(asked)
        assert advice in str(refusal.value)
        assert len(str(refusal.value)) < 200


class TestFirstInstant:
    @pytest.mark.parametrize(
        ("name", "day", "at", "instant"),
        [
            ("Europe/Berlin", "2026-08-24", "08:00", "2026-08-24T06:00"),
            ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T01:00"),  # gap 02:00-03:00
            ("Europe/Berlin", "2026-03-29", "03:00", "2026-03-29T01:00"),
            ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30"),  # twice: the first
            ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30"),  # half an hour
            ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45"),
            ("America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T03:00"),  # no midnight
            ("Africa/Cairo", "2026-04-24", "00:00", "2026-04-23T22:00"),
            ("Asia/Beirut", "2026-03-29", "00:00", "2026-03-28T22:00"),
            ("Pacific/Apia", "2011-12-30", "08:00", "2011-12-30T10:00"),  # no such day
            ("Pacific/Apia", "2011-12-30", "00:00", "2011-12-30T10:00"),
            ("Pacific/Apia", "2011-12-31", "00:00", "2011-12-30T10:00"),
            ("Pacific/Kiritimati", "2026-08-24", "08:00", "2026-08-23T18:00"),
            ("Africa/Monrovia", "1972-01-07", "00:10", "1972-01-07T00:44:30"),  # gap of 44:30
        ],
    )
    def test_known_clocks(self, name, day, at, instant):
        found = first_instant(date.fromisoformat(day), time.fromisoformat(at), ZoneInfo(name))
        assert found == utc(instant)
        assert found.tzinfo is UTC


class TestDue:
    def test_mail_leaves_at_the_readers_own_hour(self):
        assert due_at(W34, MONDAY_8, zone("Europe/Berlin")) == utc("2026-08-24T06:00")
        assert due_at(W34, MONDAY_8, zone("America/New_York")) == utc("2026-08-24T12:00")

    def test_a_later_weekday_is_the_one_after_that_monday(self):
        assert due_at(W34, SendAt.parse("TUE 07:15"), zone("UTC")) == utc("2026-08-25T07:15")
        assert due_at(W34, SendAt.parse("SUN 07:15"), zone("UTC")) == utc("2026-08-30T07:15")

    def test_content_closes_two_hours_before_the_first_mail_in_the_world(self):
        assert cut_off(W34, MONDAY_8) == utc("2026-08-23T16:00")
        assert cut_off(W34, MONDAY_8) <= due_at(W34, MONDAY_8, zone("Pacific/Kiritimati"))

    def test_content_closes_by_the_zones_that_are_given(self):
        zones = iter(["America/New_York", "Europe/Berlin", "UTC"])
        assert cut_off(W34, MONDAY_8, zones) == utc("2026-08-24T04:00")

    def test_the_world_leaves_out_the_zone_of_this_machine(self):
        assert not {"localtime", "posixrules"} & world_zones()
        assert {"Pacific/Kiritimati", "Europe/Berlin", "UTC"} <= world_zones()


class TestNextRun:
    def test_is_strictly_later(self):
        due = utc("2026-08-24T06:00")
        berlin = zone("Europe/Berlin")
        assert next_run(due - timedelta(microseconds=1), MONDAY_8, berlin) == due
        assert next_run(due, MONDAY_8, berlin) == utc("2026-08-31T06:00")

    def test_keeps_the_local_hour_over_a_change_of_clocks(self):
        assert next_run(utc("2026-10-19T06:00"), MONDAY_8, zone("Europe/Berlin")) == utc(
            "2026-10-26T07:00"
        )

    @pytest.mark.parametrize("name", ["Pacific/Kiritimati", "Etc/GMT+12", "Pacific/Apia"])
    def test_finds_the_run_of_a_neighbouring_utc_week(self, name):
        where = zone(name)
        for weekday in (0, 6):
            send_at = SendAt(weekday, 23 if weekday else 0, 59 if weekday else 0)
            due = due_at(W34, send_at, where)
            assert next_run(due - timedelta(minutes=1), send_at, where) == due

    def test_monday_midnight_is_not_lost_when_the_clock_jumps_over_it(self):
        # Cuba changes at midnight from Saturday to Sunday, Iran changed on any weekday:
        # on Monday 22 March 2021 Tehran's clock went from 00:00 straight to 01:00.
        midnight = SendAt(0, 0, 0)
        tehran = zone("Asia/Tehran")
        assert next_run(utc("2021-03-20T00:00"), midnight, tehran) == utc("2021-03-21T20:30")
        assert next_run(utc("2021-03-21T20:30"), midnight, tehran) == utc("2021-03-28T19:30")


class TestAges:
    def test_count_from_the_mails_monday(self):
        assert age_days(date(2026, 8, 24), W34) == 0
        assert age_days(date(2026, 8, 17), W34) == 7
        assert age_days(date(2026, 9, 1), W34) == -8


class TestPlanWeek:
    @pytest.mark.parametrize(
        ("start", "snoozes", "step"),
        [
            ("2026-08-24", 0, 1),
            ("2026-08-30", 0, 1),
            ("2026-08-23", 0, 2),
            ("2026-08-17", 1, 1),
            ("2026-06-08", 0, 12),
            ("2026-06-07", 0, 13),
            ("2026-09-01", 0, 0),
            ("2026-08-24", 2, -1),
        ],
    )
    def test_counts_mondays(self, start, snoozes, step):
        assert plan_week(date.fromisoformat(start), W34, snoozes) == step


class TestSlots:
    def test_weekly_readers_are_always_due(self):
        assert all(in_slot(Frequency.WEEKLY, W34.shift(n)) for n in range(60))
        assert slot_weeks(Frequency.WEEKLY, W34) == (W34,)

    def test_fortnights_count_from_january_1970(self):
        first = Week.of(date(1969, 12, 29))  # its mail's Monday is 1970-01-05
        assert in_slot(Frequency.FORTNIGHTLY, first)
        assert not in_slot(Frequency.FORTNIGHTLY, first.next())
        assert not in_slot(Frequency.FORTNIGHTLY, W34)  # 2954 + 1 weeks later
        assert in_slot(Frequency.FORTNIGHTLY, Week(2026, 35))

    def test_fortnights_do_not_stumble_over_a_year_of_53_weeks(self):
        due = [in_slot(Frequency.FORTNIGHTLY, Week(2026, 50).shift(n)) for n in range(8)]
        assert due in ([True, False] * 4, [False, True] * 4)

    def test_months_go_by_their_first_monday(self):
        due = [w for n in range(2, 53) if in_slot(Frequency.MONTHLY, w := Week(2026, n))]
        assert [w.mail_monday.isoformat() for w in due] == [
            *("2026-02-02", "2026-03-02", "2026-04-06", "2026-05-04", "2026-06-01", "2026-07-06"),
            *("2026-08-03", "2026-09-07", "2026-10-05", "2026-11-02", "2026-12-07"),
        ]

    def test_a_slot_covers_what_came_since_the_last_one(self):
        assert slot_weeks(Frequency.FORTNIGHTLY, Week(2026, 35)) == (W34, Week(2026, 35))
        assert slot_weeks(Frequency.MONTHLY, Week(2026, 36)) == tuple(
            Week(2026, n) for n in (32, 33, 34, 35, 36)
        )

    def test_between_slots_it_is_what_has_gathered_so_far(self):
        assert slot_weeks(Frequency.MONTHLY, W34) == (Week(2026, 32), Week(2026, 33), W34)


class TestStoredWeek:
    def test_is_the_week_of_the_date_while_nothing_is_frozen(self):
        assert stored_week(date(2026, 8, 20), None) == W34
        assert stored_week(date(1999, 1, 4), None) == Week(1999, 1)

    def test_is_the_week_of_the_date_after_the_last_frozen_one(self):
        assert stored_week(date(2026, 8, 20), Week(2026, 33)) == W34
        assert stored_week(date(2027, 2, 1), Week(2026, 33)) == Week(2027, 5)

    def test_moves_to_the_first_open_week_when_its_own_is_frozen(self):
        assert stored_week(date(2026, 8, 20), W34) == Week(2026, 35)
        assert stored_week(date(2026, 8, 20), Week(2026, 40)) == Week(2026, 41)

    def test_eight_weeks_late_still_moves_and_nine_stays_in_the_archive(self):
        assert stored_week(date(2026, 8, 17), Week(2026, 41)) == Week(2026, 42)
        assert stored_week(date(2026, 8, 23), Week(2026, 42)) == W34
