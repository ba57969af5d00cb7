"""Finds editions, past ones too, by what they say; it changes no edition.

What an edition says stands folded in a table of its own, so that a search reads these words and
nothing else (docs/decisions/0077). Who changes an edition's words or items calls `keep`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.model.edition import EditionState
from briefings.model.news import Item
from briefings.store import items
from briefings.store.tables import BigId, Table, places
from briefings.store.terms import HOLDS, folded, pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from briefings.store.database import Transaction, Value


class EditionWordsRow(Table, table=True):
    """The words of one edition: its own, its week and those of the items that it carries."""

    __tablename__ = "edition_words"

    edition_id: int = Field(primary_key=True, sa_type=BigId, foreign_key="edition.id")
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEdition:
    """An edition that was found; `subject` is the one it went with, where it went.

    `items` are those that it carries as it carries them, in their order.
    """

    week: str
    specialization: str
    state: EditionState
    reason: str | None
    subject: str
    preheader: str
    intro: str
    items: tuple[Item, ...]


def keep(tx: Transaction, edition_id: int) -> None:
    """Keep what an edition says now, in place of what it said."""
    (own,) = tx.rows(
        "SELECT week, subject, sent_subject, preheader, intro FROM edition WHERE id = :id",
        id=edition_id,
    )
    carried = _carried(tx, [edition_id]).get(edition_id, ())
    told = [folded(str(part)) for part in own if part]
    told += [f"week {int(str(own[0]).rpartition('W')[2])}"]
    told += [items.words_of(item.news) for item in carried]
    # Each word once: what is repeated makes a search longer and finds nothing more.
    words = " ".join(dict.fromkeys(" ".join(told).split()))
    tx.execute(
        "INSERT INTO edition_words (edition_id, words) VALUES (:id, :words) "
        "ON CONFLICT (edition_id) DO UPDATE SET words = excluded.words",
        id=edition_id,
        words=words,
    )


def find(
    tx: Transaction, terms: Mapping[str, Sequence[str]], *, limit: int, offset: int = 0
) -> tuple[list[FoundEdition], int]:
    """Give a page of the editions that every term fits, newest week first, and how many fit.

    A term is folded; it comes with the slugs of the specializations whose name it fits. Without
    any term nothing is found.
    """
    if not terms:
        return [], 0
    where: list[str] = []
    values: list[Value] = []
    for term, slugs in terms.items():
        named = f" OR edition.specialization IN ({places(slugs)})" if slugs else ""
        where.append(f"({HOLDS.format(column='edition_words.words')}{named})")
        values += [pattern(term), *slugs]
    fits = (
        "FROM edition_words JOIN edition ON edition.id = edition_words.edition_id "
        f"WHERE {' AND '.join(where)}"
    )
    rows = tx.fetch(
        "SELECT edition.id, COUNT(*) OVER () "
        f"{fits} ORDER BY edition.week DESC, edition.specialization LIMIT ? OFFSET ?",
        (*values, limit, offset),
    )
    if not rows:
        beyond = tx.fetch(f"SELECT COUNT(*) {fits}", values) if offset else [(0,)]
        return [], int(beyond[0][0])
    return _editions(tx, [int(row[0]) for row in rows]), int(rows[0][1])


def _editions(tx: Transaction, ids: Sequence[int]) -> list[FoundEdition]:
    carried = _carried(tx, ids)
    rows = tx.fetch(
        "SELECT id, week, specialization, state, reason, COALESCE(sent_subject, subject), "  # noqa: S608 - only places
        f"preheader, intro FROM edition WHERE id IN ({places(ids)}) "
        "ORDER BY week DESC, specialization",
        ids,
    )
    return [
        FoundEdition(
            week=row[1],
            specialization=row[2],
            state=EditionState(row[3]),
            reason=row[4],
            subject=row[5],
            preheader=row[6],
            intro=row[7],
            items=tuple(carried.get(row[0], ())),
        )
        for row in rows
    ]


def _carried(tx: Transaction, ids: Sequence[int]) -> dict[int, list[Item]]:
    rows = tx.fetch(
        "SELECT edition_id, item_id, item_revision FROM placement "  # noqa: S608 - only places
        f"WHERE edition_id IN ({places(ids)}) ORDER BY edition_id, position",
        ids,
    )
    known = items.at(tx, {(row[1], row[2]) for row in rows})
    found: dict[int, list[Item]] = {}
    for edition_id, item_id, revision in rows:
        if (item_id, revision) in known:
            found.setdefault(edition_id, []).append(known[item_id, revision])
    return found
