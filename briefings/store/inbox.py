"""Looks items up for the desk: pages of the inbox, look-alikes, search, words not saved yet.

It changes no item; what an item says and its state stand in `items`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.model.news import ItemState, Kind
from briefings.store.imports import SHOWN
from briefings.store.instants import Instant, instant, stored, stored_day
from briefings.store.instants import day as day_of
from briefings.store.tables import BigId, Table, parts, places
from briefings.store.terms import HOLDS, pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from briefings.store.database import Transaction, Value

_FROM_FEED = "EXISTS (SELECT 1 FROM feed_entry WHERE feed_entry.item_id = item.id)"


class Origin(StrEnum):
    """Where an item came from."""

    PERSON = "person"
    IMPORT = "import"
    FEED = "feed"


_ORIGINS = {
    Origin.FEED: _FROM_FEED,
    Origin.IMPORT: "item.import_id <> 0",
    Origin.PERSON: f"(item.import_id = 0 AND NOT {_FROM_FEED})",
}


class UnsavedRow(Table, table=True):
    """What somebody typed and did not save; `fields` is the form as JSON, item 0 is a new one."""

    __tablename__ = "item_unsaved"

    item_id: int = Field(primary_key=True, sa_type=BigId)
    by: str = Field(primary_key=True)
    revision: int
    fields: str
    at: datetime = Field(sa_type=Instant)


class JoinedRow(Table, table=True):
    """An item that tells of the same as another and was withdrawn for it."""

    __tablename__ = "item_joined"

    item_id: int = Field(primary_key=True, sa_type=BigId, foreign_key="item.id")
    into_id: int = Field(sa_type=BigId, foreign_key="item.id")
    by: str
    at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Which items are looked for; empty fields let everything through, `terms` are folded."""

    state: ItemState | None = None
    origin: Origin | None = None
    kind: Kind | None = None
    about: str = ""
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """As much of an item as comparing needs."""

    id: int
    state: ItemState
    kind: Kind
    about: str
    version: str
    headline: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaved:
    """Words that wait to be saved: the revision that they began with, the form, and when."""

    revision: int
    fields: str
    at: datetime


def page(tx: Transaction, look: Look, *, limit: int, offset: int) -> list[int]:
    """Give the ids of the items that are looked for, newest first."""
    where, values = _where(look)
    rows = tx.fetch(
        f"SELECT item.id FROM item WHERE {where} "  # noqa: S608 - our own text
        "ORDER BY item.day DESC, item.id DESC LIMIT ? OFFSET ?",
        (*values, limit, offset),
    )
    return [int(row[0]) for row in rows]


def count(tx: Transaction, look: Look) -> int:
    """Count the items that are looked for."""
    where, values = _where(look)
    return int(tx.fetch(f"SELECT COUNT(*) FROM item WHERE {where}", values)[0][0])  # noqa: S608 - our own text


def counts_by_origin(tx: Transaction, look: Look) -> dict[Origin, int]:
    """Count the items that are looked for, whatever their origin, by origin."""
    where, values = _where(
        Look(state=look.state, kind=look.kind, about=look.about, terms=look.terms)
    )
    rows = tx.fetch(
        f"SELECT CASE WHEN item.import_id <> 0 THEN 'import' WHEN {_FROM_FEED} THEN 'feed' "  # noqa: S608 - our own text
        f"ELSE 'person' END AS origin, COUNT(*) FROM item WHERE {where} GROUP BY 1",
        values,
    )
    return {Origin(row[0]): int(row[1]) for row in rows}


def origins(tx: Transaction, ids: Collection[int]) -> dict[int, Origin]:
    """Say where items came from."""
    found: dict[int, Origin] = {}
    for part in parts(sorted(set(ids))):
        sql = (
            f"SELECT item.id, item.import_id <> 0, {_FROM_FEED} FROM item "  # noqa: S608 - our own text
            f"WHERE item.id IN ({places(part)})"
        )
        for number, imported, fed in tx.fetch(sql, part):
            origin = Origin.IMPORT if imported else Origin.FEED if fed else Origin.PERSON
            found[int(number)] = origin
    return found


