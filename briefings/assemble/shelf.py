"""Gather what each specialization has for a reader, and keep the first twelve items (R2, R5, R9).

It never says how blocks follow each other in a mail; compose.py does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from briefings.assemble.acts import with_act
from briefings.assemble.focus import moved_up
from briefings.assemble.match import tool_of
from briefings.assemble.pay import growth_note
from briefings.assemble.rank import key, profile_of
from briefings.assemble.thin import ThinRules, sendable
from briefings.model.edition import ItemBlock, Part
from briefings.model.news import Item, ItemState, Kind
from briefings.model.reader import Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from briefings.model.assessment import SkillArea
    from briefings.model.catalogue import Catalogue, Specialization
    from briefings.model.edition import Edition, Placement
    from briefings.model.reader import Preferences
    from briefings.weeks import Week

MOST_ITEMS = 12
MOST_BOXES = 2
"""Pay items that are drawn in one mail; two roles, twelve items and the plan stay under 80 KB."""
KINDS = tuple(Kind)  # the order of the mail: tools, role, pay
SECTIONS = {
    Kind.TOOL_CHANGE: Section.TOOL_CHANGES,
    Kind.ROLE_UPDATE: Section.ROLE_UPDATES,
    Kind.SALARY_NEWS: Section.PAY,
}
"""The part of a mail that each kind of item belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What one specialization has for this reader, in the order of the mail."""

    specialization: Specialization
    fresh: tuple[ItemBlock, ...]
    past: tuple[ItemBlock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one composition is made from; see compose.compose for each."""

    profile: Preferences
    week: Week
    editions: Mapping[str, Edition]
    items: Mapping[tuple[int, int], Item]
    catalogue: Catalogue
    received: frozenset[int]
    past_slots: Sequence[Mapping[str, Edition]]
    rules: ThinRules
    focus: SkillArea | None = None

    def shows(self, section: Section) -> bool:
        """Say whether the reader left that section on."""
        return section not in self.profile.sections_off


def fill_shelves(given: Given, going: Iterable[str]) -> list[Shelf]:
    """Fill a shelf per specialization in the reader's order; an item stands on the first only."""
    taken = set(given.received)
    shelves: list[Shelf] = []
    for slug in going:
        specialization = given.catalogue.specialization(slug)
        fresh: list[ItemBlock] = []
        past: list[ItemBlock] = []
        for placement, is_past in _placements(given, slug):
            item = given.items[placement.item_id, placement.revision]
            if item.id in taken or not _wanted(given, item):
                continue
            taken.add(item.id)
            (past if is_past else fresh).append(_block(given, item, placement, is_past))
        if given.past_slots:
            profile = profile_of(specialization, given.catalogue)
            past.sort(key=lambda block: key(block.item, profile))
        fresh.sort(key=lambda block: KINDS.index(block.item.news.kind))
        shelves.append(
            Shelf(
                specialization=specialization,
                fresh=moved_up(fresh, given.focus),
                past=moved_up(past, given.focus),
            )
        )
    return shelves


def _placements(given: Given, slug: str) -> Iterable[tuple[Placement, bool]]:
    """Give the placements of this week, then those of the weeks since the reader's last slot."""
    if slug in given.editions:
        for placement in given.editions[slug].placements:
            yield placement, placement.part is Part.EARLIER
    for editions in reversed(given.past_slots):
        if slug in editions:
            for placement in editions[slug].placements:
                yield placement, True


def _wanted(given: Given, item: Item) -> bool:
    return (
        item.state is not ItemState.WITHDRAWN
        and given.shows(SECTIONS[item.news.kind])
        and bool(sendable((item,), given.week, given.rules))
    )


def _block(given: Given, item: Item, placement: Placement, past: bool) -> ItemBlock:
    news = item.news
    role = given.catalogue.role_named(news.role) if news.role is not None else None
    return ItemBlock(
        item=replace(item, news=with_act(news)),
        why_you=placement.why_you,
        past=past,
        tool=tool_of(news, given.catalogue),
        role_name=role.name if role is not None else "",
        growth_note=growth_note(role) if news.kind is Kind.SALARY_NEWS else "",
        language=given.profile.language,
    )


def draw_few(shelves: Sequence[Shelf]) -> list[Shelf]:
    """Keep the drawings of the first two pay items; the others are told in words (mail size)."""
    boxes = [b.item.id for s in shelves for b in (*s.fresh, *s.past) if b.item.news.pay]
    told = frozenset(boxes[MOST_BOXES:])
    if not told:
        return list(shelves)
    return [
        replace(
            shelf,
            fresh=tuple(replace(b, drawn=b.item.id not in told) for b in shelf.fresh),
            past=tuple(replace(b, drawn=b.item.id not in told) for b in shelf.past),
        )
        for shelf in shelves
    ]


def first_twelve(shelves: Sequence[Shelf]) -> tuple[list[Shelf], tuple[int, ...]]:
    """Keep at most twelve items: those of the week first, in the reader's order, then earlier."""
    wanted = [b for s in shelves for b in s.fresh] + [b for s in shelves for b in s.past]
    if len(wanted) <= MOST_ITEMS:
        return list(shelves), ()
    left_over = tuple(block.item.id for block in wanted[MOST_ITEMS:])
    over = frozenset(left_over)
    kept = [
        replace(
            shelf,
            fresh=tuple(b for b in shelf.fresh if b.item.id not in over),
            past=tuple(b for b in shelf.past if b.item.id not in over),
        )
        for shelf in shelves
    ]
    return kept, left_over
