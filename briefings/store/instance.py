"""Keeps facts about this database by name, its instance id among them (P10); decides nothing.

Counters stand here too: a counter row is locked until its transaction ends, so numbers become
visible in the order of the numbers on both databases, which a PostgreSQL sequence does not promise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from briefings.store.database import Transaction

_INSTANCE = "instance"


class Meta(Table, table=True):
    """A fact about this database, by name."""

    key: str = Field(primary_key=True)
    value: str


class Counter(Table, table=True):
    """The last number given out, by name."""

    name: str = Field(primary_key=True)
    value: int = Field(sa_type=BigId)


def instance_id(tx: Transaction) -> str | None:
    """Give the id that must equal the one in `STATE_DIR/instance` before anything is sent."""
    return get(tx, _INSTANCE)


def set_instance_id(tx: Transaction, value: str) -> None:
    """Make this the id of the database."""
    put(tx, _INSTANCE, value)


def get(tx: Transaction, key: str) -> str | None:
    """Give a stored fact, or None."""
    row = tx.one("SELECT value FROM meta WHERE key = :key", key=key)
    return None if row is None else str(row[0])


def put(tx: Transaction, key: str, value: str) -> None:
    """Store a fact, in place of an older one."""
    tx.execute(
        "INSERT INTO meta (key, value) VALUES (:key, :value) "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        key=key,
        value=value,
    )


def has_history(tx: Transaction) -> bool:
    """Say whether an issue or an approved edition exists: then `init` keeps its hands off (P10)."""
    row = tx.one(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM issue) "
        "OR EXISTS (SELECT 1 FROM edition WHERE state IN ('approved', 'published'))"
    )
    return row is not None


def next_number(tx: Transaction, name: str) -> int:
    """Give the next number of a counter, from 1; holds the counter until the transaction ends."""
    ((value,),) = tx.fetch(
        "INSERT INTO counter (name, value) VALUES (?, 1) "
        "ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value",
        (name,),
    )
    return int(value)


def last_number(tx: Transaction, name: str) -> int:
    """Give the last number of a counter, 0 before the first."""
    found = tx.fetch("SELECT value FROM counter WHERE name = ?", (name,))
    return int(found[0][0]) if found else 0


def raise_number(tx: Transaction, name: str, to: int) -> None:
    """Let a counter go on from a number, unless it is higher already."""
    tx.run(
        "INSERT INTO counter (name, value) VALUES (?, ?) ON CONFLICT (name) "
        "DO UPDATE SET value = excluded.value WHERE counter.value < excluded.value",
        (name, to),
    )
