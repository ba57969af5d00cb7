"""Keeps the answers of readers who said that we may; it never scores them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.store.instants import Instant, instant, stored
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefings.store.database import Transaction


class KeptAssessmentRow(Table, table=True):
    """The answers of a reader to the questions of one role, as JSON."""

    __tablename__ = "kept_assessment"
    __table_args__ = ({"sqlite_with_rowid": False},)

    reader_id: int = Field(primary_key=True, sa_type=BigId)
    role: str = Field(primary_key=True)
    answers: str
    exposure: int | None = None
    at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A kept assessment; `exposure` is what it came to then, 0 to 100."""

    role: str
    answers: Mapping[str, str]
    exposure: int | None
    at: datetime


def put(tx: Transaction, reader_id: int, kept: Kept) -> None:
    """Keep answers in place of earlier ones to the same role's questions."""
    tx.execute(
        "INSERT INTO kept_assessment (reader_id, role, answers, exposure, at) "
        "VALUES (:id, :role, :answers, :exposure, :at) ON CONFLICT (reader_id, role) DO UPDATE "
        "SET answers = excluded.answers, exposure = excluded.exposure, at = excluded.at",
        id=reader_id,
        role=kept.role,
        answers=json.dumps(dict(kept.answers), ensure_ascii=False),
        exposure=kept.exposure,
        at=stored(kept.at),
    )


def of_reader(tx: Transaction, reader_id: int) -> tuple[Kept, ...]:
    """Give what is kept of a reader, by role."""
    rows = tx.fetch(
        "SELECT role, answers, exposure, at FROM kept_assessment WHERE reader_id = ? ORDER BY role",
        (reader_id,),
    )
    return tuple(
        Kept(role=row[0], answers=json.loads(row[1]), exposure=row[2], at=instant(row[3]))
        for row in rows
    )


def erase(tx: Transaction, reader_id: int) -> int:
    """Delete all answers of a reader; give how many."""
    return tx.execute("DELETE FROM kept_assessment WHERE reader_id = :id", id=reader_id)
