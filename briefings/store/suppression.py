"""Keeps which mailboxes must never get mail, by keyed hashes of the caller; never addresses."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.store import instance
from briefings.store.instants import Instant, stored
from briefings.store.tables import Table, parts, places

if TYPE_CHECKING:
    from collections.abc import Collection

    from briefings.store.database import Transaction

_KEY = "mailbox_key"
_KEYS_BEFORE = "mailbox_keys_before"


class Suppression(Table, table=True):
    """One suppressed mailbox; the first reason stays."""

    email_hash: str = Field(primary_key=True)
    reason: str
    at: datetime = Field(sa_type=Instant)


def add(tx: Transaction, email_hash: str, reason: str, now: datetime) -> bool:
    """Suppress a mailbox by its hash; False when it already was."""
    return (
        tx.execute(
            "INSERT INTO suppression (email_hash, reason, at) VALUES (:hash, :reason, :now) "
            "ON CONFLICT (email_hash) DO NOTHING",
            hash=email_hash,
            reason=reason,
            now=stored(now),
        )
        > 0
    )


def reason(tx: Transaction, hashes: Collection[str]) -> str | None:
    """Give why a mailbox is suppressed, asked under every hash it may have; None when it is not."""
    row = tx.fetch(
        f"SELECT reason FROM suppression WHERE email_hash IN ({places(hashes)}) ORDER BY at",  # noqa: S608 - only places
        tuple(hashes),
    )
    return str(row[0][0]) if row else None


def lift(tx: Transaction, hashes: Collection[str]) -> bool:
    """Let a mailbox get mail again; False when it was not suppressed."""
    return (
        tx.run(f"DELETE FROM suppression WHERE email_hash IN ({places(hashes)})", tuple(hashes)) > 0  # noqa: S608 - only places
    )


def keys(tx: Transaction) -> list[str]:
    """Give the keys of the hashes in hex: the database's own, then those of older rows.

    Empty while the database has none of its own (`make_key`).
    """
    own, before = instance.get(tx, _KEY), instance.get(tx, _KEYS_BEFORE)
    return [] if own is None else [own, *(before or "").split()]


def make_key(tx: Transaction, key: str) -> None:
    """Give the database a key of its own, in hex; one that it has stays."""
    tx.execute(
        "INSERT INTO meta (key, value) VALUES (:name, :key) ON CONFLICT (key) DO NOTHING",
        name=_KEY,
        key=key,
    )


def keep_keys(tx: Transaction, more: Collection[str]) -> None:
    """Remember further keys, in hex, under which rows may have been written."""
    known = (instance.get(tx, _KEYS_BEFORE) or "").split()
    instance.put(tx, _KEYS_BEFORE, " ".join(dict.fromkeys((*known, *more))))


def any_at_all(tx: Transaction) -> bool:
    """Say whether a single mailbox is suppressed."""
    return tx.one("SELECT 1 FROM suppression LIMIT 1") is not None


def among(tx: Transaction, hashes: Collection[str]) -> frozenset[str]:
    """Give those of the hashes that are suppressed."""
    found: set[str] = set()
    for part in parts(list(hashes)):
        rows = tx.fetch(
            f"SELECT email_hash FROM suppression WHERE email_hash IN ({places(part)})",  # noqa: S608 - only places
            part,
        )
        found.update(str(row[0]) for row in rows)
    return frozenset(found)
