"""Move plans ahead over steps that their readers did before the calendar came there; sends nothing.

It runs before a week's readers are frozen, so that no mail brings a step that is done (R8). What
it moves is what a press of "done" would have moved, had it been made in the week before.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from briefings.model.catalogue import Catalogue, Specialization
from briefings.model.reader import Reader
from briefings.pipeline.chain import Chain
from briefings.pipeline.pace import Pace
from briefings.pipeline.prepare import load_catalogue
from briefings.readers import plan
from briefings.readers.plan import Mark, Progress
from briefings.store import plan_marks, readers
from briefings.store.database import Transaction
from briefings.store.plan_marks import WHOLE_WEEK
from briefings.weeks import Week

BATCH = 5_000
"""Readers that are looked up in one unit of reading."""
AT_ONCE = 500
"""Readers whose plans are moved in one unit of writing, at most."""


def move_ahead(chain: Chain, week: Week) -> int:
    """Move every plan whose mail of a week would bring a step that is done; give how many.

    Safe to repeat: a plan that was moved brings an open step, or its closing.

    Raises:
        Temporary: the database is locked; what was moved stays moved.
    """
    with chain.db.read() as tx:
        reached = plan_marks.reached(tx, week.mail_monday, 0, BATCH)
        catalogue = load_catalogue(tx) if reached else None
    moved, pace = 0, Pace(chain, AT_ONCE)
    while reached and catalogue is not None:
        last = reached[-1]
        while reached:
            part, reached = reached[: pace.size], reached[pace.size :]
            with pace.unit() as tx:
                moved += sum(
                    _move(tx, reader, catalogue, week, chain.clock())
                    for reader in readers.among(tx, part).values()
                )
        with chain.db.read() as tx:
            reached = plan_marks.reached(tx, week.mail_monday, last, BATCH)
    return moved


def as_mailed(tx: Transaction, reader: Reader, catalogue: Catalogue, week: Week) -> Reader:
    """A reader as the freeze of a week will find them, if it has not been yet."""
    if reader.plan_started_on is None or reader.left_at is not None:
        return reader
    own = primary_of(reader, catalogue)
    if not own.plan:
        return reader
    progress = stored_progress(tx, reader, own.slug)
    return replace(reader, plan_snoozes=plan.followed(progress, week.previous()).snoozes)


def stored_progress(tx: Transaction, reader: Reader, specialization: str) -> Progress:
    """A reader's progress in one plan, out of the store."""
    marks = plan_marks.of_plan(tx, reader.id, specialization)
    return Progress(
        started_on=reader.plan_started_on,
        snoozes=reader.plan_snoozes,
        weeks={week: Mark(mark) for week, task, mark in marks if task == WHOLE_WEEK},
        tasks=frozenset((week, task) for week, task, _ in marks if task != WHOLE_WEEK),
    )


def primary_of(reader: Reader, catalogue: Catalogue) -> Specialization:
    """The specialization that leads a reader's mail; NotFound when the catalogue carries none."""
    mine = reader.preferences.specializations
    known = [slug for slug in mine if catalogue.has_specialization(slug)]
    return catalogue.specialization(next(iter(known or mine), ""))


def _move(tx: Transaction, reader: Reader, catalogue: Catalogue, week: Week, now: datetime) -> bool:
    there = as_mailed(tx, reader, catalogue, week)
    if there == reader:
        return False
    readers.set_plan(tx, reader.id, there.plan_started_on, there.plan_snoozes, now)
    return True
