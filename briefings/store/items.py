"""Keeps news as items with revisions; it never decides whom an item concerns.

Items of an import that is not shown yet are seen by nobody here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlmodel import Field, Index

from briefings.errors import NotFound, Remedy
from briefings.model.news import Item, ItemState, Kind, News
from briefings.store.codec import dumps, loads, nfc
from briefings.store.imports import NOT_IMPORTED, SHOWN
from briefings.store.instants import Day, Instant, instant, stored, stored_day
from briefings.store.tables import BigId, Table, parts, places
from briefings.store.terms import folded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from briefings.store.database import Row, Transaction

_ITEM = (
    "SELECT item.id, item_revision.revision, item.state, item.week, item_revision.news "
    "FROM item JOIN item_revision ON item_revision.item_id = item.id "
)
_CURRENT = _ITEM + "AND item_revision.revision = item.revision "
_LISTED = (
    f"WHERE item.import_id {SHOWN} "
    "AND (CAST(:week AS TEXT) IS NULL OR item.week = :week) "
    "AND (CAST(:state AS TEXT) IS NULL OR item.state = :state) "
    "AND (CAST(:kind AS TEXT) IS NULL OR item.kind = :kind) "
)


class ItemRow(Table, table=True):
    """One item; `revision` is the current one, `day` the date of its event.

    What follows `kind` is taken out of its words, so that it can be looked for: `about` is the slug
    of its tool or role, `words` all that a search reads, folded. `queued_by` is empty for programs.
    """

    __tablename__ = "item"
    __table_args__ = (
        Index("ix_item_week", "week"),
        Index("ix_item_day", "day"),
        Index("ix_item_state_day", "state", "day", "id"),
        Index("ix_item_about_day", "about", "day"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    revision: int
    state: str
    week: str
    kind: str
    day: date = Field(sa_type=Day)
    about: str = Field(default="", sa_column_kwargs={"server_default": ""})
    version: str = Field(default="", sa_column_kwargs={"server_default": ""})
    headline: str = Field(default="", sa_column_kwargs={"server_default": ""})
    words: str = Field(default="", sa_column_kwargs={"server_default": ""})
    import_id: int = Field(default=NOT_IMPORTED, sa_type=BigId)
    import_key: str | None = Field(default=None, unique=True)
    created_at: datetime = Field(sa_type=Instant)
    queued_by: str = Field(default="", sa_column_kwargs={"server_default": ""})


class ItemRevision(Table, table=True):
    """What an item said at one of its revisions, as JSON; never changed, never deleted."""

    __tablename__ = "item_revision"

    item_id: int = Field(primary_key=True, sa_type=BigId, foreign_key="item.id")
    revision: int = Field(primary_key=True)
    news: str
    at: datetime = Field(sa_type=Instant)
    by: str = Field(default="", sa_column_kwargs={"server_default": ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What an item said at one of its revisions, since when, and by whom (empty: a program)."""

    number: int
    news: News
    at: datetime
    by: str


def add(
    tx: Transaction,
    news: News,
    *,
    week: str,
    state: ItemState,
    now: datetime,
    import_id: int | None = None,
    import_key: str | None = None,
    by: str = "",
) -> int:
    """Store a new item and give its id; Conflict when the import key is stored already."""
    (row,) = tx.rows(
        "INSERT INTO item (revision, state, week, kind, day, about, version, headline, words, "
        "import_id, import_key, created_at) VALUES (1, :state, :week, :kind, :day, :about, "
        ":version, :headline, :words, :import_id, :import_key, :now) RETURNING id",
        state=state.value,
        week=week,
        kind=news.kind.value,
        day=stored_day(news.date),
        **_looked_up(news),
        import_id=import_id or NOT_IMPORTED,
        import_key=import_key,
        now=stored(now),
    )
    _add_revision(tx, int(row[0]), 1, news, now=now, by=by)
    return int(row[0])


