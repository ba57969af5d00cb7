"""Keeps corrections and who got which: each (item, revision, reader) once (R12); words no mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.store.tables import OPEN, BigId, Table, parts, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefings.store.database import Row, Transaction

_HAD_IT = (
    "FROM received JOIN delivery ON delivery.id = received.delivery_id "
    "WHERE received.item_id = ? AND received.reader_id > ? "
    "AND delivery.state IN ('accepted', 'unsure') "
    "AND NOT EXISTS (SELECT 1 FROM corrected WHERE corrected.item_id = received.item_id "
    "AND corrected.item_revision = ? AND corrected.reader_id = received.reader_id "
    "AND corrected.issue_id <> ?)"
)


class CorrectionRow(Table, table=True):
    """What a correction issue says: the item as it went, the revision that is right, a note."""

    __tablename__ = "correction"

    issue_id: int = Field(
        primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False}
    )
    item_id: int = Field(sa_type=BigId)
    item_revision: int
    headline: str
    note: str


class Corrected(Table, table=True):
    """A reader gets, or got, the correction that belongs to a revision of an item."""

    __tablename__ = "corrected"
    __table_args__ = ({"sqlite_with_rowid": False},)

    item_id: int = Field(primary_key=True, sa_type=BigId)
    item_revision: int = Field(primary_key=True)
    reader_id: int = Field(primary_key=True, sa_type=BigId)
    issue_id: int = Field(sa_type=BigId)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a correction says; `headline` is the item's as readers got it."""

    issue_id: int
    item_id: int
    item_revision: int
    headline: str
    note: str


def add(tx: Transaction, correction: Correction) -> None:
    """Store what a correction issue says."""
    tx.execute(
        "INSERT INTO correction (issue_id, item_id, item_revision, headline, note) "
        "VALUES (:issue_id, :item_id, :revision, :headline, :note)",
        issue_id=correction.issue_id,
        item_id=correction.item_id,
        revision=correction.item_revision,
        headline=correction.headline,
        note=correction.note,
    )


def of_issue(tx: Transaction, issue_id: int) -> Correction | None:
    """Give what a correction issue says, or None for another kind of issue."""
    row = tx.one(
        "SELECT issue_id, item_id, item_revision, headline, note FROM correction "
        "WHERE issue_id = :id",
        id=issue_id,
    )
    return None if row is None else _correction(row)


def of_items(tx: Transaction, item_ids: Sequence[int]) -> list[Correction]:
    """Give every correction of these items, oldest first."""
    found: list[Correction] = []
    for part in parts(item_ids):
        rows = tx.fetch(
            "SELECT issue_id, item_id, item_revision, headline, note FROM correction "  # noqa: S608 - only places
            f"WHERE item_id IN ({places(part)})",
            part,
        )
        found += (_correction(row) for row in rows)
    return sorted(found, key=lambda one: one.issue_id)


def had_it(tx: Transaction, one: Correction, after_reader: int, limit: int) -> list[int]:
    """Give the next readers by number who got the item, accepted or unsure, and no correction.

    Readers whom this very issue counts already are among them.
    """
    rows = tx.fetch(
        f"SELECT received.reader_id {_HAD_IT} ORDER BY received.reader_id LIMIT ?",
        (one.item_id, after_reader, one.item_revision, one.issue_id, limit),
    )
    return [int(row[0]) for row in rows]


def count(tx: Transaction, one: Correction) -> int:
    """Count the readers that `had_it` gives in all."""
    rows = tx.fetch(
        f"SELECT COUNT(*) {_HAD_IT}",
        (one.item_id, 0, one.item_revision, one.issue_id),
    )
    return int(rows[0][0])


def mark(tx: Transaction, one: Correction, reader_ids: Sequence[int]) -> int:
    """Say that these readers get this correction; give how many were new."""
    return tx.many(
        "INSERT INTO corrected (item_id, item_revision, reader_id, issue_id) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        [(one.item_id, one.item_revision, reader_id, one.issue_id) for reader_id in reader_ids],
    )


def in_flight(tx: Transaction, item_id: int) -> int:
    """Count the mails with an item that a process holds at this moment."""
    rows = tx.fetch(
        "SELECT COUNT(*) FROM delivery WHERE state = 'claimed' AND briefing_id IN "
        "(SELECT briefing_id FROM briefing_item WHERE item_id = ?)",
        (item_id,),
    )
    return int(rows[0][0])


def recompose(tx: Transaction, issue_id: int, item_id: int) -> int:
    """Make the open mails of an issue that carry an item be composed anew when claimed (R12)."""
    return tx.run(
        f"UPDATE delivery SET preferences_version = -1 WHERE issue_id = ? AND {OPEN} "  # noqa: S608 - our own text
        "AND briefing_id IN (SELECT briefing_id FROM briefing_item "
        "WHERE briefing_item.briefing_id = delivery.briefing_id AND item_id = ?)",
        (issue_id, item_id),
    )


def _correction(row: Row) -> Correction:
    return Correction(
        issue_id=row[0], item_id=row[1], item_revision=row[2], headline=row[3], note=row[4]
    )
