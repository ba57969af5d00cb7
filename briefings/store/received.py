"""Keeps which reader received which item through which delivery, once and for all (R5).

The rows of a delivery are always among the items of its briefing, so they are found through
`briefing_item` and need no index of their own: six million of them are written at a freeze.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.store.instants import stored_day
from briefings.store.tables import BigId, Table, parts, places

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from briefings.store.database import Transaction

_LAST = 2**62
FILL = (
    "INSERT INTO received (item_id, reader_id, delivery_id) "
    "SELECT briefing_item.item_id, delivery.reader_id, delivery.id FROM delivery "
    "CROSS JOIN briefing_item "
    "WHERE delivery.issue_id = ? AND delivery.reader_id > ? AND delivery.reader_id <= ? "
    "AND delivery.state IN ('pending', 'deferred') "
    "AND briefing_item.briefing_id = delivery.briefing_id{chosen} "
    "ORDER BY briefing_item.item_id, delivery.reader_id ON CONFLICT DO NOTHING"
)
"""CROSS JOIN has SQLite visit each delivery once, and the order keeps its keys side by side."""

_HELD = (
    "SELECT reader_id, item_id FROM received "
    "WHERE item_id IN ({items}) AND reader_id BETWEEN ? AND ?"
)
_OF_EARLIER_WEEKS = (
    " AND delivery_id IN (SELECT delivery.id FROM delivery "
    "JOIN issue ON issue.id = delivery.issue_id "
    "WHERE delivery.id = received.delivery_id AND issue.week < ?)"
)


class Received(Table, table=True):
    """A reader has an item, or is about to, through one delivery."""

    __tablename__ = "received"
    __table_args__ = ({"sqlite_with_rowid": False},)

    item_id: int = Field(primary_key=True, sa_type=BigId)
    reader_id: int = Field(primary_key=True, sa_type=BigId)
    delivery_id: int = Field(sa_type=BigId)


def fill_received(
    tx: Transaction,
    issue_id: int,
    item_id: int | None = None,
    briefing_ids: Sequence[int] | None = None,
    *,
    after_reader: int = 0,
    to_reader: int = _LAST,
) -> int:
    """Enter what the open deliveries' briefings carry, or one item of it; give the new rows.

    All briefings of the issue, or these; readers above `after_reader` up to `to_reader`. A reader
    who holds an item through another delivery keeps that one. Some 5,000 readers hold the lock
    for about 20 ms.
    """
    of_item = "" if item_id is None else " AND briefing_item.item_id = ?"
    values = (issue_id, after_reader, to_reader, *(() if item_id is None else (item_id,)))
    if briefing_ids is None:
        return tx.run(FILL.format(chosen=of_item), values)
    return sum(
        tx.run(
            FILL.format(chosen=f"{of_item} AND delivery.briefing_id IN ({places(part)})"),
            (*values, *part),
        )
        for part in parts(list(briefing_ids))
    )


def received(
    tx: Transaction,
    item_ids: Collection[int],
    reader_from: int,
    reader_to: int,
    *,
    before_week: str | None = None,
) -> dict[int, frozenset[int]]:
    """Give which of the items the readers of a range, ends included, hold; only who holds any.

    With `before_week` only what came with issues of earlier weeks counts: what a simulation of
    a week that is over asks for.
    """
    held: dict[int, set[int]] = {}
    sql, more = _HELD, ()
    if before_week is not None:
        sql, more = _HELD + _OF_EARLIER_WEEKS, (before_week,)
    for part in parts(list(item_ids)):
        values = (*part, reader_from, reader_to, *more)
        for reader_id, item_id in tx.fetch(sql.format(items=places(part)), values):
            held.setdefault(reader_id, set()).add(item_id)
    return {reader_id: frozenset(items) for reader_id, items in held.items()}


def held_elsewhere(
    tx: Transaction, delivery_id: int, reader_id: int, item_ids: Collection[int]
) -> frozenset[int]:
    """Give those of the items that a reader holds through another delivery than this one."""
    held: set[int] = set()
    for part in parts(list(item_ids)):
        rows = tx.fetch(
            f"SELECT item_id FROM received WHERE item_id IN ({places(part)}) "  # noqa: S608 - only places
            "AND reader_id = ? AND delivery_id <> ?",
            (*part, reader_id, delivery_id),
        )
        held.update(int(row[0]) for row in rows)
    return frozenset(held)


def drop_received(tx: Transaction, delivery_ids: Sequence[int]) -> int:
    """Forget what deliveries carried, of those that ended skipped, rejected or expired (R5)."""
    return sum(
        tx.run(
            f"DELETE FROM received WHERE delivery_id IN ({places(part)}) "  # noqa: S608 - only places
            "AND (item_id, reader_id) IN (SELECT briefing_item.item_id, delivery.reader_id "
            "FROM delivery JOIN briefing_item ON briefing_item.briefing_id = delivery.briefing_id "
            f"WHERE delivery.id IN ({places(part)}) "
            "AND delivery.state IN ('skipped', 'rejected', 'expired'))",
            (*part, *part),
        )
        for part in parts(delivery_ids)
    )


def restore_received(tx: Transaction, delivery_ids: Sequence[int]) -> None:
    """Enter what deliveries carry that are open or claimed, where nobody else brought it."""
    for part in parts(delivery_ids):
        tx.run(
            "INSERT INTO received (item_id, reader_id, delivery_id) "  # noqa: S608 - only places
            "SELECT briefing_item.item_id, delivery.reader_id, delivery.id FROM delivery "
            "JOIN briefing_item ON briefing_item.briefing_id = delivery.briefing_id "
            f"WHERE delivery.id IN ({places(part)}) "
            "AND delivery.state IN ('pending', 'deferred', 'claimed') ON CONFLICT DO NOTHING",
            part,
        )


def forget(tx: Transaction, delivery_id: int) -> None:
    """Forget what a delivery's briefing carries, before it gets another one (R7)."""
    tx.run(
        "DELETE FROM received WHERE delivery_id = ? AND (item_id, reader_id) IN "
        "(SELECT briefing_item.item_id, delivery.reader_id FROM delivery "
        "JOIN briefing_item ON briefing_item.briefing_id = delivery.briefing_id "
        "WHERE delivery.id = ?)",
        (delivery_id, delivery_id),
    )


def prune_received(tx: Transaction, before: date, *, limit: int = 20_000) -> int:
    """Delete up to `limit` rows of items dated before a day; 0 when none is left."""
    return tx.run(
        "DELETE FROM received WHERE (item_id, reader_id) IN (SELECT received.item_id, "
        "received.reader_id FROM item JOIN received ON received.item_id = item.id "
        "WHERE item.day < ? LIMIT ?)",
        (stored_day(before), limit),
    )
