"""Keeps one row per (issue, reader): freezes it, counts it, shows it; it never sends.

Claims and their ends stand in `claims.py`, received items in `received.py`; both are found here.
Open states are always the literal `OPEN`: only that text makes SQLite use the partial index.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field, Index, text

from briefings.model.delivery import SkipReason, State
from briefings.store import issues
from briefings.store.claims import (
    ClaimGroup,
    claim,
    claimed_by_others,
    give_back,
    reassign,
    revive,
    settle,
)
from briefings.store.instants import Instant, instant, instant_or_none, stored
from briefings.store.received import (
    drop_received,
    fill_received,
    held_elsewhere,
    prune_received,
    received,
)
from briefings.store.tables import OPEN, BigId, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefings.store.database import Row, Transaction

__all__ = [
    "ClaimGroup",
    "claim",
    "claimed_by_others",
    "fill_received",
    "give_back",
    "held_elsewhere",
    "prune_received",
    "reassign",
    "received",
    "revive",
    "settle",
]

_FREEZE = (
    "INSERT INTO delivery (issue_id, reader_id, state, reason, due_at, next_at, briefing_id, "
    "once_a_week, preferences_version, fence, attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0) "
    "ON CONFLICT (issue_id, reader_id) DO NOTHING"
)
# One step into the partial index for each open state: with `state = 'pending'` SQLite would read
# every open row, because it prefers the IN; the comparison, and the order, keep it from that.
NEXT_DUE = (
    "SELECT (SELECT next_at FROM delivery WHERE issue_id = ? "  # noqa: S608 - our own text
    f"AND {OPEN} AND state >= 'pending' ORDER BY state, next_at LIMIT 1), "
    "(SELECT next_at FROM delivery WHERE issue_id = ? "
    f"AND {OPEN} AND state <= 'deferred' ORDER BY state, next_at LIMIT 1)"
)
_ROW = (
    "SELECT delivery.id, delivery.issue_id, issue.name, delivery.reader_id, reader.email, "
    "delivery.state, delivery.reason, delivery.code, delivery.attempts, delivery.first_attempt_at, "
    "delivery.due_at, delivery.next_at, delivery.briefing_id, delivery.preferences_version, "
    "delivery.owner, delivery.fence, delivery.settled_at "
    "FROM delivery JOIN issue ON issue.id = delivery.issue_id "
    "LEFT JOIN reader ON reader.id = delivery.reader_id "
)


class DeliveryTable(Table, table=True):
    """One delivery. `due_at` is frozen; `next_at` is when it may be tried next.

    `once_a_week` is the week of an unskipped regular or late row, and empty in all others: a reader
    has one such row a week (R4).
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Index("uq_delivery_issue_id_reader_id", "issue_id", "reader_id", unique=True),
        Index(
            "ix_delivery_open",
            "issue_id",
            "state",
            "next_at",
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index(
            "ix_delivery_claimed",
            "fence",
            sqlite_where=text("state = 'claimed'"),
            postgresql_where=text("state = 'claimed'"),
        ),
        Index(
            "uq_delivery_once_a_week",
            "once_a_week",
            "reader_id",
            unique=True,
            sqlite_where=text("once_a_week IS NOT NULL"),
            postgresql_where=text("once_a_week IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    issue_id: int = Field(sa_type=BigId, foreign_key="issue.id")
    reader_id: int = Field(sa_type=BigId)
    state: str
    reason: str | None = None
    code: int | None = None
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    next_at: datetime | None = Field(default=None, sa_type=Instant)
    briefing_id: int | None = Field(default=None, sa_type=BigId)
    once_a_week: str | None = None
    preferences_version: int
    owner: str | None = None
    fence: int = Field(default=0, sa_type=BigId)
    attempts: int = 0
    first_attempt_at: datetime | None = Field(default=None, sa_type=Instant)
    settled_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeRow:
    """A row about to be frozen: pending with a briefing and due_at, or skipped with a reason."""

    issue_id: int
    reader_id: int
    state: State
    reason: str | None
    due_at: datetime | None
    briefing_id: int | None
    preferences_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A delivery as people see it; `email` is empty for an erased reader. Times are UTC."""

    id: int
    issue_id: int
    issue: str
    reader_id: int
    email: str
    state: State
    reason: str | None
    code: int | None
    attempts: int
    first_attempt_at: datetime | None
    due_at: datetime | None
    next_at: datetime | None
    briefing_id: int | None
    preferences_version: int
    owner: str | None
    fence: int
    settled_at: datetime | None


def freeze_batch(tx: Transaction, rows: Sequence[FreezeRow]) -> int:
    """Store deliveries that are not stored yet; give how many were new. Safe to repeat (R7).

    Raises Conflict for a reader who has an unskipped regular or late row of the week (R4).
    """
    weeks = {issue_id: issues.week_of_mail(tx, issue_id) for issue_id in {r.issue_id for r in rows}}
    return tx.many(
        _FREEZE,
        [
            (
                row.issue_id,
                row.reader_id,
                row.state.value,
                row.reason,
                due := stored(row.due_at),
                due,
                row.briefing_id,
                None if row.state is State.SKIPPED else weeks[row.issue_id],
                row.preferences_version,
            )
            for row in rows
        ],
    )


def last_frozen_reader(tx: Transaction, issue_id: int) -> int:
    """Give the highest reader id that has a row in an issue, 0 without any: where to resume."""
    row = tx.one("SELECT MAX(reader_id) FROM delivery WHERE issue_id = :id", id=issue_id)
    return int(row[0]) if row and row[0] is not None else 0


def cancel_batch(tx: Transaction, issue_id: int, limit: int = 1_000) -> int:
    """End up to `limit` open rows as skipped(cancelled); 0 when none is left."""
    rows = tx.fetch(
        f"UPDATE delivery SET state = 'skipped', reason = ?, once_a_week = NULL "  # noqa: S608 - our own text
        f"WHERE id IN (SELECT id FROM delivery WHERE issue_id = ? AND {OPEN} LIMIT ?) "
        f"AND {OPEN} RETURNING id",
        (SkipReason.CANCELLED.value, issue_id, limit),
    )
    drop_received(tx, [int(row[0]) for row in rows])
    return len(rows)


def resolve_unsure(tx: Transaction, issue_id: int, to: State) -> int:
    """Send the unsure rows of an issue again (PENDING) or take them as ACCEPTED; give how many."""
    if to not in {State.PENDING, State.ACCEPTED}:
        raise ValueError(f"unsure rows become pending or accepted, not {to}")
    return tx.run(
        "UPDATE delivery SET state = ? WHERE issue_id = ? AND state = 'unsure'",
        (to.value, issue_id),
    )


def states(tx: Transaction, issue_id: int) -> dict[State, int]:
    """Count the rows of an issue by state; states without rows are left out."""
    rows = tx.rows(
        "SELECT state, COUNT(*) FROM delivery WHERE issue_id = :id GROUP BY state", id=issue_id
    )
    return {State(row[0]): int(row[1]) for row in rows}


def mailed_count(tx: Transaction, issue_id: int) -> int:
    """Count the mails of an issue that were accepted or are unsure.

    A third of the time of `states`, which sorts the rows.
    """
    row = tx.one(
        "SELECT COUNT(*) FROM delivery WHERE issue_id = :id AND state IN ('accepted', 'unsure')",
        id=issue_id,
    )
    return int(row[0]) if row else 0


def open_count(tx: Transaction, issue_id: int) -> int:
    """Count the rows of an issue that wait to be sent, out of their index alone."""
    row = tx.one(
        f"SELECT COUNT(*) FROM delivery WHERE issue_id = :id AND {OPEN}",  # noqa: S608 - our own text
        id=issue_id,
    )
    return int(row[0]) if row else 0


CLAIMED = (
    "SELECT COUNT(*) FROM delivery WHERE state = 'claimed' AND fence > 0 AND issue_id + 0 = :id"
)
"""With `issue_id` alone SQLite would walk along all rows of the issue."""


def work_left(tx: Transaction, issue_id: int) -> int:
    """Count the rows of an issue that wait or are with a sender: out of two small indexes.

    A finished issue costs nothing, whatever its audience.
    """
    row = tx.one(CLAIMED, id=issue_id)
    return open_count(tx, issue_id) + (int(row[0]) if row else 0)


def reasons(tx: Transaction, issue_id: int) -> dict[tuple[State, str], int]:
    """Count the rows of an issue that carry a reason, by state and reason."""
    rows = tx.rows(
        "SELECT state, reason, COUNT(*) FROM delivery "
        "WHERE issue_id = :id AND reason IS NOT NULL GROUP BY state, reason",
        id=issue_id,
    )
    return {(State(row[0]), str(row[1])): int(row[2]) for row in rows}


def next_due(tx: Transaction, issue_id: int) -> datetime | None:
    """Give the instant at which the next open row may be tried, or None without open rows."""
    (soonest,) = tx.fetch(NEXT_DUE, (issue_id, issue_id))
    found = [int(next_at) for next_at in soonest if next_at is not None]
    return instant(min(found)) if found else None


def rows(
    tx: Transaction, issue_id: int, state: State | None, after_id: int = 0, limit: int = 1_000
) -> list[DeliveryRow]:
    """Give the next rows of an issue in the order of their readers, in one state or in all.

    `after_id` is the id of the last row of the page before.
    """
    wanted = "" if state is None else " AND delivery.state = ?"
    values = (issue_id, after_id) if state is None else (issue_id, after_id, state.value)
    found = tx.fetch(
        f"{_ROW} WHERE delivery.issue_id = ? AND delivery.reader_id > "  # noqa: S608 - our own text
        f"COALESCE((SELECT reader_id FROM delivery WHERE id = ?), 0){wanted} "
        "ORDER BY delivery.reader_id LIMIT ?",
        (*values, limit),
    )
    return [_row(row) for row in found]


def get(tx: Transaction, delivery_id: int) -> DeliveryRow | None:
    """Give a delivery by number, or None."""
    found = tx.fetch(f"{_ROW} WHERE delivery.id = ?", (delivery_id,))
    return _row(found[0]) if found else None


def of_reader(tx: Transaction, reader_id: int, limit: int = 50) -> list[DeliveryRow]:
    """Give what a reader got or did not get, newest issue first."""
    found = tx.fetch(
        f"{_ROW} WHERE delivery.reader_id = ? AND delivery.issue_id IN (SELECT id FROM issue) "  # noqa: S608 - our own text
        "ORDER BY delivery.issue_id DESC LIMIT ?",
        (reader_id, limit),
    )
    return [_row(row) for row in found]


def forget_replies(tx: Transaction, reader_id: int) -> int:
    """Drop what mail servers said about a reader who is being erased; it may hold the address."""
    return tx.run(
        "UPDATE delivery SET reason = NULL WHERE issue_id IN (SELECT id FROM issue) "
        "AND reader_id = ? AND state <> 'skipped'",
        (reader_id,),
    )


def got_week(
    tx: Transaction, week: str, reader_from: int, reader_to: int, *, but_issue: int = 0
) -> frozenset[int]:
    """Give the readers of a range, ends included, with an unskipped regular or late row (R4).

    Rows of the issue `but_issue` do not count: a late issue asks about the others.
    """
    found = tx.fetch(
        "SELECT reader_id FROM delivery "
        "WHERE once_a_week = ? AND reader_id BETWEEN ? AND ? AND issue_id <> ?",
        (week, reader_from, reader_to, but_issue),
    )
    return frozenset(int(row[0]) for row in found)


def _row(row: Row) -> DeliveryRow:
    return DeliveryRow(
        id=row[0],
        issue_id=row[1],
        issue=row[2],
        reader_id=row[3],
        email=row[4] or "",
        state=State(row[5]),
        reason=row[6],
        code=row[7],
        attempts=row[8],
        first_attempt_at=instant_or_none(row[9]),
        due_at=instant_or_none(row[10]),
        next_at=instant_or_none(row[11]),
        briefing_id=row[12],
        preferences_version=row[13],
        owner=row[14],
        fence=row[15],
        settled_at=instant_or_none(row[16]),
    )
