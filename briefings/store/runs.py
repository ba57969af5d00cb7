"""Keeps what was decided about a week's run: moved, held, skipped; never whether it was made.

That a run was made is the existence of its regular issue, which is unique (P5).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.store.instants import Day, Instant, day, instant, stored, stored_day
from briefings.store.tables import Table

if TYPE_CHECKING:
    from briefings.store.database import Row, Transaction

POLICY = "the late policy"
RESTORE = "the restore"
"""Who decided, where no person did."""
MACHINES = (POLICY, RESTORE)
AFTER_RESTORE = "the database was restored, and this week may have gone out before"

_COLUMNS = "week, decision, reason, decided_by, moved_to, at"


class Decision(StrEnum):
    """What was decided about a run; without one the tick makes it when its time comes."""

    SKIP = "skip"
    HOLD = "hold"


class RunRow(Table, table=True):
    """A week about which something was decided. `moved_to` is the day its mail leaves instead."""

    __tablename__ = "run"

    week: str = Field(primary_key=True)
    decision: str | None = None
    reason: str = ""
    decided_by: str = ""
    moved_to: date | None = Field(default=None, sa_type=Day)
    at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What was decided about a week, by whom and when."""

    week: str
    decision: Decision | None
    reason: str
    decided_by: str
    moved_to: date | None
    at: datetime


def of_week(tx: Transaction, week: str) -> Run | None:
    """Give what was decided about a week, or None."""
    row = tx.one(f"SELECT {_COLUMNS} FROM run WHERE week = :week", week=week)  # noqa: S608 - our own text
    return None if row is None else _run(row)


def since(tx: Transaction, week: str) -> dict[str, Run]:
    """Give what was decided about a week and later ones, by week."""
    rows = tx.rows(f"SELECT {_COLUMNS} FROM run WHERE week >= :week ORDER BY week", week=week)  # noqa: S608 - our own text
    return {row[0]: _run(row) for row in rows}


def decide(
    tx: Transaction, week: str, decision: Decision | None, *, reason: str, by: str, now: datetime
) -> None:
    """Decide about a week, in place of an older decision; where it was moved to stays."""
    tx.execute(
        "INSERT INTO run (week, decision, reason, decided_by, at) "
        "VALUES (:week, :decision, :reason, :by, :now) ON CONFLICT (week) DO UPDATE SET "
        "decision = excluded.decision, reason = excluded.reason, "
        "decided_by = excluded.decided_by, at = excluded.at",
        week=week,
        decision=None if decision is None else decision.value,
        reason=reason,
        by=by,
        now=stored(now),
    )


def move(tx: Transaction, week: str, to: date | None, *, by: str, now: datetime) -> None:
    """Move the mail of a week to a day, or back to its own with None; a decision stays."""
    tx.execute(
        "INSERT INTO run (week, reason, decided_by, moved_to, at) "
        "VALUES (:week, '', :by, :day, :now) ON CONFLICT (week) DO UPDATE SET "
        "moved_to = excluded.moved_to, at = excluded.at",
        week=week,
        by=by,
        day=stored_day(to),
        now=stored(now),
    )


def _run(row: Row) -> Run:
    return Run(
        week=row[0],
        decision=None if row[1] is None else Decision(row[1]),
        reason=row[2],
        decided_by=row[3],
        moved_to=day(row[4]),
        at=instant(row[5]),
    )
