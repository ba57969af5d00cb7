"""Keeps rendered blocks by their hash, and briefings, which are lists of them; renders nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import Field, Index

from briefings.errors import NotFound
from briefings.model.edition import Block
from briefings.store.tables import BigId, Table, parts, places

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from briefings.store.database import Row, Transaction

_COLUMNS = "id, issue_id, signature, content"


class BlockRow(Table, table=True):
    """A rendered block; the key is a hash of its content, so a row never changes."""

    __tablename__ = "block"

    key: str = Field(primary_key=True)
    kind: str
    html: bytes
    text: bytes


class BriefingRow(Table, table=True):
    """What one group of an issue gets; `content` is JSON. The signature is unique in the issue."""

    __tablename__ = "briefing"
    __table_args__ = (
        Index("uq_briefing_issue_id_signature", "issue_id", "signature", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    issue_id: int = Field(sa_type=BigId, foreign_key="issue.id")
    signature: str
    content: str


class BriefingItem(Table, table=True):
    """An item that a briefing carries: its readers count as having received it (R5)."""

    __tablename__ = "briefing_item"
    __table_args__ = ({"sqlite_with_rowid": False},)

    briefing_id: int = Field(primary_key=True, sa_type=BigId)
    item_id: int = Field(primary_key=True, sa_type=BigId)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBriefing:
    """An ordered list of blocks with the headers and the items that go with it."""

    id: int
    issue_id: int
    signature: str
    headers: Mapping[str, str]
    block_keys: tuple[str, ...]
    carried: tuple[int, ...]
    left_over: tuple[int, ...]
    editions: tuple[str, ...]
    specializations: tuple[str, ...]


def put(tx: Transaction, blocks: Sequence[Block]) -> int:
    """Store blocks that are not stored yet; give how many were new."""
    return tx.many(
        "INSERT INTO block (key, kind, html, text) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(block.key, block.kind, block.html, block.text) for block in blocks],
    )


def get(tx: Transaction, keys: Collection[str]) -> dict[str, Block]:
    """Give blocks by key; unknown keys are left out."""
    found: dict[str, Block] = {}
    for part in parts(sorted(set(keys))):
        for row in tx.fetch(
            f"SELECT key, kind, html, text FROM block WHERE key IN ({places(part)})",  # noqa: S608 - only places
            part,
        ):
            found[row[0]] = Block(key=row[0], kind=row[1], html=bytes(row[2]), text=bytes(row[3]))
    return found


def put_briefing(
    tx: Transaction,
    issue_id: int,
    *,
    signature: str,
    headers: Mapping[str, str],
    block_keys: Sequence[str],
    carried: Sequence[int],
    left_over: Sequence[int],
    editions: Sequence[str],
    specializations: Sequence[str],
) -> int:
    """Store a briefing of an issue and give its id; the same signature again gives the same id."""
    content = {
        "headers": dict(headers),
        "block_keys": list(block_keys),
        "carried": list(carried),
        "left_over": list(left_over),
        "editions": list(editions),
        "specializations": list(specializations),
    }
    rows = tx.fetch(
        "INSERT INTO briefing (issue_id, signature, content) VALUES (?, ?, ?) "
        "ON CONFLICT DO NOTHING RETURNING id",
        (issue_id, signature, json.dumps(content, ensure_ascii=False)),
    )
    if not rows:
        rows = tx.fetch(
            "SELECT id FROM briefing WHERE issue_id = ? AND signature = ?", (issue_id, signature)
        )
        return int(rows[0][0])
    briefing_id = int(rows[0][0])
    tx.many(
        "INSERT INTO briefing_item (briefing_id, item_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(briefing_id, item_id) for item_id in carried],
    )
    return briefing_id


def briefing(tx: Transaction, briefing_id: int) -> StoredBriefing:
    """Give a briefing by number; NotFound."""
    rows = tx.fetch(f"SELECT {_COLUMNS} FROM briefing WHERE id = ?", (briefing_id,))  # noqa: S608 - our own text
    if not rows:
        raise NotFound(f"no briefing {briefing_id} in this database")
    return _briefing(rows[0])


def briefings(
    tx: Transaction, issue_id: int, *, after_id: int = 0, limit: int = 1_000
) -> list[StoredBriefing]:
    """Give the next briefings of an issue by number."""
    rows = tx.fetch(
        f"SELECT {_COLUMNS} FROM briefing WHERE issue_id = ? AND id > ? ORDER BY id LIMIT ?",  # noqa: S608 - our own text
        (issue_id, after_id, limit),
    )
    return [_briefing(row) for row in rows]


def readers_by_item(tx: Transaction, issue_id: int) -> dict[int, int]:
    """Count, item by item, the readers of an issue who had it: accepted or unsure."""
    rows = tx.rows(
        "SELECT briefing_item.item_id, SUM(went.number) FROM "
        "(SELECT briefing_id, COUNT(*) AS number FROM delivery WHERE issue_id = :issue_id "
        "AND state IN ('accepted', 'unsure') GROUP BY briefing_id) AS went "
        "JOIN briefing_item ON briefing_item.briefing_id = went.briefing_id "
        "GROUP BY briefing_item.item_id ORDER BY briefing_item.item_id",
        issue_id=issue_id,
    )
    return {int(row[0]): int(row[1]) for row in rows}


def carried_in(tx: Transaction, issue_id: int) -> list[int]:
    """Give the items that any briefing of an issue carries: what `fill_received` is called for."""
    rows = tx.rows(
        "SELECT DISTINCT briefing_item.item_id FROM briefing "
        "JOIN briefing_item ON briefing_item.briefing_id = briefing.id "
        "WHERE briefing.issue_id = :issue_id ORDER BY briefing_item.item_id",
        issue_id=issue_id,
    )
    return [int(row[0]) for row in rows]


def _briefing(row: Row) -> StoredBriefing:
    content = json.loads(row[3])
    return StoredBriefing(
        id=row[0],
        issue_id=row[1],
        signature=row[2],
        headers=content["headers"],
        block_keys=tuple(content["block_keys"]),
        carried=tuple(content["carried"]),
        left_over=tuple(content["left_over"]),
        editions=tuple(content["editions"]),
        specializations=tuple(content["specializations"]),
    )
