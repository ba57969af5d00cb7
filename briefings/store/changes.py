"""Keeps the sequence of changed readers that senders follow (P4); it never says what changed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.store.instance import next_number
from briefings.store.instants import Instant, instant, stored
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from collections.abc import Collection

    from briefings.store.database import Transaction


class Change(Table, table=True):
    """One change of a reader, in the order in which the changes became visible."""

    __tablename__ = "changes"

    seq: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    reader_id: int = Field(sa_type=BigId)
    at: datetime = Field(sa_type=Instant)


def append_change(tx: Transaction, reader_id: int, now: datetime) -> None:
    """Tell those who are sending that a reader changed; numbers become visible in their order."""
    tx.execute(
        "INSERT INTO changes (seq, reader_id, at) VALUES (:seq, :reader_id, :now)",
        seq=next_number(tx, "changes"),
        reader_id=reader_id,
        now=stored(now),
    )


def changes_since(tx: Transaction, seq: int) -> tuple[int, list[int]]:
    """Give the newest change's number and the readers who changed after `seq`, in order."""
    rows = tx.fetch("SELECT seq, reader_id FROM changes WHERE seq > ? ORDER BY seq", (seq,))
    return (int(rows[-1][0]) if rows else seq), [int(row[1]) for row in rows]


def last_change(tx: Transaction) -> int:
    """Give the newest change's number, 0 before the first."""
    row = tx.one("SELECT COALESCE(MAX(seq), 0) FROM changes")
    return int(row[0]) if row else 0


def instants_of(tx: Transaction, reader_ids: Collection[int]) -> dict[int, frozenset[datetime]]:
    """Give when (UTC) each of these readers changed; reads all changes, so ask once for many."""
    wanted, found = set(reader_ids), dict[int, set[datetime]]()
    for reader_id, at in tx.fetch("SELECT reader_id, at FROM changes", ()):
        if reader_id in wanted:
            found.setdefault(reader_id, set()).add(instant(at))
    return {reader_id: frozenset(moments) for reader_id, moments in found.items()}
