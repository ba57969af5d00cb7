"""What editors may know of an issue: counts by section, item and mail, never by person.

Every number but the size of its group goes through one rule: groups of fewer than ten readers have
none (readers/numbers.py). It reads totals; presses are of all issues that carried the item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from briefings.model.feedback import WHOLE_MAIL, Answer
from briefings.model.news import Item, Kind
from briefings.pipeline.chain import Chain
from briefings.readers.numbers import shown
from briefings.store import answers, blocks, deliveries, issues, items, presses


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemNumbers:
    """One item of an issue. `readers` had it, accepted or unsure; None means too few to tell."""

    item: Item
    readers: int
    pressed: int | None
    more: int | None
    less: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionNumbers:
    """All items of one kind in an issue; `readings` counts a reader once for each item."""

    kind: Kind
    items: int
    readings: int
    pressed: int | None
    more: int | None
    less: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueNumbers:
    """One issue. `accepted` is the group that the numbers of the mail as a whole are of."""

    issue: str
    accepted: int
    worth: int | None
    not_worth: int | None
    left: int | None
    sections: tuple[SectionNumbers, ...]
    items: tuple[ItemNumbers, ...]


def numbers(chain: Chain, name: str) -> IssueNumbers:
    """Count an issue.

    Raises:
        NotFound: there is no issue of that name.
    """
    with chain.db.read() as tx:
        issue = issues.by_name(tx, name)
        accepted = deliveries.mailed_count(tx, issue.id)
        said = answers.of_issue(tx, issue.id)
        had = blocks.readers_by_item(tx, issue.id)
        known = items.get(tx, list(had))
        pressed = presses.of_items(tx)
    per_item = [
        _item(known[number], readers, pressed, said)
        for number, readers in sorted(had.items(), key=lambda pair: (-pair[1], pair[0]))
        if number in known
    ]
    return IssueNumbers(
        issue=name,
        accepted=accepted,
        worth=shown(said.get((WHOLE_MAIL, Answer.YES), 0), accepted),
        not_worth=shown(said.get((WHOLE_MAIL, Answer.NO), 0), accepted),
        left=shown(said.get((WHOLE_MAIL, Answer.LEFT), 0), accepted),
        sections=tuple(_sections(per_item)),
        items=tuple(per_item),
    )


def _item(
    item: Item,
    readers: int,
    pressed: Mapping[int, int],
    said: Mapping[tuple[int, Answer], int],
) -> ItemNumbers:
    return ItemNumbers(
        item=item,
        readers=readers,
        pressed=shown(pressed.get(item.id, 0), readers),
        more=shown(said.get((item.id, Answer.MORE), 0), readers),
        less=shown(said.get((item.id, Answer.LESS), 0), readers),
    )


def _sections(found: Iterable[ItemNumbers]) -> Iterable[SectionNumbers]:
    """Add up by kind what may be shown: an item of too few readers adds nothing."""
    by_kind: dict[Kind, list[ItemNumbers]] = {}
    for one in found:
        by_kind.setdefault(one.item.news.kind, []).append(one)
    for kind, many in by_kind.items():
        told = [one for one in many if one.pressed is not None]
        yield SectionNumbers(
            kind=kind,
            items=len(many),
            readings=sum(one.readers for one in many),
            pressed=sum(one.pressed or 0 for one in told) if told else None,
            more=sum(one.more or 0 for one in told) if told else None,
            less=sum(one.less or 0 for one in told) if told else None,
        )
