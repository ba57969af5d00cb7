"""Finds items and editions, past ones too, by words, for the desk; it changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from briefings.model.news import Item
from briefings.pipeline.chain import Chain
from briefings.pipeline.prepare import load_catalogue
from briefings.store import archive, edition_words, inbox, items
from briefings.store.edition_words import FoundEdition
from briefings.store.inbox import Look
from briefings.store.terms import folded, terms

ITEMS_SHOWN = 10
EDITIONS_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An edition that was found. `name` is its specialization's.

    `items` are those of it that hold a word of the query, `others` how many more it carries;
    `public` says whether anybody may read it in the archive.
    """

    edition: FoundEdition
    name: str
    items: tuple[Item, ...]
    others: int
    public: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the words lead to: the newest items, a page of editions, and how many there are.

    `terms` are the words that counted, folded; without any there is nothing.
    """

    terms: tuple[str, ...]
    items: tuple[Item, ...]
    items_total: int
    editions: tuple[Hit, ...]
    editions_total: int


def find(chain: Chain, query: str, *, offset: int = 0) -> Found:
    """Give the items and the editions that every word of a query fits, the newest first.

    An item fits by what it says now, an edition by what it says and carries, by its week and by the
    name of its specialization. `offset` is in editions; items are given without one only.
    """
    words = terms(query)
    if not words:
        return Found(terms=(), items=(), items_total=0, editions=(), editions_total=0)
    look = Look(terms=words)
    with chain.db.read() as tx:
        names = {each.slug: each.name for each in load_catalogue(tx).specializations}
        told = {slug: folded(f"{name} {slug}") for slug, name in names.items()}
        named = {word: [slug for slug, text in told.items() if word in text] for word in words}
        found, total = edition_words.find(tx, named, limit=EDITIONS_SHOWN, offset=offset)
        ids = [] if offset else inbox.page(tx, look, limit=ITEMS_SHOWN, offset=0)
        known = items.get(tx, ids)
        hits = tuple(
            _hit(
                each,
                names.get(each.specialization, each.specialization),
                words,
                public=archive.get(tx, each.specialization, each.week) is not None,
            )
            for each in found
        )
        return Found(
            terms=words,
            items=tuple(known[each] for each in ids if each in known),
            items_total=inbox.count(tx, look),
            editions=hits,
            editions_total=total,
        )


def _hit(found: FoundEdition, name: str, words: tuple[str, ...], *, public: bool) -> Hit:
    fitting = tuple(
        item for item in found.items if any(word in items.words_of(item.news) for word in words)
    )
    return Hit(
        edition=found,
        name=name,
        items=fitting,
        others=len(found.items) - len(fitting),
        public=public,
    )
