"""Move what a reader focuses on up inside its urgency class (R10); it never ranks by person.

The classes keep their places, and so does what an editor put before something else in one class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefings.assemble.rank import urgency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefings.model.assessment import SkillArea
    from briefings.model.catalogue import Catalogue, Specialization
    from briefings.model.edition import ItemBlock
    from briefings.model.news import Change, Kind, News


def focus_area(slug: str, primary: Specialization, catalogue: Catalogue) -> SkillArea | None:
    """Give the area of the primary role that a reader focuses on; None if it has no such area."""
    assessment = catalogue.assessment(primary.role) if slug else None
    return assessment.area(slug) if assessment is not None else None


def belongs(news: News, area: SkillArea) -> bool:
    """Say whether an item is about an area: by its tool, or by one of its tags."""
    return news.tool in area.tools or not set(news.tags).isdisjoint(area.tags)


def moved_up(blocks: Sequence[ItemBlock], area: SkillArea | None) -> tuple[ItemBlock, ...]:
    """Put the area's items first among those of their class, each class at the places it had."""
    if area is None:
        return tuple(blocks)
    classes: dict[Change | Kind, list[ItemBlock]] = {}
    for block in blocks:
        classes.setdefault(urgency(block.item.news), []).append(block)
    waiting = {place: iter(_led_by(area, own)) for place, own in classes.items()}
    return tuple(next(waiting[urgency(block.item.news)]) for block in blocks)


def _led_by(area: SkillArea, blocks: Sequence[ItemBlock]) -> list[ItemBlock]:
    return sorted(blocks, key=lambda block: not belongs(block.item.news, area))
