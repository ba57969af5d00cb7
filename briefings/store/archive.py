"""Keeps which published editions anybody may read, and their blocks without a reader's values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.store.instants import Instant, instant, stored
from briefings.store.issues import RELEASED
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from briefings.store.database import Row, Transaction

EVERY_WEEK = ""
"""In place of a week: the switch of a whole specialization."""

_SHOWN = (
    "FROM archived JOIN edition ON edition.week = archived.week "
    f"AND edition.specialization = archived.specialization AND edition.state = 'published' "
    f"AND {RELEASED} "
    "LEFT JOIN archive_switch AS own ON own.specialization = archived.specialization "
    "AND own.week = archived.week "
    "LEFT JOIN archive_switch AS every ON every.specialization = archived.specialization "
    "AND every.week = '' "
    "WHERE COALESCE(own.shown, every.shown, FALSE)"
)
"""What the week's own switch says goes before what the specialization's says; without both, off."""
_COLUMNS = "archived.week, archived.specialization, archived.briefing_id, archived.at"


class ArchivedRow(Table, table=True):
    """The public briefing of an edition, stored as it was when the edition was published."""

    __tablename__ = "archived"

    specialization: str = Field(primary_key=True)
    week: str = Field(primary_key=True)
    briefing_id: int = Field(sa_type=BigId)
    at: datetime = Field(sa_type=Instant)


class SwitchRow(Table, table=True):
    """An editor's word: shown or not, for one week or for every week of a specialization."""

    __tablename__ = "archive_switch"

    specialization: str = Field(primary_key=True)
    week: str = Field(primary_key=True)
    shown: bool
    by: str
    at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """One edition in the archive; `at` is when it was published."""

    week: str
    specialization: str
    briefing_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What an editor said; the week is empty where it is about all of them."""

    specialization: str
    week: str
    shown: bool
    by: str
    at: datetime


def put(tx: Transaction, week: str, slug: str, briefing_id: int, now: datetime) -> bool:
    """Store the public briefing of an edition; False when it is there: it never changes."""
    return (
        tx.execute(
            "INSERT INTO archived (specialization, week, briefing_id, at) "
            "VALUES (:slug, :week, :briefing_id, :at) ON CONFLICT DO NOTHING",
            slug=slug,
            week=week,
            briefing_id=briefing_id,
            at=stored(now),
        )
        == 1
    )


def switch(tx: Transaction, said: Switch) -> bool:
    """Store an editor's word in place of an earlier one; False when it says the same."""
    before = tx.one(
        "SELECT shown FROM archive_switch WHERE specialization = :slug AND week = :week",
        slug=said.specialization,
        week=said.week,
    )
    if before is not None and bool(before[0]) == said.shown:
        return False
    tx.execute(
        "INSERT INTO archive_switch (specialization, week, shown, by, at) "
        "VALUES (:slug, :week, :shown, :by, :at) "
        "ON CONFLICT (specialization, week) DO UPDATE SET shown = excluded.shown, "
        "by = excluded.by, at = excluded.at",
        slug=said.specialization,
        week=said.week,
        shown=said.shown,
        by=said.by,
        at=stored(said.at),
    )
    return True


def switches(tx: Transaction) -> list[Switch]:
    """Give every word that editors said, by specialization, the one for every week first."""
    rows = tx.rows(
        "SELECT specialization, week, shown, by, at FROM archive_switch "
        "ORDER BY specialization, week"
    )
    return [
        Switch(
            specialization=row[0], week=row[1], shown=bool(row[2]), by=row[3], at=instant(row[4])
        )
        for row in rows
    ]


def shown(tx: Transaction, slug: str | None = None) -> list[Archived]:
    """Give the editions that anybody may read, of one specialization or all, newest week first."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} {_SHOWN} "
        "AND (CAST(:slug AS TEXT) IS NULL OR archived.specialization = :slug) "
        "ORDER BY archived.week DESC, archived.specialization",
        slug=slug,
    )
    return [_archived(row) for row in rows]


def get(tx: Transaction, slug: str, week: str) -> Archived | None:
    """Give one edition that anybody may read, or None."""
    row = tx.one(
        f"SELECT {_COLUMNS} {_SHOWN} AND archived.specialization = :slug AND archived.week = :week",
        slug=slug,
        week=week,
    )
    return None if row is None else _archived(row)


def stored_weeks(tx: Transaction, slug: str) -> list[str]:
    """Give the weeks of a specialization that are stored, shown or not, newest first."""
    rows = tx.rows(
        "SELECT week FROM archived WHERE specialization = :slug ORDER BY week DESC", slug=slug
    )
    return [str(row[0]) for row in rows]


def _archived(row: Row) -> Archived:
    return Archived(week=row[0], specialization=row[1], briefing_id=row[2], at=instant(row[3]))
