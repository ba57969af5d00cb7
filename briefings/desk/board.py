"""The week board: how full each edition of the coming weeks is, and what thin weeks do; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from briefings.model.edition import EditionFill, EditionState
from briefings.model.news import Item


class Fill(StrEnum):
    """How much news of its own week an edition has."""

    READY = "ready"
    THIN = "thin"
    EMPTY = "empty"


_DECIDED = (EditionState.APPROVED, EditionState.PUBLISHED, EditionState.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One specialization in one week. `own` items are of the week, `earlier` ones fill it up."""

    fill: Fill
    own: int
    earlier: int
    state: EditionState | None
    """None before anybody assembled it."""
    word: str
    """The fill, or the edition's state once a person has decided."""
    then: str
    """What the thin-week rule does with it, in words; empty where there is enough."""


def stored_cell(edition: EditionFill, *, minimum: int, has_plan: bool, nothing: str) -> Cell:
    """Judge an edition that is stored; `nothing` is its reason when there is nothing in it."""
    own, earlier = edition.own, edition.earlier
    fill = _fill(own, minimum)
    then = "" if fill is Fill.READY else _then(own, earlier, has_plan=has_plan)
    if edition.state is EditionState.SKIPPED and edition.reason:
        then = "no mail" if edition.reason == nothing else edition.reason
    decided = fill is Fill.READY and edition.state in _DECIDED
    word = edition.state.value if decided else fill.value
    return Cell(fill=fill, own=own, earlier=earlier, state=edition.state, word=word, then=then)


def coming_cell(
    own: int, spare: int, *, owed: int, minimum: int, has_plan: bool, merged: str
) -> Cell:
    """Judge what assembling would make of `own` items and `spare` ones that may fill it (R6).

    `owed` ones of weeks before come whatever there is (R4). `merged` is what becomes of a thin
    edition where thin ones wait for the next week, or empty.
    """
    if merged and not owed and 0 < own < minimum:
        thin = Fill.THIN
        return Cell(fill=thin, own=own, earlier=0, state=None, word=thin.value, then=merged)
    earlier = owed + min(spare, max(0, minimum - own - owed))
    fill = _fill(own, minimum)
    then = "" if fill is Fill.READY else _then(own, earlier, has_plan=has_plan)
    return Cell(fill=fill, own=own, earlier=earlier, state=None, word=fill.value, then=then)


def _fill(own: int, minimum: int) -> Fill:
    return Fill.EMPTY if not own else Fill.READY if own >= minimum else Fill.THIN


def _then(own: int, earlier: int, *, has_plan: bool) -> str:
    if earlier:
        return f"goes with {earlier} earlier" if own else f"{earlier} earlier alone"
    if own:
        return "goes short"
    return "the plan alone" if has_plan else "no mail"


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
            lost.append((item, "no specialization: no target, and no tool that concerns one"))
        elif not any(readers.get(slug, 0) for slug in slugs):
            lost.append((item, f"{', '.join(sorted(slugs))}: nobody reads that yet"))
    return lost
