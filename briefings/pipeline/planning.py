"""A reader's plan page: where the plan stands, and the presses that move it (R8, R10, R13).

Looking changes nothing (P8). A press is bound to the plan as the page showed it, so pressing twice
moves it once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from briefings.errors import Conflict, Refused
from briefings.links import Token
from briefings.model.assessment import SkillArea
from briefings.model.catalogue import PLAN_WEEKS, PlanWeek, Specialization, Tool
from briefings.model.reader import Reader
from briefings.pipeline.chain import Chain
from briefings.pipeline.next_mail import next_mail
from briefings.pipeline.plan_moves import primary_of, stored_progress
from briefings.pipeline.prepare import load_catalogue
from briefings.pipeline.reading import reader_of
from briefings.readers import plan
from briefings.readers.plan import Mark, Progress, Standing
from briefings.store import own_addresses, plan_marks, readers
from briefings.store.database import Transaction
from briefings.store.plan_marks import WHOLE_WEEK
from briefings.weeks import Week, zone


class Press(StrEnum):
    """What a reader can do on the page."""

    TASKS = "tasks"
    DONE = "done"
    OPEN = "open"
    EASY = "easy"
    SNOOZE = "snooze"
    RESTART = "restart"
    FOCUS = "focus"
    ADDRESSES = "addresses"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One press: on which step, with which of its tasks ticked, or on which area."""

    press: Press
    step: int = 0
    tasks: frozenset[int] = frozenset()
    area: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What the page shows. `where` is None before a plan was started, `mondays` is by step.

    `areas` are those a reader can focus on; `others` are specializations with a plan of their own.
    """

    reader: Reader
    specialization: Specialization
    progress: Progress
    where: Standing | None
    tools: Mapping[str, Tool]
    mondays: Mapping[int, date]
    next_mail: datetime | None
    next_step: int | None
    """What that mail brings; None without a mail or a plan."""
    areas: tuple[SkillArea, ...]
    others: tuple[Specialization, ...]
    today: date
    week: Week
    """The one whose mail is the newest, or leaves today."""
    stamp: str
    """Says which plan the page shows; a press on another one is refused."""

    @property
    def ends(self) -> date | None:
        """The last day of the twelfth week; None before a start."""
        last = self.mondays.get(PLAN_WEEKS)
        return None if last is None else last + timedelta(days=6)


class PlanMoved(Refused):
    """The plan is not as the page showed it any more."""


def look(chain: Chain, token: Token, now: datetime) -> Planned:
    """See a reader's plan; changes nothing.

    Raises:
        Gone: the reader was erased.
        NotFound: the catalogue does not carry what the reader subscribed to any more.
    """
    with chain.db.read() as tx:
        return _planned(tx, chain, reader_of(tx, token), now)


def press(chain: Chain, token: Token, act: Act, stamp: str, now: datetime) -> Planned:
    """Do what a reader pressed, and see the plan after it.

    Raises:
        PlanMoved: the page was opened before an earlier press; nothing was changed.
        Conflict: the reader left; a link that can be forwarded brings nobody back (R13). New
            addresses are made for who left, too.
        Refused: there is no such step, area or plan.
        Gone: the reader was erased.
        Temporary: the database is locked; nothing was changed.
    """
    with chain.db.write() as tx:
        reader = reader_of(tx, token)
        if reader.left_at is not None and act.press is not Press.ADDRESSES:
            raise Conflict("You have left, so no plan is mailed. Sign up again to go on with it.")
        seen = _planned(tx, chain, reader, now)
        if stamp != seen.stamp:
            raise PlanMoved(
                "The plan was moved since you opened the page. Nothing was changed: look at it "
                "again, and press once more if you still want to."
            )
        if act.press is Press.ADDRESSES:
            own_addresses.renew(tx, reader.id, chain.clock())
        elif act.press is Press.FOCUS:
            _set_focus(tx, seen, act.area, chain.clock())
        else:
            _store(tx, seen, _after(seen, act), chain.clock())
        return _planned(tx, chain, reader_of(tx, token), now)


def _planned(tx: Transaction, chain: Chain, reader: Reader, now: datetime) -> Planned:
    catalogue = load_catalogue(tx)
    own = primary_of(reader, catalogue)
    progress = stored_progress(tx, reader, own.slug)
    today = now.astimezone(zone(reader.timezone or chain.schedule.timezone)).date()
    week = Week.of(today).previous()
    assessment = catalogue.assessment(own.role)
    coming = next_mail(tx, chain, reader, now)
    mondays = {step.number: plan.monday_of(progress, step.number, week) for step in own.plan}
    addresses = own_addresses.number(tx, reader.id)
    marked = ",".join(f"{week}{mark.value[0]}" for week, mark in sorted(progress.weeks.items()))
    return Planned(
        reader=reader,
        specialization=own,
        progress=progress,
        where=plan.standing(progress, week) if own.plan else None,
        tools={step.tool: catalogue.tool(step.tool) for step in own.plan},
        mondays={number: day for number, day in mondays.items() if day is not None},
        next_mail=coming,
        next_step=_step_of(progress, coming, week) if own.plan else None,
        areas=assessment.areas if assessment is not None else (),
        others=tuple(s for s in catalogue.specializations if s.plan and s.slug != own.slug),
        today=today,
        week=week,
        stamp=f"{own.slug} {progress.started_on} {progress.snoozes} {marked} {addresses}",
    )


def _step_of(progress: Progress, mail: datetime | None, week: Week) -> int | None:
    if mail is None:
        return None
    return plan.step_of(progress, Week.of(mail.date()).previous(), week)


def _after(seen: Planned, act: Act) -> Progress:
    before = seen.progress
    if not seen.specialization.plan:
        raise Refused(f"There is no plan for {seen.specialization.name}.")
    if act.press is Press.RESTART:
        return plan.started(seen.today)
    if seen.where is None:
        raise Refused("The plan has not been started.")
    step = _step(seen, act.step)
    count = len(step.tasks)
    week = seen.week
    match act.press:
        case Press.TASKS:
            return plan.ticked(before, step.number, act.tasks & frozenset(range(1, count + 1)))
        case Press.DONE:
            return plan.done(before, step.number, count, week)
        case Press.EASY:
            return plan.too_easy(before, step.number, count, week)
        case Press.OPEN:
            return plan.reopened(before, step.number)
        case _:
            return plan.snoozed(before, week)


def _step(seen: Planned, number: int) -> PlanWeek:
    step = seen.specialization.plan_week(number)
    if step is None:
        raise Refused(f"The plan has no week {number}.")
    return step


def _store(tx: Transaction, seen: Planned, after: Progress, now: datetime) -> None:
    reader, before = seen.reader, seen.progress
    marks = [(week, WHOLE_WEEK, mark.value) for week, mark in after.weeks.items()]
    marks += [(week, task, Mark.DONE.value) for week, task in after.tasks]
    plan_marks.replace(tx, reader.id, seen.specialization.slug, marks, now)
    if (after.started_on, after.snoozes) != (before.started_on, before.snoozes):
        readers.set_plan(tx, reader.id, after.started_on, after.snoozes, now)


def _set_focus(tx: Transaction, seen: Planned, area: str, now: datetime) -> None:
    if area and area not in {each.slug for each in seen.areas}:
        raise Refused("There is no such area. Choose one of the list.")
    if area != seen.reader.preferences.focus:
        wanted = replace(seen.reader.preferences, focus=area)
        reader = seen.reader
        readers.set_preferences(tx, reader.id, wanted, reader.timezone, reader.paused_until, now)
