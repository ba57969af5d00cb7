"""Where a reader stands in the twelve weeks, and what each press does to it; pure, stores nothing.

The plan goes by the calendar (R8): the mail of a week brings the step `weeks.plan_week`, which
counts whole weeks from the start and takes off the snoozes. What readers do moves it:

- *snooze* puts the plan back by a week, so the next mail brings the step of this week again;
- *done* leaves the calendar alone, unless the next mail would bring a step that is done already:
  then the plan moves ahead to the first open one;
- *too easy* counts the step as done and moves the plan ahead by a week: the following step is due
  now, and the one after it comes with the next mail;
- *restart* begins anew.

A step that was done far ahead is reached by the calendar weeks later, with no press in between:
before the mails of each week `followed` moves such a plan, by the same rule as *done*.

Moving ahead is a negative snooze. The plan never moves ahead past 13, so the closing mail comes
once, and it is not put back any more when that mail has gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from briefings.model.catalogue import PLAN_WEEKS
from briefings.weeks import Week, plan_week

CLOSING = PLAN_WEEKS + 1
MOST_SNOOZES = 52
_WEEK = timedelta(weeks=1)
_FRIDAY = 4


class Mark(StrEnum):
    """What a reader said about a step."""

    DONE = "done"
    EASY = "easy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A reader's plan as it is stored. `tasks` are done ones, as (week, number from 1)."""

    started_on: date | None
    snoozes: int = 0
    weeks: Mapping[int, Mark] = field(default_factory=dict[int, Mark])
    tasks: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the plan stands once the mail of a week has gone.

    `due` is that mail's step, below 1 before the start and above 12 after the end. `now` is the
    step to work on, None when none from `due` on is open. `late` are open ones before it.
    """

    due: int
    now: int | None
    late: tuple[int, ...]
    ahead: tuple[int, ...]
    done: tuple[int, ...]

    @property
    def over(self) -> bool:
        """Whether the calendar is past the twelfth step."""
        return self.due > PLAN_WEEKS

    @property
    def following(self) -> int:
        """The step of the next week's mail; 13 is the closing one."""
        return self.due + 1


def first_day(today: date) -> date:
    """The day a plan starts on that somebody asks for today: today, or Monday from Friday on.

    The step of a week takes some hours, and the next one comes on Monday.
    """
    if today.weekday() < _FRIDAY:
        return today
    return Week.of(today).next().monday


def standing(progress: Progress, week: Week) -> Standing | None:
    """Where a plan stands; `week` is the one whose mail is the newest. None before a start."""
    if progress.started_on is None:
        return None
    due = plan_week(progress.started_on, week, progress.snoozes)
    steps = range(1, PLAN_WEEKS + 1)
    now = _first_open(progress, due)
    return Standing(
        due=due,
        now=now if now <= PLAN_WEEKS else None,
        late=tuple(n for n in steps if n not in progress.weeks and n < due),
        ahead=tuple(n for n in steps if n not in progress.weeks and n > now),
        done=tuple(n for n in steps if n in progress.weeks),
    )


def monday_of(progress: Progress, step: int, week: Week) -> date | None:
    """The Monday whose mail brings a step, as things stand; None before a start.

    Steps to come that are done already are passed over, so those after them come earlier; `week` is
    the one whose mail is the newest.
    """
    if progress.started_on is None:
        return None
    following = plan_week(progress.started_on, week.next(), progress.snoozes)
    passed = sum(following <= n < step for n in progress.weeks)
    start = Week.of(progress.started_on).monday
    return start + (step - 1 + progress.snoozes - passed) * _WEEK


def step_of(progress: Progress, mail: Week, week: Week) -> int | None:
    """What the mail of a week brings if nothing is pressed until then; None before a start.

    `week` is the one whose mail is the newest; `mail` is a later one, or that one.
    """
    start = progress.started_on
    if start is None:
        return None
    while week < mail:
        progress = followed(progress, week)
        week = week.next()
    return plan_week(start, mail, progress.snoozes)


def may_snooze(progress: Progress, week: Week) -> bool:
    """Whether the plan can be put back: it was started, and its closing mail has not gone."""
    where = standing(progress, week)
    return where is not None and not where.over and progress.snoozes < MOST_SNOOZES


def snoozed(progress: Progress, week: Week) -> Progress:
    """Put the plan back by a week; unchanged when it may not be."""
    if not may_snooze(progress, week):
        return progress
    return replace(progress, snoozes=progress.snoozes + 1)


def done(progress: Progress, step: int, tasks: int, week: Week) -> Progress:
    """Mark a step and its tasks as done."""
    return followed(_marked(progress, step, tasks, Mark.DONE), week)


def too_easy(progress: Progress, step: int, tasks: int, week: Week) -> Progress:
    """Mark a step as too easy and move the plan ahead by a week, if the step is not behind it."""
    marked = _marked(progress, step, tasks, Mark.EASY)
    where = standing(progress, week)
    if where is not None and step in progress.weeks:
        return marked
    if where is not None and step >= where.due and where.following < CLOSING:
        marked = replace(marked, snoozes=marked.snoozes - 1)
    return followed(marked, week)


def reopened(progress: Progress, step: int) -> Progress:
    """Take back that a step is done; its tasks keep their ticks, and the calendar stays."""
    return replace(progress, weeks={n: mark for n, mark in progress.weeks.items() if n != step})


def ticked(progress: Progress, step: int, tasks: frozenset[int]) -> Progress:
    """Set which tasks of a step are done."""
    others = frozenset(each for each in progress.tasks if each[0] != step)
    return replace(progress, tasks=others | {(step, number) for number in tasks})


def started(today: date) -> Progress:
    """A plan at its beginning."""
    return Progress(started_on=first_day(today))


def followed(progress: Progress, week: Week) -> Progress:
    """Move ahead over steps that are done already, so that the next mail brings an open one.

    `week` is the one whose mail is the newest. Before the start nothing moves.
    """
    where = standing(progress, week)
    if where is None or not 1 <= where.following < CLOSING:
        return progress
    ahead = _first_open(progress, where.following) - where.following
    return replace(progress, snoozes=progress.snoozes - ahead) if ahead else progress


def _marked(progress: Progress, step: int, tasks: int, mark: Mark) -> Progress:
    ticks = frozenset((step, number) for number in range(1, tasks + 1))
    return replace(progress, weeks={**progress.weeks, step: mark}, tasks=progress.tasks | ticks)


def _first_open(progress: Progress, step: int) -> int:
    """The first step from here on that is not done; 13 when none is left."""
    first = max(step, 1)
    while first <= PLAN_WEEKS and first in progress.weeks:
        first += 1
    return min(first, CLOSING)
