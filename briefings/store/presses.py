"""Keeps how often a link was pressed on a day, and which files of presses are in that number.

Nothing here tells one reader from another (R16).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.store.instants import Day, Instant, stored, stored_day
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefings.store.database import Transaction


class PressesRow(Table, table=True):
    """Presses of the links to one item on one day."""

    __tablename__ = "presses"

    item_id: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    day: date = Field(primary_key=True, sa_type=Day)
    number: int


class FoldedRow(Table, table=True):
    """A file of presses that is in the totals already: its name is never given twice."""

    __tablename__ = "folded"

    name: str = Field(primary_key=True)
    at: datetime = Field(sa_type=Instant)


def fold(
    tx: Transaction, name: str, presses: Mapping[tuple[int, date], int], now: datetime
) -> bool:
    """Add the presses of a file to the totals, once: False when its name is known.

    Name and numbers go in one transaction, so a process killed anywhere adds all or nothing.
    """
    fresh = tx.execute(
        "INSERT INTO folded (name, at) VALUES (:name, :at) ON CONFLICT DO NOTHING",
        name=name,
        at=stored(now),
    )
    if fresh:
        tx.many(
            "INSERT INTO presses (item_id, day, number) VALUES (?, ?, ?) "
            "ON CONFLICT (item_id, day) DO UPDATE SET number = presses.number + excluded.number",
            [(item, stored_day(day), number) for (item, day), number in sorted(presses.items())],
        )
    return fresh == 1


def forget_folded(tx: Transaction, before: datetime) -> int:
    """Delete the names of files that are long gone; gives how many."""
    return tx.execute("DELETE FROM folded WHERE at < :before", before=stored(before))


def of_items(tx: Transaction) -> dict[int, int]:
    """Give how often each item was pressed in all."""
    rows = tx.rows("SELECT item_id, SUM(number) FROM presses GROUP BY item_id")
    return {int(row[0]): int(row[1]) for row in rows}
