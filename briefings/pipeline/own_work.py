"""Say what of an edition somebody made themselves, for who must not approve that; it refuses none.

Own work is: words, order or choices of the edition; an item in it that they wrote, at any
revision up to the one it carries; an item that they queued.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from briefings.model.edition import Edition
from briefings.pipeline.chain import Chain
from briefings.store import choices, editions, items
from briefings.store.database import Transaction
from briefings.weeks import Week

_QUOTED = "\N{LEFT DOUBLE QUOTATION MARK}%s\N{RIGHT DOUBLE QUOTATION MARK}"


def own_work(
    chain: Chain,
    week: Week,
    slugs: Sequence[str],
    *,
    by: str,
    newest: Collection[int] = (),
) -> dict[str, tuple[str, ...]]:
    """Give the editions that hold work of somebody, each with what that is.

    Items in `newest` are taken as they are now, because they are about to be taken in like that.
    """
    with chain.db.read() as tx:
        stored = editions.of_week(tx, str(week))
        found = {
            slug: tuple(_work(tx, week, stored[slug], by, newest))
            for slug in slugs
            if slug in stored
        }
    return {slug: work for slug, work in found.items() if work}


def _work(
    tx: Transaction, week: Week, edition: Edition, by: str, newest: Collection[int]
) -> Iterator[str]:
    slug = edition.specialization
    if any(one.by == by for one in choices.history(tx, str(week), slug)):
        yield "you changed the edition"
    placed = {place.item_id: place.revision for place in edition.placements}
    written, queued = items.hands_of(tx, list(placed), by)
    named = items.get(tx, list(placed))
    for item_id, revision in placed.items():
        headline = _QUOTED % named[item_id].news.headline
        if item_id in written and (item_id in newest or written[item_id] <= revision):
            yield f"you wrote {headline}"
        elif item_id in queued:
            yield f"you queued {headline}"
