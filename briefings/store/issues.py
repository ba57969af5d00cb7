"""Keeps mailings and their states; whether one is finished is computed from its rows (P6)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field, Index, text

from briefings.errors import Conflict, NotFound, Remedy
from briefings.model.delivery import Issue, IssueKind, IssueState
from briefings.store.instants import Instant, instant, instant_or_none, stored
from briefings.store.tables import BigId, Table, places

if TYPE_CHECKING:
    from collections.abc import Collection

    from briefings.store.database import Row, Transaction

_COLUMNS = (
    "id, name, week, kind, n, state, began, audience, opened_by_tick, reason, seeds_first, "
    "release_at, released_at, released_by"
)
RELEASED = (
    "NOT EXISTS (SELECT 1 FROM issue WHERE issue.id = edition.issue_id AND issue.seeds_first "
    "AND issue.released_at IS NULL)"
)
"""Of an edition: it did not go to seed readers alone, so anybody may see it."""


class IssueRow(Table, table=True):
    """One mailing. `audience` is 0 until it opens, and then the number of its rows."""

    __tablename__ = "issue"
    __table_args__ = (
        Index("uq_issue_week_kind_n", "week", "kind", "n", unique=True),
        Index(
            "uq_issue_regular",
            "week",
            unique=True,
            sqlite_where=text("kind = 'regular'"),
            postgresql_where=text("kind = 'regular'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    name: str = Field(unique=True)
    week: str
    kind: str
    n: int
    state: str
    began: datetime = Field(sa_type=Instant)
    audience: int = 0
    opened_by_tick: bool
    reason: str | None = None
    created_at: datetime = Field(sa_type=Instant)
    seeds_first: bool = Field(default=False, sa_column_kwargs={"server_default": text("FALSE")})
    release_at: datetime | None = Field(default=None, sa_type=Instant)
    released_at: datetime | None = Field(default=None, sa_type=Instant)
    released_by: str | None = None


def issue_name(week: str, kind: IssueKind, n: int) -> str:
    """Name an issue: `2026-W34-regular`, `2026-W34-late-2`."""
    return f"{week}-{kind.value}" if n == 1 else f"{week}-{kind.value}-{n}"


def create(
    tx: Transaction,
    *,
    week: str,
    kind: IssueKind,
    n: int,
    began: datetime,
    opened_by_tick: bool,
    now: datetime,
) -> Issue:
    """Begin a mailing, in state freezing; Conflict when that one, or a regular one, exists (P5).

    `began` is the instant before which readers must have confirmed to be in its audience.
    """
    name = issue_name(week, kind, n)
    rows = tx.rows(
        "INSERT INTO issue (name, week, kind, n, state, began, audience, opened_by_tick, "  # noqa: S608 - our own text
        "created_at) VALUES (:name, :week, :kind, :n, 'freezing', :began, 0, :opened_by_tick, "
        f":now) ON CONFLICT DO NOTHING RETURNING {_COLUMNS}",
        name=name,
        week=week,
        kind=kind.value,
        n=n,
        began=stored(began),
        opened_by_tick=opened_by_tick,
        now=stored(now),
    )
    if not rows:
        raise Conflict(f"The issue {name} exists already.", Remedy.SEE_ISSUES)
    return _issue(rows[0])


def find(tx: Transaction, week: str | None = None, kind: IssueKind | None = None) -> list[Issue]:
    """Give the issues of a week, of a kind, or all, oldest first."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM issue "  # noqa: S608 - our own text
        "WHERE (CAST(:week AS TEXT) IS NULL OR week = :week) "
        "AND (CAST(:kind AS TEXT) IS NULL OR kind = :kind) ORDER BY id",
        week=week,
        kind=None if kind is None else kind.value,
    )
    return [_issue(row) for row in rows]


def get(tx: Transaction, issue_id: int) -> Issue | None:
    """Give an issue by number, or None."""
    row = tx.one(f"SELECT {_COLUMNS} FROM issue WHERE id = :id", id=issue_id)  # noqa: S608 - our own text
    return None if row is None else _issue(row)


