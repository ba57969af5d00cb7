"""Keeps imports apart from the rest until one flag shows them; it never reads a file.

Rows of an import carry its id. As long as `shown_at` is empty nobody sees them, and they can be
deleted in batches, so an import needs no long transaction and a killed one leaves no half.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field, Index, text

from briefings.store.codec import dump_list, nfc
from briefings.store.instants import Instant, stored
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefings.store.database import Transaction

NOT_IMPORTED = 0
"""Import id of rows that a person wrote."""
SHOWN = "NOT IN (SELECT id FROM import_batch WHERE shown_at IS NULL)"
"""SQL condition on an `import_id`: written by a person, or by an import that is shown."""

_STAGED = ("reader", "item", "metric", "pay")


class ImportBatch(Table, table=True):
    """One import of a file. `readers_after` is the highest reader id before it began."""

    __tablename__ = "import_batch"
    __table_args__ = (
        Index(
            "ix_import_batch_unfinished",
            "id",
            sqlite_where=text("shown_at IS NULL"),
            postgresql_where=text("shown_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    kind: str
    filename: str
    began_at: datetime = Field(sa_type=Instant)
    shown_at: datetime | None = Field(default=None, sa_type=Instant)
    readers_after: int = Field(sa_type=BigId)
    counts: str = ""


def begin(tx: Transaction, kind: str, filename: str, *, now: datetime) -> int:
    """Open an import and give its id; nothing that carries the id is visible before `show`."""
    (row,) = tx.rows(
        "INSERT INTO import_batch (kind, filename, began_at, readers_after, counts) "
        "SELECT :kind, :filename, :now, COALESCE(MAX(id), 0), '' FROM reader RETURNING id",
        kind=kind,
        filename=nfc(filename),
        now=stored(now),
    )
    return int(row[0])


def show(tx: Transaction, import_id: int, counts: Mapping[str, int], *, now: datetime) -> None:
    """Make everything that carries the id visible at once, and keep what was counted."""
    tx.execute(
        "UPDATE import_batch SET shown_at = :now, counts = :counts "
        "WHERE id = :id AND shown_at IS NULL",
        now=stored(now),
        counts=dump_list([[name, count] for name, count in counts.items()]),
        id=import_id,
    )


def unfinished(tx: Transaction) -> list[int]:
    """Give the ids of imports that began and were never shown, oldest first."""
    rows = tx.rows("SELECT id FROM import_batch WHERE shown_at IS NULL ORDER BY id")
    return [int(row[0]) for row in rows]


def abandon_batch(tx: Transaction, import_id: int, limit: int = 5_000) -> int:
    """Delete up to `limit` staged rows of an import that is not shown; give how many went.

    0 means that nothing is left, the import itself included. Readers of a batch of 5,000 cost
    some ten milliseconds under the lock.
    """
    row = tx.one(
        "SELECT readers_after FROM import_batch WHERE id = :id AND shown_at IS NULL", id=import_id
    )
    if row is None:
        return 0
    gone = tx.execute(
        "DELETE FROM reader WHERE id IN (SELECT id FROM reader "
        "WHERE id > :after AND import_id = :id ORDER BY id LIMIT :limit)",
        after=row[0],
        id=import_id,
        limit=limit,
    )
    if gone:
        return gone
    gone = tx.execute(
        "DELETE FROM item_revision WHERE item_id IN (SELECT id FROM item WHERE import_id = :id)",
        id=import_id,
    )
    for table in _STAGED[1:]:
        gone += tx.execute(f"DELETE FROM {table} WHERE import_id = :id", id=import_id)  # noqa: S608 - our own names
    return gone + tx.execute("DELETE FROM import_batch WHERE id = :id", id=import_id)


def abandon(tx: Transaction, import_id: int) -> None:
    """Delete everything that an import staged, in this transaction: for small imports."""
    while abandon_batch(tx, import_id):
        pass
