"""Keeps when each release feed is due, what its server said, and which entries were seen.

A check begins with a claim that lapses: two services never fetch one feed at once, and what a
killed one had claimed is due again. The row decides, nothing in memory; it fetches nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlmodel import Field, Index

from briefings.errors import NotFound, Remedy
from briefings.store.instants import Instant, instant, instant_or_none, stored
from briefings.store.tables import BigId, Table, parts, places

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from briefings.store.database import Row, Transaction

_COLUMNS = (
    "tool, url, every_hours, etag, last_modified, due_at, claimed_until, fence, "
    "checked_at, failures, outcome"
)

_FREE = "(claimed_until IS NULL OR claimed_until <= :now)"


class FeedRow(Table, table=True):
    """The release feed of one tool; `etag` and `last_modified` are those of its last answer."""

    __tablename__ = "feed"
    __table_args__ = (Index("ix_feed_due_at", "due_at"),)

    tool: str = Field(primary_key=True)
    url: str
    every_hours: int
    etag: str = ""
    last_modified: str = ""
    due_at: datetime = Field(sa_type=Instant)
    claimed_until: datetime | None = Field(default=None, sa_type=Instant)
    fence: int = 0
    checked_at: datetime | None = Field(default=None, sa_type=Instant)
    failures: int = 0
    outcome: str = ""


class FeedEntryRow(Table, table=True):
    """An entry that was seen; the key makes it a draft at most once, `why` is for the editor."""

    __tablename__ = "feed_entry"
    __table_args__ = (Index("ix_feed_entry_item_id", "item_id"),)

    tool: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    item_id: int | None = Field(default=None, sa_type=BigId, foreign_key="item.id")
    why: str = ""
    at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedFeed:
    """A feed as stored; `failures` counts those since the last success, `fence` the claims."""

    tool: str
    url: str
    every: timedelta
    etag: str
    last_modified: str
    due_at: datetime
    claimed_until: datetime | None
    fence: int
    checked_at: datetime | None
    failures: int
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a check came to: the words for people, and when the feed is due again."""

    words: str
    due_at: datetime
    failures: int
    etag: str
    last_modified: str


def listing(tx: Transaction) -> list[WatchedFeed]:
    """Give all feeds by tool."""
    return [_feed(row) for row in tx.rows(f"SELECT {_COLUMNS} FROM feed ORDER BY tool")]  # noqa: S608 - our own text


def keep(tx: Transaction, urls: Mapping[str, str], *, every_hours: int, now: datetime) -> None:
    """Watch exactly these feeds, by tool; one with a new address starts afresh and is due."""
    known = {feed.tool: feed.url for feed in listing(tx)}
    tx.many("DELETE FROM feed WHERE tool = ?", [(tool,) for tool in known if tool not in urls])
    tx.many(
        "INSERT INTO feed (tool, url, every_hours, etag, last_modified, due_at, fence, "
        "failures, outcome) VALUES (?, ?, ?, '', '', ?, 0, 0, '') "
        "ON CONFLICT (tool) DO UPDATE SET url = excluded.url, etag = '', last_modified = '', "
        "due_at = excluded.due_at, claimed_until = NULL, fence = feed.fence + 1, failures = 0, "
        "outcome = ''",
        [
            (tool, url, every_hours, stored(now))
            for tool, url in sorted(urls.items())
            if known.get(tool) != url
        ],
    )


def any_due(tx: Transaction, now: datetime) -> bool:
    """Say whether `claim_due` would find a feed; asked first, since a tick should not write."""
    row = tx.one(
        f"SELECT 1 FROM feed WHERE due_at <= :now AND {_FREE} LIMIT 1",  # noqa: S608 - our own text
        now=stored(now),
    )
    return row is not None


def claim_due(tx: Transaction, *, limit: int, lease: timedelta, now: datetime) -> list[WatchedFeed]:
    """Claim feeds that are due and that nobody is checking, those that wait longest first."""
    lock = "" if tx.is_sqlite else " FOR UPDATE SKIP LOCKED"
    due = f"SELECT tool FROM feed WHERE due_at <= :now AND {_FREE} ORDER BY due_at, tool"  # noqa: S608 - our own text
    return _claim(
        tx,
        f"tool IN ({due} LIMIT :limit{lock})",
        {"limit": limit},
        lease=lease,
        now=now,
    )