def by_name(tx: Transaction, name: str) -> Issue:
    """Give an issue by its name; NotFound names the newest ones."""
    row = tx.one(f"SELECT {_COLUMNS} FROM issue WHERE name = :name", name=name)  # noqa: S608 - our own text
    if row is None:
        known = tx.rows("SELECT name FROM issue ORDER BY id DESC LIMIT 3")
        newest = ", ".join(str(row[0]) for row in known) or "none so far"
        raise NotFound(f"no issue {name!r}: the newest are {newest}")
    return _issue(row)


def week_of_mail(tx: Transaction, issue_id: int) -> str | None:
    """Give the week of which a reader has one mail at most, by this issue or a sister (R4).

    None for a welcome and a correction, which may come beside it.
    """
    row = tx.one(
        "SELECT week FROM issue WHERE id = :id AND kind IN ('regular', 'late')", id=issue_id
    )
    return None if row is None else str(row[0])


def last_regular_week(tx: Transaction) -> str | None:
    """Give the latest week that has a regular issue: it and all before it are frozen (R3)."""
    row = tx.one("SELECT MAX(week) FROM issue WHERE kind = 'regular'")
    return None if row is None or row[0] is None else str(row[0])


def count_rows(tx: Transaction, issue_id: int) -> int:
    """Count the rows of an issue, whatever their state."""
    row = tx.one("SELECT COUNT(*) FROM delivery WHERE issue_id = :id", id=issue_id)
    return int(row[0]) if row else 0


def open(tx: Transaction, issue_id: int, audience: int, rows: int | None = None) -> bool:  # noqa: A001 - read as issues.open
    """Open a frozen issue when its rows equal the audience (P1); False when they do not.

    False, too, when it is not freezing any more: somebody else opened it. Without `rows` they are
    counted here, under the lock. A caller who counted them before vouches that none came since:
    rows are never deleted while an issue freezes, and only readers of its audience get any.
    """
    counted = count_rows(tx, issue_id) if rows is None else rows
    return (
        counted == audience
        and tx.execute(
            "UPDATE issue SET state = 'open', audience = :audience "
            "WHERE id = :id AND state = 'freezing'",
            id=issue_id,
            audience=audience,
        )
        == 1
    )


def lock_week(tx: Transaction, week: str) -> None:
    """Keep others from freezing into a week until this unit ends; SQLite does so by itself."""
    if not tx.is_sqlite:
        tx.rows("SELECT id FROM issue WHERE week = :week ORDER BY id FOR UPDATE", week=week)


def abandon(tx: Transaction, issue_id: int, reason: str) -> bool:
    """Cancel a freeze that is half made: its audience is what was frozen, so it still adds up."""
    return (
        tx.execute(
            "UPDATE issue SET state = 'cancelled', reason = :reason, audience = "
            "(SELECT COUNT(*) FROM delivery WHERE issue_id = :id) "
            "WHERE id = :id AND state = 'freezing'",
            id=issue_id,
            reason=reason,
        )
        == 1
    )


def grow(tx: Transaction, issue_id: int, by: int) -> None:
    """Count readers that were added to a welcome issue, the only kind that grows (R11)."""
    tx.execute("UPDATE issue SET audience = audience + :by WHERE id = :id", id=issue_id, by=by)


def set_state(
    tx: Transaction,
    issue_id: int,
    from_states: Collection[IssueState],
    to: IssueState,
    reason: str | None = None,
) -> bool:
    """Move an issue from one of these states to another; False when it was in none of them."""
    return (
        tx.run(
            f"UPDATE issue SET state = ?, reason = ? WHERE id = ? "  # noqa: S608 - only places
            f"AND state IN ({places(from_states)})",
            (to.value, reason, issue_id, *(state.value for state in from_states)),
        )
        == 1
    )


def _issue(row: Row) -> Issue:
    return Issue(
        id=row[0],
        name=row[1],
        week=row[2],
        kind=IssueKind(row[3]),
        n=row[4],
        state=IssueState(row[5]),
        began=instant(row[6]),
        audience=row[7],
        opened_by_tick=bool(row[8]),
        reason=row[9],
        seeds_first=bool(row[10]),
        release_at=instant_or_none(row[11]),
        released_at=instant_or_none(row[12]),
        released_by=row[13],
    )
