"""Say what of an edition somebody made themselves, for who must not approve that; it refuses none.

Own work is: words, order or choices of the edition; an item in it that they wrote, at any
revision up to the one it carries; an item that they queued.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from briefings.model.edition import Edition
from briefings.pipeline.chain import Chain
from briefings.store import choices, editions, items
from briefings.weeks import Week

_QUOTED = "\N{LEFT DOUBLE QUOTATION MARK}%s\N{RIGHT DOUBLE QUOTATION MARK}"


def own_work(
    chain: Chain,
    week: Week,
    slugs: Sequence[str] | None,
    *,
    by: str,
    newest: Collection[int] = (),
) -> dict[str, tuple[str, ...]]:
    """Give the editions that hold work of somebody, of these or of the week, each with what it is.

    Items in `newest` are taken as they are now, because they are about to be taken in like that.
    """
    with chain.db.read() as tx:
        stored = editions.of_week(tx, str(week), slugs)
        placed = {place.item_id for one in stored.values() for place in one.placements}
        hands = items.hands_of(tx, placed, by)
        named = items.get(tx, hands[0].keys() | hands[1])
        changed = choices.changed_by(tx, str(week), by)
    told = {item_id: _QUOTED % item.news.headline for item_id, item in named.items()}
    found: dict[str, tuple[str, ...]] = {}
    for slug, edition in stored.items():
        work = ["you changed the edition"] if slug in changed else []
        work += _hands_in(edition, hands, told, newest)
        if work:
            found[slug] = tuple(work)
    return found


def _hands_in(
    edition: Edition,
    hands: tuple[Mapping[int, int], Collection[int]],
    told: Mapping[int, str],
    newest: Collection[int],
) -> Iterator[str]:
    written, queued = hands
    for place in edition.placements:
        number = place.item_id
        if number in written and (number in newest or written[number] <= place.revision):
            yield f"you wrote {told[number]}"
        elif number in queued:
            yield f"you queued {told[number]}"