def claim(tx: Transaction, tool: str, *, lease: timedelta, now: datetime) -> WatchedFeed | None:
    """Claim one feed, due or not; None while somebody else is checking it.

    Raises NotFound for a tool without a feed.
    """
    if tx.one("SELECT 1 FROM feed WHERE tool = :tool", tool=tool) is None:
        raise NotFound(f"There is no feed of {tool}.", Remedy.SEE_FEEDS)
    found = _claim(
        tx,
        f"tool = :tool AND {_FREE}",
        {"tool": tool},
        lease=lease,
        now=now,
    )
    return found[0] if found else None


def _claim(
    tx: Transaction,
    which: str,
    values: dict[str, str | int],
    *,
    lease: timedelta,
    now: datetime,
) -> list[WatchedFeed]:
    rows = tx.rows(
        "UPDATE feed SET claimed_until = :until, fence = fence + 1 "  # noqa: S608 - our own text
        f"WHERE {which} RETURNING {_COLUMNS}",
        until=stored(now + lease),
        now=stored(now),
        **values,
    )
    return sorted(map(_feed, rows), key=lambda feed: (feed.due_at, feed.tool))


def settle(tx: Transaction, claimed: WatchedFeed, outcome: Outcome, *, now: datetime) -> bool:
    """Store what a check came to; False when the claim lapsed and somebody else took the feed."""
    return (
        tx.execute(
            "UPDATE feed SET claimed_until = NULL, checked_at = :now, due_at = :due_at, "
            "failures = :failures, outcome = :words, etag = :etag, last_modified = :last_modified "
            "WHERE tool = :tool AND fence = :fence",
            now=stored(now),
            due_at=stored(outcome.due_at),
            failures=outcome.failures,
            words=outcome.words,
            etag=outcome.etag,
            last_modified=outcome.last_modified,
            tool=claimed.tool,
            fence=claimed.fence,
        )
        > 0
    )


def set_interval(tx: Transaction, tool: str, hours: int, *, now: datetime) -> None:
    """Ask a feed every so many hours from now on; NotFound for a tool without a feed."""
    if not tx.execute(
        "UPDATE feed SET every_hours = :hours, due_at = "
        "CASE WHEN due_at > :latest THEN :latest ELSE due_at END WHERE tool = :tool",
        hours=hours,
        latest=stored(now + timedelta(hours=hours)),
        tool=tool,
    ):
        raise NotFound(f"There is no feed of {tool}.", Remedy.SEE_FEEDS)


def seen(tx: Transaction, tool: str, keys: Collection[str]) -> set[str]:
    """Give those of the keys that the tool's feed has shown before."""
    found: set[str] = set()
    for part in parts(sorted(keys)):
        sql = f"SELECT key FROM feed_entry WHERE tool = ? AND key IN ({places(part)})"  # noqa: S608 - our own text
        found.update(str(row[0]) for row in tx.fetch(sql, (tool, *part)))
    return found


def add_entries(
    tx: Transaction,
    tool: str,
    entries: Sequence[tuple[str, int | None, str]],
    *,
    now: datetime,
) -> None:
    """Store entries as seen: key, item made of it or None, and why it is what it is.

    Raises Conflict for a key that the tool has already.
    """
    tx.many(
        "INSERT INTO feed_entry (tool, key, item_id, why, at) VALUES (?, ?, ?, ?, ?)",
        [(tool, key, item_id, why, stored(now)) for key, item_id, why in entries],
    )


def reasons(tx: Transaction, item_ids: Collection[int]) -> dict[int, str]:
    """Say of the items that came out of a feed why they are what they are."""
    found: dict[int, str] = {}
    for part in parts(sorted(set(item_ids))):
        sql = f"SELECT item_id, why FROM feed_entry WHERE item_id IN ({places(part)})"  # noqa: S608 - our own text
        found.update((int(row[0]), str(row[1])) for row in tx.fetch(sql, part))
    return found


def _feed(row: Row) -> WatchedFeed:
    return WatchedFeed(
        tool=row[0],
        url=row[1],
        every=timedelta(hours=row[2]),
        etag=row[3],
        last_modified=row[4],
        due_at=instant(row[5]),
        claimed_until=instant_or_none(row[6]),
        fence=row[7],
        checked_at=instant_or_none(row[8]),
        failures=row[9],
        outcome=row[10],
    )
