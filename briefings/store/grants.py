"""Keeps who was given which tier, when and by whom; what a tier holds, the catalogue says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field, Index

from briefings.store.instants import Instant, instant, stored
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from briefings.store.database import Transaction


class GrantRow(Table, table=True):
    """One grant. Its key is what made it: the same key again grants nothing."""

    __tablename__ = "tier_grant"
    __table_args__ = (
        Index("uq_tier_grant_key", "key", unique=True),
        Index("ix_tier_grant_reader_id", "reader_id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    key: str
    reader_id: int = Field(sa_type=BigId)
    tier: str
    before: str
    by: str
    at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A tier that a reader was given. `by` is a person or a payment provider."""

    tier: str
    before: str
    by: str
    at: datetime


def add(tx: Transaction, key: str, reader_id: int, grant: Grant) -> bool:
    """Write a grant down; False when this key granted before, whatever it granted."""
    return (
        tx.execute(
            "INSERT INTO tier_grant (key, reader_id, tier, before, by, at) "
            "VALUES (:key, :reader_id, :tier, :before, :by, :at) ON CONFLICT DO NOTHING",
            key=key,
            reader_id=reader_id,
            tier=grant.tier,
            before=grant.before,
            by=grant.by,
            at=stored(grant.at),
        )
        == 1
    )


def of_reader(tx: Transaction, reader_id: int) -> list[Grant]:
    """Give what a reader was granted, newest first."""
    rows = tx.rows(
        "SELECT tier, before, by, at FROM tier_grant WHERE reader_id = :id ORDER BY id DESC",
        id=reader_id,
    )
    return [Grant(tier=row[0], before=row[1], by=row[2], at=instant(row[3])) for row in rows]


def forget(tx: Transaction, reader_id: int) -> None:
    """Delete what a reader was granted, when the reader is erased."""
    tx.execute("DELETE FROM tier_grant WHERE reader_id = :id", id=reader_id)
