"""Keeps changes of address that wait for both mailboxes to agree; it never changes a reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field, Index

from briefings.store.instants import Instant, instant, instant_or_none, stored
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from briefings.store.database import Transaction


class MoveRow(Table, table=True):
    """One change of address, the newest of its reader."""

    __tablename__ = "move"
    __table_args__ = (Index("uq_move_reader_id", "reader_id", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    reader_id: int = Field(sa_type=BigId)
    new_email: str
    asked_at: datetime = Field(sa_type=Instant)
    agreed_at: datetime | None = Field(default=None, sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A change of address; `agreed_at` is when the old mailbox said yes."""

    id: int
    reader_id: int
    new_email: str
    asked_at: datetime
    agreed_at: datetime | None
    expires_at: datetime


def put(
    tx: Transaction, reader_id: int, new_email: str, *, now: datetime, expires_at: datetime
) -> int:
    """Store a change of address in place of an earlier one, under a number of its own."""
    drop(tx, reader_id)
    rows = tx.rows(
        "INSERT INTO move (reader_id, new_email, asked_at, expires_at) "
        "VALUES (:reader_id, :new_email, :now, :expires_at) RETURNING id",
        reader_id=reader_id,
        new_email=new_email,
        now=stored(now),
        expires_at=stored(expires_at),
    )
    return int(rows[0][0])


def of_reader(tx: Transaction, reader_id: int, now: datetime) -> Move | None:
    """Give the change of address that a reader waits for, or None."""
    row = tx.one(
        "SELECT id, reader_id, new_email, asked_at, agreed_at, expires_at FROM move "  # noqa: S608 - our own text
        f"WHERE reader_id = :reader_id AND expires_at > :now{tx.for_update}",
        reader_id=reader_id,
        now=stored(now),
    )
    if row is None:
        return None
    return Move(
        id=row[0],
        reader_id=row[1],
        new_email=row[2],
        asked_at=instant(row[3]),
        agreed_at=instant_or_none(row[4]),
        expires_at=instant(row[5]),
    )


def agree(tx: Transaction, move_id: int, now: datetime) -> bool:
    """Write down that the old mailbox agreed; False when it had before."""
    return (
        tx.execute(
            "UPDATE move SET agreed_at = :now WHERE id = :id AND agreed_at IS NULL",
            now=stored(now),
            id=move_id,
        )
        > 0
    )


def drop(tx: Transaction, reader_id: int) -> None:
    """Delete the change of address of a reader: done, taken back, or replaced."""
    tx.execute("DELETE FROM move WHERE reader_id = :reader_id", reader_id=reader_id)


def expire(tx: Transaction, now: datetime) -> int:
    """Delete the changes of address that were not agreed to in time; give how many."""
    return tx.execute("DELETE FROM move WHERE expires_at <= :now", now=stored(now))
