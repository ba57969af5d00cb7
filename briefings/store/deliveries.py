"""Keeps one row per (issue, reader) and moves it from state to state; it never sends.

Claim and settle are the two hot statements: SQL text on the driver's cursor, one statement each
(docs/decisions/0003-hot-statements.md). Open states are always the literal in `_OPEN`: only that
text makes SQLite use the partial index. A row is written under the fence of the process that
claimed it, so a process that was given up for dead writes nothing (P5).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlmodel import Field, Index, text

from briefings.model.delivery import Claimed, SkipReason, State
from briefings.store.instants import Instant, instant, instant_or_none, stored
from briefings.store.received import (
    drop_received,
    fill_received,
    forget,
    held_elsewhere,
    prune_received,
    received,
    restore_received,
)
from briefings.store.tables import BigId, Table, parts, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefings.model.delivery import Settled
    from briefings.store.database import Row, Transaction, Value

__all__ = ["fill_received", "held_elsewhere", "prune_received", "received"]

_OPEN = "state IN ('pending', 'deferred')"
_WITHOUT_ITEMS = {State.SKIPPED, State.REJECTED, State.EXPIRED}
_NO_ATTEMPT = {State.PENDING, State.SKIPPED}

_FREEZE = (
    "INSERT INTO delivery (issue_id, reader_id, state, reason, due_at, next_at, briefing_id, "
    "preferences_version, fence, attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0) "
    "ON CONFLICT (issue_id, reader_id) DO NOTHING"
)
_CLAIM = (
    "UPDATE delivery SET state = 'claimed', owner = ?, fence = ? "  # noqa: S608 - our own text
    "WHERE id IN (SELECT id FROM delivery "
    "WHERE issue_id = (SELECT id FROM issue WHERE id = ? AND state = 'open') "
    f"AND {_OPEN} AND {{due}} LIMIT ?{{skip_locked}}) AND {_OPEN} "
    "RETURNING id, issue_id, reader_id, briefing_id, attempts, first_attempt_at, due_at, "
    "preferences_version, "
    "(SELECT email FROM reader WHERE reader.id = delivery.reader_id), "
    "(SELECT name FROM reader WHERE reader.id = delivery.reader_id), "
    "(SELECT preferences_version FROM reader WHERE reader.id = delivery.reader_id)"
)
_DUE = "next_at <= ?"
_DUE_OR_UNTRIED = "(next_at <= ? OR state = 'pending')"
# SQLite and PostgreSQL both name the columns of VALUES column1, column2 and so on. It does not
# begin with WITH, because Python's sqlite3 counts rows only of what begins with UPDATE.
_SETTLE = (
    "UPDATE delivery SET state = result.column2, reason = result.column3, "
    "code = CAST(result.column4 AS INTEGER), "
    "next_at = COALESCE(CAST(result.column5 AS BIGINT), delivery.next_at), "
    "owner = NULL, attempts = delivery.attempts + result.column6, "
    "first_attempt_at = CASE WHEN result.column6 = 1 "
    "THEN COALESCE(delivery.first_attempt_at, ?) ELSE delivery.first_attempt_at END, "
    "settled_at = ? FROM (VALUES {values}) AS result "
    "WHERE delivery.id = result.column1 AND delivery.state = 'claimed' AND delivery.fence = ?"
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
    """One delivery. `due_at` is frozen; `next_at` is when it may be tried next."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("uq_delivery_issue_id_reader_id", "issue_id", "reader_id", unique=True),
        Index(
            "ix_delivery_open",
            "issue_id",
            "state",
            "next_at",
            sqlite_where=text(_OPEN),
            postgresql_where=text(_OPEN),
        ),
        Index(
            "ix_delivery_claimed",
            "fence",
            sqlite_where=text("state = 'claimed'"),
            postgresql_where=text("state = 'claimed'"),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimGroup:
    """Rows that one process claimed and has not settled."""

    owner: str
    fence: int
    ids: tuple[int, ...]


def freeze_batch(tx: Transaction, rows: Sequence[FreezeRow]) -> int:
    """Store deliveries that are not stored yet; give how many were new. Safe to repeat (R7)."""
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
                row.preferences_version,
            )
            for row in rows
        ],
    )


