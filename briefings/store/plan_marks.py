"""Keeps what readers marked in their plans; it never says what a mark does to the calendar."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.store.instants import Instant, stored
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefings.store.database import Transaction

WHOLE_WEEK = 0
Marks = tuple[tuple[int, int, str], ...]
"""Marks as (week, number of the task from 1 or 0 for the whole week, mark), in that order."""


class PlanMarkRow(Table, table=True):
    """A step of a plan, or one task of it, that a reader is done with."""

    __tablename__ = "plan_mark"
    __table_args__ = ({"sqlite_with_rowid": False},)

    reader_id: int = Field(primary_key=True, sa_type=BigId)
    specialization: str = Field(primary_key=True)
    week: int = Field(primary_key=True)
    task: int = Field(primary_key=True)
    mark: str
    at: datetime = Field(sa_type=Instant)


def of_plan(tx: Transaction, reader_id: int, specialization: str) -> Marks:
    """Give a reader's marks in one plan."""
    rows = tx.fetch(
        "SELECT week, task, mark FROM plan_mark WHERE reader_id = ? AND specialization = ? "
        "ORDER BY week, task",
        (reader_id, specialization),
    )
    return tuple((int(row[0]), int(row[1]), str(row[2])) for row in rows)


def of_reader(tx: Transaction, reader_id: int) -> dict[str, Marks]:
    """Give all marks of a reader by plan."""
    rows = tx.fetch(
        "SELECT DISTINCT specialization FROM plan_mark WHERE reader_id = ? ORDER BY specialization",
        (reader_id,),
    )
    return {str(row[0]): of_plan(tx, reader_id, str(row[0])) for row in rows}


def replace(
    tx: Transaction,
    reader_id: int,
    specialization: str,
    marks: Iterable[tuple[int, int, str]],
    now: datetime,
) -> None:
    """Make the marks in one plan equal to these; what was marked before keeps its instant."""
    before = {(week, task): mark for week, task, mark in of_plan(tx, reader_id, specialization)}
    after = {(week, task): mark for week, task, mark in marks}
    tx.many(
        "DELETE FROM plan_mark WHERE reader_id = ? AND specialization = ? AND week = ? "
        "AND task = ?",
        [(reader_id, specialization, *key) for key in before if after.get(key) != before[key]],
    )
    tx.many(
        "INSERT INTO plan_mark (reader_id, specialization, week, task, mark, at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [
            (reader_id, specialization, *key, mark, stored(now))
            for key, mark in after.items()
            if before.get(key) != mark
        ],
    )


def erase(tx: Transaction, reader_id: int) -> int:
    """Delete all marks of a reader; give how many."""
    return tx.execute("DELETE FROM plan_mark WHERE reader_id = :id", id=reader_id)
