"""Keeps what an operator must hear of, each thing once; it mails nothing and judges nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field, Index

from briefings.store.instants import Instant, instant, instant_or_none, stored
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefings.store.database import Row, Transaction

_COLUMNS = "id, key, week, text, at, mailed_at"


class AlertRow(Table, table=True):
    """One alert; its key is made of what it is about, so that it is raised once."""

    __tablename__ = "alert"
    __table_args__ = (Index("uq_alert_key", "key", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    key: str
    week: str | None = None
    text: str
    at: datetime = Field(sa_type=Instant)
    mailed_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What an operator must hear of; `mailed_at` is empty until a letter took it along."""

    id: int
    key: str
    week: str | None
    text: str
    at: datetime
    mailed_at: datetime | None


def add(tx: Transaction, key: str, text: str, *, week: str | None, now: datetime) -> bool:
    """Raise an alert; False when one with this key was raised before."""
    return (
        tx.execute(
            "INSERT INTO alert (key, week, text, at) VALUES (:key, :week, :text, :now) "
            "ON CONFLICT (key) DO NOTHING",
            key=key,
            week=week,
            text=text,
            now=stored(now),
        )
        > 0
    )


def of_week(tx: Transaction, week: str) -> list[Alert]:
    """Give the alerts about a week, oldest first."""
    rows = tx.rows(f"SELECT {_COLUMNS} FROM alert WHERE week = :week ORDER BY id", week=week)  # noqa: S608 - our own text
    return [_alert(row) for row in rows]


def unmailed(tx: Transaction, limit: int = 100) -> list[Alert]:
    """Give the oldest alerts that no letter took along yet."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM alert WHERE mailed_at IS NULL ORDER BY id LIMIT :limit",  # noqa: S608 - our own text
        limit=limit,
    )
    return [_alert(row) for row in rows]


def mark_mailed(tx: Transaction, ids: Sequence[int], now: datetime) -> None:
    """Say that a letter took these along; the first time stays."""
    tx.many(
        "UPDATE alert SET mailed_at = ? WHERE id = ? AND mailed_at IS NULL",
        [(stored(now), number) for number in ids],
    )


def _alert(row: Row) -> Alert:
    return Alert(
        id=row[0],
        key=row[1],
        week=row[2],
        text=row[3],
        at=instant(row[4]),
        mailed_at=instant_or_none(row[5]),
    )
