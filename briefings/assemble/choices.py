"""Lay an editor's choices over an assembled edition: order, pins, words; it chooses no item.

What an editor never spoke about stands where ranking put it, behind the item that it was ranked
behind.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from briefings.model.edition import Choices, Edition, LeftOut, Part, Placement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from briefings.model.news import Item


def without_left_out(items: Iterable[Item], choices: Choices) -> list[Item]:
    """Give the items that the editor did not leave out, so that others can fill their place."""
    gone = {each.item_id for each in choices.left_out}
    return [item for item in items if item.id not in gone]


def laid_over(edition: Edition, choices: Choices) -> Edition:
    """Give the edition in the editor's order and with the editor's words.

    Pinned items come first in their part, in the order in which they were pinned; the week always
    stands before what comes under "Earlier".
    """
    placed = [
        place
        for part in Part
        for place in _in_order([p for p in edition.placements if p.part is part], choices)
    ]
    return replace(
        edition,
        placements=tuple(placed),
        subject=choices.subject,
        intro=choices.intro,
        preheader=choices.preheader,
    )


def _in_order(ranked: Sequence[Placement], choices: Choices) -> list[Placement]:
    place_of = {item_id: at for at, item_id in enumerate(choices.order)}
    ordered = sorted(
        (p for p in ranked if p.item_id in place_of), key=lambda p: place_of[p.item_id]
    )
    before: Placement | None = None
    for each in ranked:
        if each.item_id not in place_of:
            ordered.insert(0 if before is None else ordered.index(before) + 1, each)
        before = each
    first = {item_id: at for at, item_id in enumerate(choices.pinned)}
    return sorted(ordered, key=lambda p: first.get(p.item_id, len(first)))


def moved(choices: Choices, shown: Sequence[int], item_id: int, to: int) -> Choices:
    """Put an item at a place among those shown; a pinned one stays pinned, among the pinned.

    `to` counts from 0 and is cut to what there is. An item that is not shown changes nothing.
    """
    if item_id not in shown:
        return choices
    others = [each for each in shown if each != item_id]
    at = max(0, min(to, len(others)))
    order = (*others[:at], item_id, *others[at:])
    pinned = tuple(sorted(choices.pinned, key=lambda p: order.index(p) if p in order else -1))
    return replace(choices, order=order, pinned=pinned)


def pinned(choices: Choices, item_id: int, *, on: bool) -> Choices:
    """Pin an item behind those that are pinned, or let it go."""
    others = tuple(each for each in choices.pinned if each != item_id)
    return replace(choices, pinned=(*others, item_id) if on else others)


def left_out(choices: Choices, item_id: int, reason: str | None) -> Choices:
    """Leave an item out for a reason, or take it back in with None."""
    others = tuple(each for each in choices.left_out if each.item_id != item_id)
    added = () if reason is None else (LeftOut(item_id=item_id, reason=reason),)
    kept = tuple(each for each in choices.pinned if reason is None or each != item_id)
    return replace(choices, left_out=(*others, *added), pinned=kept)