def near(
    tx: Transaction, about: Collection[str], since: date, until: date, *, limit: int
) -> list[Brief]:
    """Give the items about these tools or roles of a span of days that were not withdrawn."""
    wanted = sorted(set(about))
    if not wanted:
        return []
    rows = tx.fetch(
        "SELECT id, state, kind, about, version, headline, day FROM item "  # noqa: S608 - our own text
        f"WHERE about IN ({places(wanted)}) AND day >= ? AND day <= ? AND state <> 'withdrawn' "
        f"AND import_id {SHOWN} ORDER BY day DESC, id DESC LIMIT ?",
        (*wanted, stored_day(since), stored_day(until), limit),
    )
    return [
        Brief(
            id=row[0],
            state=ItemState(row[1]),
            kind=Kind(row[2]),
            about=row[3],
            version=row[4],
            headline=row[5],
            day=day_of(row[6]) or date.min,
        )
        for row in rows
    ]


def join(tx: Transaction, item_id: int, into_id: int, *, by: str, now: datetime) -> None:
    """Note that an item tells of the same as another; the last word counts."""
    tx.execute(
        'INSERT INTO item_joined (item_id, into_id, "by", at) VALUES (:item, :into, :by, :now) '
        "ON CONFLICT (item_id) DO UPDATE SET into_id = excluded.into_id, "
        '"by" = excluded."by", at = excluded.at',
        item=item_id,
        into=into_id,
        by=by,
        now=stored(now),
    )


def part_again(tx: Transaction, item_ids: Collection[int]) -> None:
    """Forget that items were joined into others."""
    tx.many("DELETE FROM item_joined WHERE item_id = ?", [(each,) for each in item_ids])


def joined_into(tx: Transaction, into_id: int) -> list[int]:
    """Give the items that were joined into one."""
    rows = tx.rows(
        "SELECT item_id FROM item_joined WHERE into_id = :into ORDER BY item_id", into=into_id
    )
    return [int(row[0]) for row in rows]


def put_unsaved(
    tx: Transaction, item_id: int, by: str, *, revision: int, fields: str, now: datetime
) -> None:
    """Keep what somebody typed, in place of what they typed before."""
    tx.execute(
        'INSERT INTO item_unsaved (item_id, "by", revision, fields, at) '
        "VALUES (:item, :by, :revision, :fields, :now) "
        'ON CONFLICT (item_id, "by") DO UPDATE SET '
        "revision = excluded.revision, fields = excluded.fields, at = excluded.at",
        item=item_id,
        by=by,
        revision=revision,
        fields=fields,
        now=stored(now),
    )


def unsaved(tx: Transaction, item_id: int, by: str) -> Unsaved | None:
    """Give what somebody typed and did not save."""
    row = tx.one(
        'SELECT revision, fields, at FROM item_unsaved WHERE item_id = :item AND "by" = :by',
        item=item_id,
        by=by,
    )
    return None if row is None else Unsaved(revision=row[0], fields=row[1], at=instant(row[2]))


def drop_unsaved(tx: Transaction, item_id: int, by: str) -> int:
    """Forget it; give how many rows there were."""
    return tx.execute(
        'DELETE FROM item_unsaved WHERE item_id = :item AND "by" = :by', item=item_id, by=by
    )


def _where(look: Look) -> tuple[str, Sequence[Value]]:
    where, values = [f"item.import_id {SHOWN}"], list[str]()
    for column, value in (("state", look.state), ("kind", look.kind), ("about", look.about)):
        if value:
            where.append(f"item.{column} = ?")
            values.append(str(value))
    if look.origin is not None:
        where.append(_ORIGINS[look.origin])
    for term in look.terms:
        where.append(HOLDS.format(column="item.words"))
        values.append(pattern(term))
    return " AND ".join(where), tuple(values)
