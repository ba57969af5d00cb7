"""Make the edition of one specialization for one week, or say why not; it reads no clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefings.assemble.match import reaches, why_you
from briefings.assemble.rank import Profile, profile_of, ranked, reason
from briefings.assemble.thin import ThinRules, fillers, sendable
from briefings.model.edition import Edition, Part, Placement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from briefings.model.catalogue import Catalogue, Specialization
    from briefings.model.news import Item
    from briefings.weeks import Week

NOTHING_TO_SAY = "nothing to say"
MERGED = "too little news: it goes with the next week"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """That a specialization has no edition in a week (ISO text), with a reason in words."""

    specialization: str
    week: str
    reason: str


def assemble(
    week: Week,
    specialization: Specialization,
    items: Sequence[Item],
    earlier: Sequence[Item],
    carried: AbstractSet[int],
    *,
    joined: Sequence[Item] = (),
    catalogue: Catalogue,
    rules: ThinRules | None = None,
) -> Edition | Skip:
    """Choose, fill and rank what a specialization carries in the mail of a week.

    `items` are queued items stored in this week, `earlier` those of earlier weeks that may fill
    it (R6), `carried` the ids that this specialization had before, `joined` the items of an
    edition held at a freeze: they come under "Earlier", thin or not (R4). The order in which any
    of them arrive does not matter. A specialization with a plan has an edition without items.
    """
    rules = rules or ThinRules()
    slug = specialization.slug

    def fitting(found: Iterable[Item], taken: AbstractSet[int]) -> dict[int, Item]:
        return {
            item.id: item
            for item in sendable(found, week, rules)
            if item.id not in taken and reaches(item.news, slug, catalogue)
        }

    now = fitting(items, frozenset())
    late = fitting(joined, now.keys())
    if rules.merge and not late and 0 < len(now) < rules.minimum:
        return Skip(specialization=slug, week=str(week), reason=MERGED)
    profile = profile_of(specialization, catalogue)
    spare = fitting(fillers(earlier, week, carried, rules), now.keys() | late.keys())
    missing = max(0, rules.minimum - len(now) - len(late))
    late |= {item.id: item for item in ranked(spare.values(), profile)[:missing]}
    if not now and not late and not specialization.plan:
        return Skip(specialization=slug, week=str(week), reason=NOTHING_TO_SAY)
    placements = (
        *_placed(now.values(), Part.WEEK, specialization, profile, catalogue),
        *_placed(late.values(), Part.EARLIER, specialization, profile, catalogue),
    )
    return Edition(specialization=slug, week=str(week), placements=placements)


def explain(edition: Edition, headlines: Mapping[int, str] | None = None) -> list[str]:
    """Write one line per item that says why it stands where it stands, for editors."""
    known = headlines or {}
    return [
        f"{number}. {known.get(each.item_id, f'item {each.item_id}')} "
        f"[{each.part.value}: {each.ranked}] {each.why_you}"
        for number, each in enumerate(edition.placements, start=1)
    ]


def _placed(
    items: Iterable[Item],
    part: Part,
    specialization: Specialization,
    profile: Profile,
    catalogue: Catalogue,
) -> Iterable[Placement]:
    for item in ranked(items, profile):
        yield Placement(
            item_id=item.id,
            revision=item.revision,
            part=part,
            why_you=why_you(item.news, specialization.slug, catalogue),
            ranked=reason(item.news, profile),
        )
