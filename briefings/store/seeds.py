"""Keeps who reads an issue first, and whether it was released to all others; it sends nothing.

Releasing is one conditional UPDATE of the issue's row: no delivery is rewritten, so it is done or
not done wherever a process is killed, and an issue of a million is released as fast as one of ten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.model.delivery import State
from briefings.store.imports import SHOWN
from briefings.store.instants import Instant, instant, instant_or_none, stored
from briefings.store.tables import OPEN, BigId, Table, parts, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefings.store.database import Transaction

# The others are untried as long as they wait. Walks their index past the few seeds before them.
OTHERS_DUE = (
    "SELECT next_at FROM delivery WHERE issue_id = ? "  # noqa: S608 - our own text
    f"AND {OPEN} AND state >= 'pending' AND id NOT IN "
    "(SELECT delivery_id FROM seed_delivery WHERE seed_delivery.issue_id = ?) "
    "ORDER BY state, next_at LIMIT 1"
)


class SeedReaderRow(Table, table=True):
    """A reader who gets issues first where an editor wants that."""

    __tablename__ = "seed_reader"

    reader_id: int = Field(
        primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False}
    )
    marked_by: str
    marked_at: datetime = Field(sa_type=Instant)


class SeedDeliveryRow(Table, table=True):
    """A delivery that leaves before all others of its issue."""

    __tablename__ = "seed_delivery"

    issue_id: int = Field(
        primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False}
    )
    delivery_id: int = Field(
        primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedReader:
    """A marked reader, and whether mails reach one now: confirmed, not left, not suppressed."""

    reader_id: int
    email: str
    specializations: tuple[str, ...]
    marked_by: str
    marked_at: datetime
    reads: bool


def mark(tx: Transaction, reader_id: int, *, by: str, now: datetime) -> bool:
    """Mark a reader; False when that was done before, by whom and when stays."""
    return (
        tx.execute(
            "INSERT INTO seed_reader (reader_id, marked_by, marked_at) "
            "VALUES (:id, :by, :now) ON CONFLICT DO NOTHING",
            id=reader_id,
            by=by,
            now=stored(now),
        )
        == 1
    )


def unmark(tx: Transaction, reader_id: int) -> bool:
    """Take the mark from a reader; False without one. What is frozen stays as it is."""
    return tx.execute("DELETE FROM seed_reader WHERE reader_id = :id", id=reader_id) == 1


def marked(tx: Transaction) -> list[SeedReader]:
    """Give all marked readers in the order of their numbers."""
    rows = tx.rows(
        "SELECT reader.id, reader.email, reader.specializations, seed_reader.marked_by, "  # noqa: S608 - our own text
        "seed_reader.marked_at, reader.confirmed_at IS NOT NULL AND reader.left_at IS NULL "
        "AND NOT reader.suppressed FROM seed_reader JOIN reader ON reader.id = "
        f"seed_reader.reader_id WHERE reader.import_id {SHOWN} ORDER BY reader.id"
    )
    return [
        SeedReader(
            reader_id=row[0],
            email=row[1],
            specializations=tuple(row[2].split(";")) if row[2] else (),
            marked_by=row[3],
            marked_at=instant(row[4]),
            reads=bool(row[5]),
        )
        for row in rows
    ]


def marked_at(tx: Transaction, reader_id: int) -> datetime | None:
    """Give since when a reader is marked, or None."""
    row = tx.one("SELECT marked_at FROM seed_reader WHERE reader_id = :id", id=reader_id)
    return None if row is None else instant(row[0])


def first_in_line(tx: Transaction, issue_id: int) -> list[tuple[int, tuple[str, ...]]]:
    """Give the marked readers' mails of an issue that wait, as (delivery, specializations).

    In the order of their readers' numbers.
    """
    rows = tx.fetch(
        "SELECT delivery.id, reader.specializations FROM seed_reader "
        "JOIN reader ON reader.id = seed_reader.reader_id "
        "JOIN delivery ON delivery.issue_id = ? AND delivery.reader_id = seed_reader.reader_id "
        "WHERE delivery.state = 'pending' ORDER BY seed_reader.reader_id",
        (issue_id,),
    )
    return [(int(row[0]), tuple(str(row[1]).split(";"))) for row in rows]


def appoint(tx: Transaction, issue_id: int, deliveries: Sequence[int], now: datetime) -> None:
    """Let these mails of an issue go first, and at once; `due_at` stays as it was planned."""
    tx.many(
        "INSERT INTO seed_delivery (issue_id, delivery_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(issue_id, number) for number in deliveries],
    )
    for part in parts(deliveries):
        tx.run(
            f"UPDATE delivery SET next_at = ? WHERE id IN ({places(part)}) AND state = 'pending'",  # noqa: S608 - only places
            (stored(now), *part),
        )


def hold(tx: Transaction, issue_id: int, release_at: datetime | None) -> None:
    """Let nothing but the seed readers' mails of an issue leave until it is released."""
    tx.execute(
        "UPDATE issue SET seeds_first = TRUE, release_at = :at WHERE id = :id",
        at=stored(release_at),
        id=issue_id,
    )


def release(tx: Transaction, issue_id: int, *, by: str, now: datetime) -> bool:
    """Let all others of an open or paused issue go at their hours; False when it does not wait."""
    return (
        tx.execute(
            "UPDATE issue SET released_at = :now, released_by = :by WHERE id = :id "
            "AND seeds_first AND released_at IS NULL AND state IN ('open', 'paused')",
            now=stored(now),
            by=by,
            id=issue_id,
        )
        == 1
    )


def forget_hour(tx: Transaction, issue_id: int) -> bool:
    """Let an issue wait for a person instead of an hour; False when it waits for none."""
    return (
        tx.execute(
            "UPDATE issue SET release_at = NULL WHERE id = :id AND release_at IS NOT NULL "
            "AND released_at IS NULL",
            id=issue_id,
        )
        == 1
    )


def states(tx: Transaction, issue_id: int) -> dict[State, int]:
    """Count the mails of an issue that go first, by state."""
    rows = tx.rows(
        "SELECT delivery.state, COUNT(*) FROM seed_delivery "
        "JOIN delivery ON delivery.id = seed_delivery.delivery_id "
        "WHERE seed_delivery.issue_id = :id GROUP BY delivery.state",
        id=issue_id,
    )
    return {State(row[0]): int(row[1]) for row in rows}


def next_due(tx: Transaction, issue_id: int) -> datetime | None:
    """Give the instant at which the next mail that goes first may be tried, or None."""
    row = tx.one(
        "SELECT MIN(delivery.next_at) FROM seed_delivery "  # noqa: S608 - our own text
        "JOIN delivery ON delivery.id = seed_delivery.delivery_id "
        f"WHERE seed_delivery.issue_id = :id AND {OPEN}",
        id=issue_id,
    )
    return None if row is None else instant_or_none(row[0])


def others_due(tx: Transaction, issue_id: int) -> datetime | None:
    """Give the instant at which the first mail that waits for the release is due, or None."""
    found = tx.fetch(OTHERS_DUE, (issue_id, issue_id))
    return instant(found[0][0]) if found else None