def revise(tx: Transaction, item_id: int, news: News, *, now: datetime, by: str = "") -> int:
    """Store what the item says from now on and give the new revision; the id stays."""
    rows = tx.rows(
        "UPDATE item SET revision = revision + 1, kind = :kind, day = :day, about = :about, "
        "version = :version, headline = :headline, words = :words "
        "WHERE id = :id RETURNING revision",
        kind=news.kind.value,
        day=stored_day(news.date),
        **_looked_up(news),
        id=item_id,
    )
    if not rows:
        raise NotFound(f"There is no item {item_id}.", Remedy.SEE_ITEMS)
    revision = int(rows[0][0])
    _add_revision(tx, item_id, revision, news, now=now, by=by)
    return revision


def history(tx: Transaction, item_id: int, limit: int = 100) -> list[Revision]:
    """Give what an item said, newest first."""
    rows = tx.rows(
        'SELECT revision, news, at, "by" FROM item_revision WHERE item_id = :id '
        "ORDER BY revision DESC LIMIT :limit",
        id=item_id,
        limit=limit,
    )
    return [
        Revision(number=row[0], news=loads(News, row[1]), at=instant(row[2]), by=row[3])
        for row in rows
    ]


def writer(tx: Transaction, item_id: int, revision: int) -> str:
    """Say who wrote a revision; empty for a program."""
    row = tx.one(
        'SELECT "by" FROM item_revision WHERE item_id = :id AND revision = :revision',
        id=item_id,
        revision=revision,
    )
    return str(row[0]) if row else ""


def _looked_up(news: News) -> dict[str, str]:
    """What of an item's words stands in columns, in one normal form."""
    return {
        "about": news.tool or news.role or "",
        "version": news.version or "",
        "headline": nfc(news.headline),
        "words": words_of(news),
    }


def words_of(news: News) -> str:
    """Give all that a search reads of an item, folded."""
    told = (news.headline, news.summary, news.do, news.tool, news.role, news.version, *news.tags)
    return folded(" ".join(filter(None, told)))


def _add_revision(
    tx: Transaction, item_id: int, revision: int, news: News, *, now: datetime, by: str
) -> None:
    tx.execute(
        'INSERT INTO item_revision (item_id, revision, news, at, "by") '
        "VALUES (:item_id, :revision, :news, :now, :by)",
        item_id=item_id,
        revision=revision,
        news=dumps(news),
        now=stored(now),
        by=by,
    )


def set_state(tx: Transaction, ids: Iterable[int], state: ItemState) -> int:
    """Queue or withdraw items; give how many there were."""
    return tx.many(
        "UPDATE item SET state = ? WHERE id = ?", [(state.value, item_id) for item_id in ids]
    )


def set_queued_by(tx: Transaction, ids: Iterable[int], by: str) -> None:
    """Note who queued items last."""
    tx.many("UPDATE item SET queued_by = ? WHERE id = ?", [(by, item_id) for item_id in ids])


def hands_of(tx: Transaction, ids: Collection[int], by: str) -> tuple[dict[int, int], set[int]]:
    """Say in which of these items somebody had a hand.

    Gives the first revision of theirs of each that they wrote, and the ids that they queued.
    """
    written: dict[int, int] = {}
    queued: set[int] = set()
    for part in parts(sorted(set(ids))):
        for row in tx.fetch(
            "SELECT item_id, MIN(revision) FROM item_revision "  # noqa: S608 - only places
            f'WHERE "by" = ? AND item_id IN ({places(part)}) GROUP BY item_id',
            [by, *part],
        ):
            written[row[0]] = row[1]
        for row in tx.fetch(
            f"SELECT id FROM item WHERE queued_by = ? AND id IN ({places(part)})",  # noqa: S608
            [by, *part],
        ):
            queued.add(row[0])
    return written, queued


def set_week(tx: Transaction, item_id: int, week: str) -> None:
    """Move an item to another week (R3); NotFound when there is no such item."""
    if not tx.execute("UPDATE item SET week = :week WHERE id = :id", week=week, id=item_id):
        raise NotFound(f"There is no item {item_id}.", Remedy.SEE_ITEMS)


