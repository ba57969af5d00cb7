"""Keeps letters: one row each, claimed first and settled under a fence; it never sends one.

A letter is queued once per key. It may arrive twice rather than not at all: what became unsure, or
was claimed by a process that ended, is open again (DESIGN section 2). A finished one forgets its
address after a while, see `forget`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field, Index, text

from briefings.model.delivery import State
from briefings.model.letter import Letter, LetterKind
from briefings.store.instants import Instant, instant, stored
from briefings.store.mailbox import mailbox_key
from briefings.store.tables import OPEN, BigId, Table, places

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from briefings.model.delivery import Settled
    from briefings.model.letter import NewLetter
    from briefings.store.database import Row, Transaction

_COLUMNS = "id, kind, recipient, subject_id, payload, created_at, expires_at, attempts"


class LetterRow(Table, table=True):
    """One letter. `mailbox` is the key of its recipient, so that all spellings are found."""

    __tablename__ = "letter"
    __table_args__ = (
        Index("uq_letter_key", "key", unique=True),
        Index("ix_letter_mailbox", "mailbox"),
        Index(
            "ix_letter_open",
            "next_at",
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index(
            "ix_letter_claimed",
            "fence",
            sqlite_where=text("state = 'claimed'"),
            postgresql_where=text("state = 'claimed'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    key: str
    kind: str
    recipient: str
    mailbox: str
    subject_id: int = Field(sa_type=BigId)
    payload: str
    state: str
    reason: str | None = None
    code: int | None = None
    next_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    fence: int = Field(default=0, sa_type=BigId)
    attempts: int = 0
    created_at: datetime = Field(sa_type=Instant)
    settled_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterStatus:
    """A letter as an operator looks at it."""

    id: int
    kind: LetterKind
    state: State
    reason: str | None
    created_at: datetime
    expires_at: datetime
    attempts: int


def queue(tx: Transaction, letter: NewLetter, now: datetime) -> int | None:
    """Queue a letter, due at once; gives its number, None when its key is there already."""
    state, reason = (State.SKIPPED, letter.skipped) if letter.skipped else (State.PENDING, None)
    row = tx.one(
        "INSERT INTO letter (key, kind, recipient, mailbox, subject_id, payload, state, reason, "
        "next_at, expires_at, fence, attempts, created_at, settled_at) "
        "VALUES (:key, :kind, :recipient, :mailbox, :subject_id, :payload, :state, :reason, :now, "
        ":expires_at, 0, 0, :now, :settled_at) ON CONFLICT (key) DO NOTHING RETURNING id",
        key=letter.key,
        kind=letter.kind.value,
        recipient="" if letter.skipped else letter.recipient,
        mailbox="" if letter.skipped else mailbox_key(letter.recipient),
        subject_id=letter.subject_id,
        payload=json.dumps(dict(letter.payload), ensure_ascii=False),
        state=state.value,
        reason=reason,
        now=stored(now),
        expires_at=stored(letter.expires_at),
        settled_at=stored(now) if letter.skipped else None,
    )
    return None if row is None else int(row[0])


def get(tx: Transaction, letter_id: int) -> Letter | None:
    """Give a letter by number, or None."""
    row = tx.one(f"SELECT {_COLUMNS} FROM letter WHERE id = :id", id=letter_id)  # noqa: S608 - our own text
    return None if row is None else _letter(row)


def next_due(tx: Transaction, kinds: Collection[LetterKind] | None = None) -> datetime | None:
    """Give when the next open letter, of these kinds or of any, is due; None when there is none."""
    of, values = _of_kinds(kinds)
    (row,) = tx.fetch(f"SELECT MIN(next_at) FROM letter WHERE {OPEN}{of}", values)  # noqa: S608 - our own text
    return None if row[0] is None else instant(row[0])


def claim(
    tx: Transaction,
    *,
    fence: int,
    now: datetime,
    limit: int,
    kinds: Collection[LetterKind] | None = None,
) -> list[Letter]:
    """Take up to `limit` due and still good letters, of these kinds or any; oldest first."""
    of, values = _of_kinds(kinds)
    skip_locked = "" if tx.is_sqlite else " FOR UPDATE SKIP LOCKED"
    rows = tx.fetch(
        "UPDATE letter SET state = 'claimed', fence = ? WHERE id IN (SELECT id FROM letter "  # noqa: S608 - our own text
        f"WHERE {OPEN} AND next_at <= ? AND expires_at > ?{of} ORDER BY next_at, id "
        f"LIMIT ?{skip_locked}) AND {OPEN} RETURNING {_COLUMNS}",
        (fence, stored(now), stored(now), *values, limit),
    )
    return [_letter(row) for row in sorted(rows)]


def _of_kinds(kinds: Collection[LetterKind] | None) -> tuple[str, list[str]]:
    """The condition for kinds of letters, empty for any, and its values."""
    if kinds is None:
        return "", []
    values = sorted(kind.value for kind in kinds)
    return f" AND kind IN ({places(values)})", values


def settle(tx: Transaction, results: Sequence[Settled], *, fence: int, now: datetime) -> int:
    """Write the ends of attempts to the letters that are claimed under this fence; give how many.

    What goes back to pending was not an attempt; everything else counts as one.
    """
    return sum(
        tx.run(
            "UPDATE letter SET state = ?, reason = ?, code = ?, next_at = COALESCE(?, next_at), "
            "attempts = attempts + ?, settled_at = ? "
            "WHERE id = ? AND state = 'claimed' AND fence = ?",
            (
                result.state.value,
                result.reason,
                result.code,
                stored(result.next_at),
                int(result.state is not State.PENDING),
                stored(now),
                result.id,
                fence,
            ),
        )
        for result in results
    )


def expire(tx: Transaction, now: datetime) -> int:
    """End the open letters whose link is too old to be of use; give how many there were."""
    return tx.execute(
        f"UPDATE letter SET state = 'expired', settled_at = :now WHERE {OPEN} "  # noqa: S608 - our own text
        "AND expires_at <= :now",
        now=stored(now),
    )


def claimed_fences(tx: Transaction) -> list[int]:
    """Give the fences under which letters are claimed at present."""
    rows = tx.rows("SELECT DISTINCT fence FROM letter WHERE state = 'claimed'")
    return [int(row[0]) for row in rows]


def release(tx: Transaction, fence: int) -> int:
    """Open the letters again that a process left claimed when it ended; give how many."""
    return tx.execute(
        "UPDATE letter SET state = CASE WHEN attempts = 0 THEN 'pending' ELSE 'deferred' END "
        "WHERE state = 'claimed' AND fence = :fence",
        fence=fence,
    )


def of_mailbox(tx: Transaction, email: str, limit: int) -> list[LetterStatus]:
    """Give the newest letters to a mailbox, however it is spelled."""
    rows = tx.rows(
        "SELECT id, kind, state, reason, created_at, expires_at, attempts FROM letter "
        "WHERE mailbox = :mailbox ORDER BY id DESC LIMIT :limit",
        mailbox=mailbox_key(email),
        limit=limit,
    )
    return [
        LetterStatus(
            id=row[0],
            kind=LetterKind(row[1]),
            state=State(row[2]),
            reason=row[3],
            created_at=instant(row[4]),
            expires_at=instant(row[5]),
            attempts=row[6],
        )
        for row in rows
    ]


def states(tx: Transaction) -> dict[State, int]:
    """Count the letters by state."""
    rows = tx.rows("SELECT state, COUNT(*) FROM letter GROUP BY state")
    return {State(row[0]): int(row[1]) for row in rows}


def forget(tx: Transaction, before: datetime) -> int:
    """Delete the finished letters that were made before an instant; give how many."""
    return tx.execute(
        f"DELETE FROM letter WHERE created_at < :before AND NOT {OPEN} AND state <> 'claimed'",  # noqa: S608 - our own text
        before=stored(before),
    )


def forget_mailbox(tx: Transaction, email: str, *, but: Sequence[LetterKind] = ()) -> int:
    """Delete the letters to a mailbox, sent or not."""
    kept = [kind.value for kind in but] or [""]
    return tx.run(
        f"DELETE FROM letter WHERE mailbox = ? AND kind NOT IN ({places(kept)})",  # noqa: S608 - only places
        (mailbox_key(email), *kept),
    )


def _letter(row: Row) -> Letter:
    return Letter(
        id=row[0],
        kind=LetterKind(row[1]),
        recipient=row[2],
        subject_id=row[3],
        payload=json.loads(row[4]),
        created_at=instant(row[5]),
        expires_at=instant(row[6]),
        attempts=row[7],
    )