def last_frozen_reader(tx: Transaction, issue_id: int) -> int:
    """Give the highest reader id that has a row in an issue, 0 without any: where to resume."""
    row = tx.one("SELECT MAX(reader_id) FROM delivery WHERE issue_id = :id", id=issue_id)
    return int(row[0]) if row and row[0] is not None else 0


def claim(
    tx: Transaction,
    issue_id: int,
    *,
    owner: str,
    fence: int,
    now: datetime,
    limit: int = 256,
    ignore_due: bool = False,
) -> list[Claimed]:
    """Take up to `limit` deliveries of an open issue that are due, retries first.

    `ignore_due` takes untried ones before their hour as well. What is read of the reader is as of
    now: a `preferences_version` above `frozen_version` says that the list must be made anew (R7).
    Nothing comes from an issue that is not open. A row has one owner at a time.
    """
    sql = _claim_sql(ignore_due=ignore_due, skip_locked=not tx.is_sqlite)
    return [
        Claimed(
            id=row[0],
            issue_id=row[1],
            reader_id=row[2],
            briefing_id=row[3],
            attempts=row[4],
            first_attempt_at=instant_or_none(row[5]),
            due_at=instant(row[6]),
            frozen_version=row[7],
            email=row[8],
            name=row[9],
            preferences_version=row[10],
        )
        for row in tx.fetch(sql, (owner, fence, issue_id, stored(now), limit))
    ]


@lru_cache(maxsize=4)
def _claim_sql(*, ignore_due: bool, skip_locked: bool) -> str:
    return _CLAIM.format(
        due=_DUE_OR_UNTRIED if ignore_due else _DUE,
        # Two claims at once on PostgreSQL take different rows instead of waiting for each other.
        skip_locked=" FOR UPDATE SKIP LOCKED" if skip_locked else "",
    )


def settle(tx: Transaction, results: Sequence[Settled], *, fence: int, now: datetime) -> int:
    """Write the ends of attempts to the rows that are claimed under this fence; give how many.

    Back to pending and skipped do not count as attempts. What ends skipped, rejected or expired
    drops its `received` rows here and now (R5).
    """
    moment = stored(now)
    settled = 0
    for part in parts(results):
        values: list[Value] = []
        for result in part:
            values += (
                result.id,
                result.state.value,
                result.reason,
                result.code,
                stored(result.next_at),
                int(result.state not in _NO_ATTEMPT),
            )
        settled += tx.run(_settle_sql(len(part)), (moment, moment, *values, fence))
    ended = [result.id for result in results if result.state in _WITHOUT_ITEMS]
    if ended:
        drop_received(tx, ended)
    return settled


@lru_cache(maxsize=512)
def _settle_sql(rows: int) -> str:
    return _SETTLE.format(values=", ".join(["(?, ?, ?, ?, ?, ?)"] * rows))


def give_back(tx: Transaction, ids: Sequence[int], fence: int) -> int:
    """Make rows that are claimed under this fence open again, as they were; give how many.

    A row that was deferred before waits for the same instant as before.
    """
    return sum(
        tx.run(
            "UPDATE delivery SET owner = NULL, "  # noqa: S608 - only places
            "state = CASE WHEN attempts = 0 THEN 'pending' ELSE 'deferred' END "
            f"WHERE id IN ({places(part)}) AND state = 'claimed' AND fence = ?",
            (*part, fence),
        )
        for part in parts(ids)
    )


def revive(tx: Transaction, ids: Sequence[int]) -> int:
    """Take back rejections that turned out to be about us and not about the readers (P7).

    The attempt does not count, the rows are open again as they were before it, and so are their
    `received` rows; give how many there were.
    """
    revived = sum(
        tx.run(
            "UPDATE delivery SET reason = NULL, code = NULL, attempts = attempts - 1, "  # noqa: S608 - only places
            "state = CASE WHEN attempts = 1 THEN 'pending' ELSE 'deferred' END, "
            "first_attempt_at = CASE WHEN attempts = 1 THEN NULL ELSE first_attempt_at END "
            f"WHERE id IN ({places(part)}) AND state = 'rejected'",
            part,
        )
        for part in parts(ids)
    )
    restore_received(tx, ids)
    return revived


