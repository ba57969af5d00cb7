"""Claims deliveries and settles them: the two hot statements, and what belongs to a claim.

They are SQL text on the driver's cursor, one statement each: docs/decisions/0003-hot-statements.md.
A row is written only under the fence of the process that claimed it, so a process that was given
up for dead writes nothing (P5). It never sends, and never decides what an answer means.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from briefings.model.delivery import Claimed, State
from briefings.store.instants import instant, instant_or_none, stored
from briefings.store.received import drop_received, forget, restore_received
from briefings.store.tables import OPEN, parts, places

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from briefings.model.delivery import Settled
    from briefings.store.database import Transaction, Value

_WITHOUT_ITEMS = {State.SKIPPED, State.REJECTED, State.EXPIRED}
_NO_ATTEMPT = {State.PENDING, State.SKIPPED}

_CLAIM = (
    "UPDATE delivery SET state = 'claimed', owner = ?, fence = ? "  # noqa: S608 - our own text
    "WHERE id IN ({those}(SELECT id FROM issue WHERE id = ? AND state = 'open') "
    f"AND {OPEN} AND {{due}} ORDER BY state, next_at LIMIT ?{{skip_locked}}) AND {OPEN} "
    "RETURNING id, issue_id, reader_id, briefing_id, attempts, first_attempt_at, due_at, "
    "preferences_version, "
    "(SELECT email FROM reader WHERE reader.id = delivery.reader_id), "
    "(SELECT name FROM reader WHERE reader.id = delivery.reader_id), "
    "(SELECT preferences_version FROM reader WHERE reader.id = delivery.reader_id)"
)
_ALL = "SELECT id FROM delivery WHERE issue_id = "
# CROSS JOIN has SQLite begin with the seeds: it would walk every row that is due for a dozen.
_SEEDS = (
    "SELECT delivery.id FROM seed_delivery CROSS JOIN delivery "
    "WHERE delivery.id = seed_delivery.delivery_id AND seed_delivery.issue_id = "
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

# What nearly every row becomes, with one value a row instead of six.
_ACCEPT = (
    "UPDATE delivery SET state = 'accepted', reason = NULL, code = ?, owner = NULL, "
    "attempts = attempts + 1, first_attempt_at = COALESCE(first_attempt_at, ?), settled_at = ? "
    "WHERE id IN ({ids}) AND state = 'claimed' AND fence = ?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimGroup:
    """Rows that one process claimed and has not settled."""

    owner: str
    fence: int
    ids: tuple[int, ...]


def claim(
    tx: Transaction,
    issue_id: int,
    *,
    owner: str,
    fence: int,
    now: datetime,
    limit: int = 256,
    ignore_due: bool = False,
    seeds_only: bool = False,
) -> list[Claimed]:
    """Take up to `limit` deliveries of an open issue that are due, retries first.

    `ignore_due` takes untried ones before their hour as well, `seeds_only` those of seed readers
    and no others. What is read of the reader is as of now: a `preferences_version` above
    `frozen_version` says that the list must be made anew (R7). Nothing comes from an issue that is
    not open. A row has one owner at a time.
    """
    sql = claim_sql(ignore_due=ignore_due, skip_locked=not tx.is_sqlite, seeds_only=seeds_only)
    return [
        Claimed(
            id=number,
            issue_id=issue,
            reader_id=reader,
            briefing_id=briefing,
            attempts=attempts,
            first_attempt_at=instant_or_none(first),
            due_at=instant(due),
            frozen_version=frozen,
            email=email,
            name=name,
            preferences_version=version,
        )
        for number, issue, reader, briefing, attempts, first, due, frozen, email, name, version in (
            sorted(tx.fetch(sql, (owner, fence, issue_id, stored(now), limit)))
        )
    ]


@lru_cache(maxsize=8)
def claim_sql(*, ignore_due: bool, skip_locked: bool, seeds_only: bool = False) -> str:
    """Give the text of a claim: public, so that a test can look at its plan."""
    return _CLAIM.format(
        due=_DUE_OR_UNTRIED if ignore_due else _DUE,
        those=_SEEDS if seeds_only else _ALL,
        # Two claims at once on PostgreSQL take different rows instead of waiting for each other.
        skip_locked=" FOR UPDATE OF delivery SKIP LOCKED" if skip_locked else "",
    )


def settle(tx: Transaction, results: Sequence[Settled], *, fence: int, now: datetime) -> int:
    """Write the ends of attempts to the rows that are claimed under this fence; give how many.

    Back to pending and skipped do not count as attempts. What ends skipped, rejected or expired
    drops its `received` rows here and now (R5).
    """
    moment = stored(now)
    settled = 0
    skipped = [result.id for result in results if result.state is State.SKIPPED]
    for ids in parts(skipped):  # apart: the index over the column costs only who ends so
        tx.run(
            f"UPDATE delivery SET once_a_week = NULL WHERE id IN ({places(ids)}) "  # noqa: S608 - only places
            "AND state = 'claimed' AND fence = ?",
            (*ids, fence),
        )
    plain: dict[int | None, list[int]] = {}
    others: list[Settled] = []
    for result in results:
        if result.state is State.ACCEPTED and result.reason is None:
            plain.setdefault(result.code, []).append(result.id)
        else:
            others.append(result)
    for code, ids in plain.items():
        for part in parts(ids):
            settled += tx.run(accept_sql(len(part)), (code, moment, moment, *part, fence))
    for part in parts(others):
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
        settled += tx.run(settle_sql(len(part)), (moment, moment, *values, fence))
    ended = [result.id for result in results if result.state in _WITHOUT_ITEMS]
    if ended:
        drop_received(tx, ended)
    return settled


@lru_cache(maxsize=512)
def accept_sql(rows: int) -> str:
    """Give the text that settles so many rows as accepted: public, as `settle_sql` is."""
    return _ACCEPT.format(ids=", ".join("?" * rows))


@lru_cache(maxsize=512)
def settle_sql(rows: int) -> str:
    """Give the text that settles so many rows: public, so that a test can look at its plan."""
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
    ours = tx.fetch(
        f"SELECT 1 FROM delivery WHERE id = ? AND state = 'claimed' AND fence = ?{tx.for_update}",  # noqa: S608 - our own text
        (delivery_id, fence),
    )
    if not ours:
        return False
    forget(tx, delivery_id)
    tx.run(
        "UPDATE delivery SET briefing_id = ?, preferences_version = ? WHERE id = ?",
        (briefing_id, preferences_version, delivery_id),
    )
    restore_received(tx, (delivery_id,))
    return True


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
