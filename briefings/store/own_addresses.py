"""Keeps how often a reader made the addresses of their calendar and feed anew; it builds none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.store.instants import Instant, instant, stored
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from briefings.store.database import Transaction


class OwnAddressRow(Table, table=True):
    """A reader who made them anew; who never did has no row, and addresses of number 0."""

    __tablename__ = "own_address"

    reader_id: int = Field(
        primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False}
    )
    number: int
    renewed_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """The number that the addresses carry now, and since when."""

    number: int
    at: datetime


def of_reader(tx: Transaction, reader_id: int) -> Renewed | None:
    """Give the newest number of a reader; None for who has the first addresses, number 0."""
    row = tx.one("SELECT number, renewed_at FROM own_address WHERE reader_id = :id", id=reader_id)
    return None if row is None else Renewed(number=int(row[0]), at=instant(row[1]))


def number(tx: Transaction, reader_id: int) -> int:
    """Give the number that the good addresses of a reader carry."""
    renewed = of_reader(tx, reader_id)
    return 0 if renewed is None else renewed.number


def erase(tx: Transaction, reader_id: int) -> int:
    """Delete what is kept of a reader; give how many rows."""
    return tx.execute("DELETE FROM own_address WHERE reader_id = :id", id=reader_id)


def renew(tx: Transaction, reader_id: int, now: datetime) -> None:
    """Raise the number: addresses that carry a lower one are not good any more."""
    tx.execute(
        "INSERT INTO own_address (reader_id, number, renewed_at) VALUES (:id, 1, :now) "
        "ON CONFLICT (reader_id) DO UPDATE SET number = own_address.number + 1, "
        "renewed_at = excluded.renewed_at",
        id=reader_id,
        now=stored(now),
    )