def reassign(
    tx: Transaction, delivery_id: int, *, fence: int, briefing_id: int, preferences_version: int
) -> bool:
    """Give a claimed delivery another briefing, and its `received` rows with it (R7).

    Belongs into the transaction that claimed it; False when it is not claimed under this fence.
    """
    forget(tx, delivery_id)
    changed = tx.run(
        "UPDATE delivery SET briefing_id = ?, preferences_version = ? "
        "WHERE id = ? AND state = 'claimed' AND fence = ?",
        (briefing_id, preferences_version, delivery_id, fence),
    )
    restore_received(tx, (delivery_id,))
    return changed == 1


def claimed_by_others(tx: Transaction, owner: str) -> list[ClaimGroup]:
    """Give what other owners have claimed, oldest fence first: what recovery looks at (P3)."""
    groups: dict[tuple[int, str], list[int]] = {}
    for fence, other, delivery_id in tx.fetch(
        "SELECT fence, owner, id FROM delivery WHERE state = 'claimed' AND owner <> ? "
        "ORDER BY fence, id",
        (owner,),
    ):
        groups.setdefault((fence, other), []).append(delivery_id)
    return [
        ClaimGroup(owner=other, fence=fence, ids=tuple(ids))
        for (fence, other), ids in groups.items()
    ]


def expire_batch(
    tx: Transaction,
    issue_id: int,
    *,
    tried_before: datetime,
    due_before: datetime | None,
    now: datetime,
    limit: int = 1_000,
) -> int:
    """End open rows first tried before one instant, or untried and due before the other (P7)."""
    rows = tx.fetch(
        "UPDATE delivery SET state = 'expired', settled_at = ?, "  # noqa: S608 - our own text
        "reason = CASE WHEN attempts = 0 THEN 'never tried' ELSE COALESCE(reason, 'deferred') END "
        f"WHERE id IN (SELECT id FROM delivery WHERE issue_id = ? AND {_OPEN} "
        "AND (first_attempt_at < ? OR (attempts = 0 AND due_at < ?)) LIMIT ?) "
        f"AND {_OPEN} RETURNING id",
        (
            stored(now),
            issue_id,
            stored(tried_before),
            -1 if due_before is None else stored(due_before),
            limit,
        ),
    )
    drop_received(tx, [int(row[0]) for row in rows])
    return len(rows)


def cancel_batch(tx: Transaction, issue_id: int, limit: int = 1_000) -> int:
    """End up to `limit` open rows as skipped(cancelled); 0 when none is left."""
    rows = tx.fetch(
        f"UPDATE delivery SET state = 'skipped', reason = ? "  # noqa: S608 - our own text
        f"WHERE id IN (SELECT id FROM delivery WHERE issue_id = ? AND {_OPEN} LIMIT ?) "
        f"AND {_OPEN} RETURNING id",
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
    # One state at a time: each is then a single step into the partial index.
    row = tx.one(
        f"SELECT MIN(next_at) FROM (SELECT MIN(next_at) AS next_at FROM delivery "  # noqa: S608 - our own text
        f"WHERE issue_id = :id AND {_OPEN} AND state = 'pending' "
        "UNION ALL SELECT MIN(next_at) AS next_at FROM delivery "
        f"WHERE issue_id = :id AND {_OPEN} AND state = 'deferred') AS soonest",
        id=issue_id,
    )
    return instant_or_none(row[0]) if row else None


def rows(
    tx: Transaction, issue_id: int, state: State | None, after_id: int = 0, limit: int = 1_000
) -> list[DeliveryRow]:
    """Give the next rows of an issue by number, in one state or in all."""
    wanted = "" if state is None else " AND delivery.state = ?"
    values = (issue_id, after_id) if state is None else (issue_id, after_id, state.value)
    found = tx.fetch(
        f"{_ROW} WHERE delivery.issue_id = ? AND delivery.id > ?{wanted} "
        "ORDER BY delivery.id LIMIT ?",
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


def got_week(tx: Transaction, week: str, reader_from: int, reader_to: int) -> frozenset[int]:
    """Give the readers of a range, ends included, with an unskipped regular or late row (R4)."""
    found = tx.fetch(
        "SELECT delivery.reader_id FROM issue JOIN delivery ON delivery.issue_id = issue.id "
        "WHERE issue.week = ? AND issue.kind IN ('regular', 'late') "
        "AND delivery.reader_id BETWEEN ? AND ? AND delivery.state <> 'skipped'",
        (week, reader_from, reader_to),
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
