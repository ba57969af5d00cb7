"""The week board: how full each edition of the coming weeks is, and what thin weeks do; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from briefings.model.edition import Edition, EditionState, Part
from briefings.model.news import Item


class Fill(StrEnum):
    """How much news of its own week an edition has."""

    READY = "ready"
    THIN = "thin"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One specialization in one week. `own` items are of the week, `earlier` ones fill it up."""

    fill: Fill
    own: int
    earlier: int
    state: EditionState | None
    then: str
    """What the thin-week rule does with it, in words; empty where there is enough."""


def cell(edition: Edition | None, *, minimum: int, has_plan: bool) -> Cell:
    """Judge one edition by the minimum of items of its own week (R6)."""
    places = edition.placements if edition is not None else ()
    own = sum(place.part is Part.WEEK for place in places)
    earlier = len(places) - own
    skipped = edition is None or edition.state is EditionState.SKIPPED
    if own and own >= minimum:
        fill, then = Fill.READY, ""
    elif edition is not None and edition.state is EditionState.SKIPPED and edition.reason:
        fill, then = (Fill.THIN if own else Fill.EMPTY), edition.reason
    else:
        fill = Fill.THIN if own else Fill.EMPTY
        then = _then(own, earlier, has_plan=has_plan, skipped=skipped)
    return Cell(
        fill=fill,
        own=own,
        earlier=earlier,
        state=edition.state if edition is not None else None,
        then=then,
    )


def _then(own: int, earlier: int, *, has_plan: bool, skipped: bool) -> str:
    if earlier:
        return f"goes with {earlier} earlier" if own else f"goes on {earlier} earlier alone"
    if own:
        return "goes short"
    if has_plan and not skipped:
        return "goes on the plan alone"
    return "no mail"


def reaching_nobody(
    found: Sequence[Item],
    reached: Mapping[int, Collection[str]],
    readers: Mapping[str, int],
) -> list[tuple[Item, str]]:
    """The items that no reader would get, each with why; `reached` gives slugs by item id."""
    lost: list[tuple[Item, str]] = []
    for item in found:
        slugs = reached.get(item.id, ())
        if not slugs:
            lost.append(
                (item, "no specialization: it has no target, and no tool that concerns one")
            )
        elif not any(readers.get(slug, 0) for slug in slugs):
            lost.append((item, f"{', '.join(sorted(slugs))}: nobody reads that yet"))
    return lost
