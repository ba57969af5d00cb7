"""Keeps what editors decided about each edition, change by change; it never decides itself.

The newest change is what holds. Nothing is changed or deleted, so every earlier state can be looked
at and taken up again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.errors import Conflict
from briefings.model.edition import Choices
from briefings.store.codec import dumps, loads, nfc
from briefings.store.instants import Instant, instant, stored
from briefings.store.tables import Table

if TYPE_CHECKING:
    from briefings.store.database import Transaction


class ChoiceRow(Table, table=True):
    """What one change left: the whole of the choices, as JSON, and the change in words."""

    __tablename__ = "edition_choice"

    week: str = Field(primary_key=True)
    specialization: str = Field(primary_key=True)
    n: int = Field(primary_key=True)
    choices: str
    act: str
    made_by: str
    made_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: its number from 1 on, what was done in words, by whom, when (UTC)."""

    n: int
    act: str
    by: str
    at: datetime
    choices: Choices


def add(
    tx: Transaction,
    week: str,
    specialization: str,
    n: int,
    choices: Choices,
    *,
    act: str,
    by: str,
    now: datetime,
) -> None:
    """Store change `n`; Conflict when somebody else stored that one first."""
    added = tx.execute(
        "INSERT INTO edition_choice (week, specialization, n, choices, act, made_by, made_at) "
        "SELECT :week, :slug, CAST(:n AS INTEGER), :choices, :act, :by, CAST(:now AS BIGINT) "
        "WHERE CAST(:n AS INTEGER) - 1 = (SELECT COALESCE(MAX(n), 0) "
        "FROM edition_choice WHERE week = :week AND specialization = :slug)",
        week=week,
        slug=specialization,
        n=n,
        choices=dumps(choices),
        act=nfc(act),
        by=by,
        now=stored(now),
    )
    if not added:
        raise Conflict(
            f"Somebody else changed {specialization} of {week} meanwhile: look at it again."
        )


def of_week(tx: Transaction, week: str) -> dict[str, Change]:
    """Give the newest change of each edition of a week, by specialization."""
    rows = tx.rows(
        "SELECT specialization, n, act, made_by, made_at, choices FROM edition_choice AS newest "
        "WHERE week = :week AND n = (SELECT MAX(n) FROM edition_choice AS one "
        "WHERE one.week = newest.week AND one.specialization = newest.specialization)",
        week=week,
    )
    return {row[0]: _change(*row[1:]) for row in rows}


def newest(tx: Transaction, week: str, specialization: str) -> Change | None:
    """Give the newest change of one edition, or None."""
    row = tx.one(
        "SELECT n, act, made_by, made_at, choices FROM edition_choice "
        "WHERE week = :week AND specialization = :slug ORDER BY n DESC LIMIT 1",
        week=week,
        slug=specialization,
    )
    return None if row is None else _change(*row)


def changed_by(tx: Transaction, week: str, by: str) -> set[str]:
    """Give the specializations whose edition of a week somebody changed."""
    rows = tx.rows(
        "SELECT DISTINCT specialization FROM edition_choice WHERE week = :week AND made_by = :by",
        week=week,
        by=by,
    )
    return {str(row[0]) for row in rows}


def history(tx: Transaction, week: str, specialization: str) -> list[Change]:
    """Give every change of an edition, newest first."""
    rows = tx.rows(
        "SELECT n, act, made_by, made_at, choices FROM edition_choice "
        "WHERE week = :week AND specialization = :slug ORDER BY n DESC",
        week=week,
        slug=specialization,
    )
    return [_change(*row) for row in rows]


def _change(n: int, act: str, by: str, at: int, choices: str) -> Change:
    return Change(n=n, act=act, by=by, at=instant(at), choices=loads(Choices, choices))
