"""A plan goes by the calendar, and every press moves it as its button says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.readers.plan import (
    CLOSING,
    Mark,
    Progress,
    done,
    first_day,
    followed,
    may_snooze,
    monday_of,
    reopened,
    snoozed,
    standing,
    started,
    step_of,
    ticked,
    too_easy,
)
from briefings.weeks import Week, plan_week

W34 = Week.parse("2026-W34")  # its mail leaves on Monday 24 August 2026
FIFTH = Progress(started_on=date(2026, 7, 29), weeks=dict.fromkeys(range(1, 5), Mark.DONE))


def next_step(progress: Progress, week: Week) -> int:
    """What the mail of the week after this one brings."""
    assert progress.started_on is not None
    return plan_week(progress.started_on, week.next(), progress.snoozes)


def test_the_step_of_the_newest_mail_is_the_one_to_work_on() -> None:
    where = standing(FIFTH, W34)
    assert where is not None
    assert (where.due, where.now, where.late) == (5, 5, ())
    assert where.ahead == tuple(range(6, 13))
    assert where.done == (1, 2, 3, 4)
    assert monday_of(FIFTH, 5, W34) == W34.mail_monday
    assert not where.over


def test_done_leaves_the_calendar_alone_and_shows_the_next_step() -> None:
    after = done(FIFTH, 5, 3, W34)
    where = standing(after, W34)
    assert where is not None
    assert (where.due, where.now, after.snoozes) == (5, 6, 0)
    assert next_step(after, W34) == 6
    assert {(5, 1), (5, 2), (5, 3)} <= after.tasks


def test_a_step_done_ahead_is_not_mailed_any_more() -> None:
    after = done(done(FIFTH, 5, 3, W34), 6, 3, W34)
    assert next_step(after, W34) == 7
    late = done(FIFTH, 2, 3, W34)
    assert next_step(late, W34) == 6


def test_a_step_done_far_ahead_is_passed_over_when_the_calendar_comes_there() -> None:
    ahead = done(done(FIFTH, 7, 3, W34), 8, 3, W34)
    assert (ahead.snoozes, next_step(ahead, W34)) == (0, 6)
    assert [step_of(ahead, W34.shift(n), W34) for n in range(4)] == [5, 6, 9, 10]
    monday = W34.mail_monday
    assert [monday_of(ahead, n, W34) for n in (6, 9, 12)] == [
        monday + timedelta(weeks=n) for n in (1, 2, 5)
    ]
    assert followed(ahead, W34) == ahead
    later = followed(ahead, W34.next())
    assert (later.snoozes, next_step(later, W34.next())) == (-2, 9)
    assert monday_of(later, 12, W34.next()) == monday + timedelta(weeks=5)
    assert followed(later, W34.next()) == later


def test_before_the_start_a_step_done_already_moves_no_mail_to_an_earlier_week() -> None:
    later = Progress(started_on=date(2026, 9, 21))  # its first mail is that of W38
    early = done(done(later, 1, 2, W34), 2, 2, W34)
    assert early.snoozes == 0
    assert step_of(early, Week.parse("2026-W37"), W34) == 0
    assert step_of(early, Week.parse("2026-W38"), W34) == 3
    assert monday_of(early, 3, W34) == date(2026, 9, 21)
    assert step_of(Progress(started_on=None), W34, W34) is None


def test_a_snooze_brings_the_same_step_again_and_moves_the_rest() -> None:
    after = snoozed(FIFTH, W34)
    where = standing(after, W34)
    assert where is not None
    assert next_step(after, W34) == 5
    assert where.now == 5
    assert monday_of(after, 5, W34) == W34.mail_monday + timedelta(weeks=1)


def test_too_easy_counts_as_done_and_moves_the_plan_ahead_once() -> None:
    after = too_easy(FIFTH, 5, 3, W34)
    where = standing(after, W34)
    assert where is not None
    assert (after.weeks[5], where.now) == (Mark.EASY, 6)
    assert monday_of(after, 6, W34) == W34.mail_monday
    assert next_step(after, W34) == 7
    assert too_easy(after, 5, 3, W34) == after
    assert next_step(too_easy(FIFTH, 2, 3, W34), W34) == 6


def test_open_steps_of_the_past_wait_and_an_opened_one_is_open_again() -> None:
    where = standing(reopened(FIFTH, 3), W34)
    assert where is not None
    assert where.late == (3,)
    assert 3 not in where.done


def test_ticks_belong_to_their_step() -> None:
    after = ticked(ticked(FIFTH, 5, frozenset({1, 2})), 6, frozenset({3}))
    assert ticked(after, 5, frozenset({2})).tasks == {(5, 2), (6, 3)}


@pytest.mark.parametrize(
    ("today", "start"),
    [
        (date(2026, 8, 24), date(2026, 8, 24)),
        (date(2026, 8, 27), date(2026, 8, 27)),
        (date(2026, 8, 28), date(2026, 8, 31)),
        (date(2026, 8, 30), date(2026, 8, 31)),
    ],
)
def test_who_starts_late_in_a_week_starts_on_the_next_monday(today: date, start: date) -> None:
    assert first_day(today) == start
    assert started(today) == Progress(started_on=start)


def test_before_a_start_nothing_stands_anywhere() -> None:
    none = Progress(started_on=None)
    assert standing(none, W34) is None
    assert monday_of(none, 1, W34) is None
    assert not may_snooze(none, W34)
    assert snoozed(none, W34) == none
    assert done(none, 1, 2, W34).weeks == {1: Mark.DONE}
    assert too_easy(none, 1, 2, W34).snoozes == 0


def test_a_plan_that_starts_later_is_not_pulled_ahead_by_a_step_done_already() -> None:
    later = Progress(started_on=date(2026, 9, 21))
    assert done(later, 3, 2, W34).snoozes == 0
    where = standing(later, W34)
    assert where is not None
    assert (where.due, where.now) == (-3, 1)


def test_the_closing_mail_is_not_put_back_once_it_has_gone() -> None:
    closed = Progress(started_on=date(2026, 6, 1))
    where = standing(closed, W34)
    assert where is not None
    assert where.due == CLOSING
    assert where.over
    assert where.now is None
    assert len(where.late) == 12
    assert snoozed(closed, W34) == closed
    assert done(closed, 12, 3, W34).snoozes == 0


PRESSES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["done", "easy", "open"]), st.integers(1, 12)),
        st.tuples(st.sampled_from(["snooze", "week"]), st.just(0)),
    ),
    max_size=40,
)


@given(PRESSES, st.integers(-3, 13))
def test_the_plan_closes_exactly_once_whatever_is_pressed(
    presses: list[tuple[str, int]], begin: int
) -> None:
    """Week by week: what each mail brings, while the reader presses what they like."""
    week = W34
    progress = Progress(started_on=W34.mail_monday - timedelta(weeks=begin - 1))
    mailed: list[int] = []

    def mail() -> None:
        assert progress.started_on is not None
        mailed.append(plan_week(progress.started_on, week, progress.snoozes))
        assert mailed[-1] not in progress.weeks, "a step that was done is mailed"

    mail()
    for what, step in [*presses, *[("week", 0)] * 70]:
        match what:
            case "done":
                progress = done(progress, step, 3, week)
            case "easy":
                progress = too_easy(progress, step, 3, week)
            case "open":
                progress = reopened(progress, step)
            case "snooze":
                progress = snoozed(progress, week)
            case _:
                assert step_of(progress, week.next(), week) == next_step(
                    followed(progress, week), week
                )
                progress = followed(progress, week)  # as before every freeze
                week = week.next()
                mail()
    closings = [n for n in mailed if n == CLOSING]
    assert len(closings) == 1
    assert mailed[mailed.index(CLOSING) :] == list(
        range(CLOSING, CLOSING + len(mailed) - mailed.index(CLOSING))
    )
