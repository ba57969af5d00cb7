"""Counts what happened under a name within a window, so that limits survive a restart.

The window of a name begins with its first use after the last window ended; it decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlmodel import Field, Index

from briefings.store.instants import Instant, instant, stored
from briefings.store.tables import Table

if TYPE_CHECKING:
    from briefings.store.database import Transaction


class QuotaRow(Table, table=True):
    """One window of one name; names are hashed where they would tell of somebody."""

    __tablename__ = "quota"
    __table_args__ = (Index("ix_quota_ends_at", "ends_at"),)

    name: str = Field(primary_key=True)
    used: int
    ends_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One counted use: its number in the window, from 1, and when the window ends."""

    number: int
    ends_at: datetime


def use(tx: Transaction, name: str, window: timedelta, now: datetime) -> Use:
    """Count one use of a name.

    The row is locked until the transaction ends, so two uses at once get two numbers.
    """
    moment = stored(now)
    row = tx.fetch(
        "INSERT INTO quota (name, used, ends_at) VALUES (?, 1, ?) "
        "ON CONFLICT (name) DO UPDATE SET "
        "used = CASE WHEN quota.ends_at > ? THEN quota.used + 1 ELSE 1 END, "
        "ends_at = CASE WHEN quota.ends_at > ? THEN quota.ends_at ELSE excluded.ends_at END "
        "RETURNING used, ends_at",
        (name, stored(now + window), moment, moment),
    )
    return Use(number=int(row[0][0]), ends_at=instant(row[0][1]))


def expire(tx: Transaction, now: datetime) -> int:
    """Delete the windows that have ended; give how many."""
    return tx.execute("DELETE FROM quota WHERE ends_at <= :now", now=stored(now))
