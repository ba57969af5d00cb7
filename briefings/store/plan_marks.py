"""Keeps what readers marked in their plans; it never says what a mark does to the calendar."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.store.instants import Instant, stored, stored_day
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefings.store.database import Transaction

WHOLE_WEEK = 0
_LONG = 2_000
"""Weeks that are added before a division and taken off again: it rounds towards zero."""
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


def reached(tx: Transaction, mail_monday: date, after: int, limit: int) -> list[int]:
    """Give readers, by number above one, who are done with a step that a Monday's mail may bring.

    The step is that of `weeks.plan_week`, in SQL so that a million marks stay there. The mark may
    belong to the plan of another specialization than the one that leads the reader's mail.
    """
    days = (
        "CAST(julianday(?) - julianday(reader.plan_started_on) AS INTEGER)"
        if tx.is_sqlite
        else "(CAST(? AS DATE) - CAST(reader.plan_started_on AS DATE))"
    )
    rows = tx.fetch(
        "SELECT DISTINCT plan_mark.reader_id FROM plan_mark "  # noqa: S608 - our own text
        "JOIN reader ON reader.id = plan_mark.reader_id "
        "WHERE plan_mark.reader_id > ? AND plan_mark.task = 0 AND reader.left_at IS NULL "
        "AND reader.plan_started_on IS NOT NULL "
        f"AND plan_mark.week = ({days} + 6 + {7 * _LONG}) / 7 - {_LONG} + 1 - reader.plan_snoozes "
        "ORDER BY plan_mark.reader_id LIMIT ?",
        (after, stored_day(mail_monday), limit),
    )
    return [int(row[0]) for row in rows]


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