def get(tx: Transaction, ids: Collection[int]) -> dict[int, Item]:
    """Give items by id at their current revision; unknown ids are left out."""
    found: dict[int, Item] = {}
    for part in parts(sorted(set(ids))):
        sql = f"{_CURRENT} WHERE item.import_id {SHOWN} AND item.id IN ({places(part)})"
        found.update((item.id, item) for item in map(_item, tx.fetch(sql, part)))
    return found


def at(tx: Transaction, revisions: Collection[tuple[int, int]]) -> dict[tuple[int, int], Item]:
    """Give items as they were at (id, revision); unknown pairs are left out."""
    found: dict[tuple[int, int], Item] = {}
    wanted = set(revisions)
    for part in parts(sorted({item_id for item_id, _ in wanted})):
        sql = f"{_ITEM} WHERE item.import_id {SHOWN} AND item.id IN ({places(part)})"
        for row in tx.fetch(sql, part):
            if (row[0], row[1]) in wanted:
                found[row[0], row[1]] = _item(row)
    return found


def in_week(
    tx: Transaction, week: str, states: Collection[ItemState] = (ItemState.QUEUED,)
) -> list[Item]:
    """Give the items that are stored in a week, by date and id."""
    rows = tx.rows(
        f"{_CURRENT} WHERE item.week = :week AND item.import_id {SHOWN} ORDER BY item.day, item.id",
        week=week,
    )
    return _in_states(rows, states)


def between(
    tx: Transaction,
    since: date,
    until: date,
    states: Collection[ItemState] = (ItemState.QUEUED,),
) -> list[Item]:
    """Give the items dated from `since` on and before `until`, by date and id."""
    rows = tx.rows(
        f"{_CURRENT} WHERE item.day >= :since AND item.day < :until AND item.import_id {SHOWN} "
        "ORDER BY item.day, item.id",
        since=stored_day(since),
        until=stored_day(until),
    )
    return _in_states(rows, states)


def listing(
    tx: Transaction,
    *,
    week: str | None = None,
    state: ItemState | None = None,
    kind: Kind | None = None,
    limit: int = 200,
    offset: int = 0,
) -> list[Item]:
    """Give a page of items, newest first."""
    rows = tx.rows(
        f"{_CURRENT} {_LISTED} ORDER BY item.day DESC, item.id DESC LIMIT :limit OFFSET :offset",
        week=week,
        state=None if state is None else state.value,
        kind=None if kind is None else kind.value,
        limit=limit,
        offset=offset,
    )
    return [_item(row) for row in rows]


def count(
    tx: Transaction,
    *,
    week: str | None = None,
    state: ItemState | None = None,
    kind: Kind | None = None,
) -> int:
    """Count the items that `listing` would give without a limit."""
    row = tx.one(
        f"SELECT COUNT(*) FROM item {_LISTED}",  # noqa: S608 - our own text
        week=week,
        state=None if state is None else state.value,
        kind=None if kind is None else kind.value,
    )
    return int(row[0]) if row else 0


def known_keys(tx: Transaction, keys: Collection[str]) -> set[str]:
    """Give those of the import keys that an import that is shown has stored."""
    found: set[str] = set()
    for part in parts(sorted(set(keys))):
        rows = tx.fetch(
            f"SELECT import_key FROM item WHERE import_id {SHOWN} "  # noqa: S608 - only places
            f"AND import_key IN ({places(part)})",
            part,
        )
        found.update(str(row[0]) for row in rows)
    return found


def _in_states(rows: Sequence[Row], states: Collection[ItemState]) -> list[Item]:
    return [item for item in map(_item, rows) if item.state in states]


@lru_cache(maxsize=8_192)  # a board reads thousands at once, and a revision never changes
def _news(text: str) -> News:
    return loads(News, text)


def _item(row: Row) -> Item:
    return Item(
        id=row[0],
        revision=row[1],
        state=ItemState(row[2]),
        week=row[3],
        news=_news(row[4]),
    )
