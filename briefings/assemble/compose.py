"""Make the list of blocks that readers with equal preferences get (R2, R5, R8, R9); never bytes.

Equal inputs give equal compositions, so a freeze calls it once per distinct key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefings.assemble.focus import focus_area
from briefings.assemble.head import OwnWords, PlanPart, compose_head
from briefings.assemble.shelf import KINDS, Given, Shelf, draw_few, fill_shelves, first_twelve
from briefings.assemble.thin import ThinRules
from briefings.model.catalogue import PLAN_WEEKS, RiskCategory
from briefings.model.delivery import SkipReason
from briefings.model.edition import (
    BlockSpec,
    ClosingBlock,
    Composition,
    EditionState,
    FootBlock,
    HeadingBlock,
    ItemBlock,
    OverflowBlock,
    Part,
    PlanBlock,
    RelatedBlock,
    RoleBlock,
)
from briefings.model.news import Item, Kind
from briefings.model.reader import Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from briefings.model.catalogue import Catalogue, Role, Specialization
    from briefings.model.edition import Edition
    from briefings.model.reader import Preferences
    from briefings.weeks import Week

MOST_RELATED = 8
EARLIER = "Earlier"
_NEW_TO_YOU = "From earlier weeks, and new to you."


def compose(  # noqa: PLR0917 - week, content and catalogue; what belongs to the reader has names
    profile: Preferences,
    week: Week,
    editions: Mapping[str, Edition],
    states: Mapping[str, EditionState],
    items: Mapping[tuple[int, int], Item],
    catalogue: Catalogue,
    *,
    received: frozenset[int] = frozenset(),
    plan_week: int | None = None,
    last_subjects: Mapping[str, str | None] | None = None,
    past_slots: Sequence[Mapping[str, Edition]] = (),
    rules: ThinRules | None = None,
) -> Composition | SkipReason:
    """Compose the mail of a week for readers with these preferences, or say why there is none.

    `editions` are those of this week that go, by slug; `states` says why the others do not.
    `items` holds every placed revision, also those of `past_slots`: the editions of the weeks
    since the reader's last slot, without this week's (R9); whether this is their week is the
    caller's question. `received` items are left out (R5). `plan_week` is that of weeks.plan_week.
    `last_subjects` are last week's, by slug. A focus of the reader moves its items up inside their
    class (R10), before the first twelve are taken and the head is chosen.
    """
    known = [s for s in dict.fromkeys(profile.specializations) if catalogue.has_specialization(s)]
    if not known:
        return SkipReason.NOTHING_NEW
    primary = catalogue.specialization(known[0])
    given = Given(
        profile=profile,
        week=week,
        editions=editions,
        items=items,
        catalogue=catalogue,
        received=received,
        past_slots=past_slots,
        rules=rules or ThinRules(),
        focus=focus_area(profile.focus, primary, catalogue),
    )
    going = [s for s in known if s in editions or any(s in each for each in past_slots)]
    plan = _plan(given, primary, plan_week)
    waiting = (EditionState.HELD, EditionState.DRAFT)
    if not going and any(states.get(slug) in waiting for slug in known):
        return SkipReason.ALL_HELD
    shelves, left_over = first_twelve(fill_shelves(given, going))
    shelves = draw_few(shelves)
    carried = [block for shelf in shelves for block in (*shelf.fresh, *shelf.past)]
    if not carried and plan is None:
        return SkipReason.NOTHING_NEW
    lead = catalogue.specialization(going[0] if going else known[0])
    head = compose_head(
        week,
        lead,
        carried,
        plan,
        own=_own_words(given, editions.get(lead.slug), carried),
        quiet=_is_quiet(known, editions),
        last_subject=(last_subjects or {}).get(lead.slug),
        language=profile.language,
    )
    body = (*_lead_blocks(given, lead, shelves), *_other_blocks(given, lead, shelves))
    return Composition(
        head=head,
        blocks=(*body, *_tail(given, lead, plan, len(left_over))),
        carried=tuple(block.item.id for block in carried),
        left_over=left_over,
        editions=tuple(going),
    )


def _plan(given: Given, primary: Specialization, number: int | None) -> PlanPart | None:
    """Give the primary's step, the closing block once after the last one, or nothing (R8)."""
    if number is None or not primary.plan or not given.shows(Section.PLAN):
        return None
    language = given.profile.language
    if number == PLAN_WEEKS + 1:
        return ClosingBlock(
            specialization=primary.slug,
            portfolio_evidence=primary.portfolio_evidence,
            others=tuple(
                s.name for s in given.catalogue.specializations if s.plan and s.slug != primary.slug
            ),
            language=language,
        )
    step = primary.plan_week(number)
    if step is None:
        return None
    tool = given.catalogue.tool(step.tool)
    return PlanBlock(specialization=primary.slug, step=step, tool=tool, language=language)


def _own_words(given: Given, edition: Edition | None, carried: Sequence[ItemBlock]) -> OwnWords:
    """Give the editor's words if all of the edition's week is in the mail, and its first first."""
    if edition is None:
        return OwnWords()
    weekly = [each for each in edition.placements if each.part is Part.WEEK]
    planned = sorted(
        weekly, key=lambda p: KINDS.index(given.items[p.item_id, p.revision].news.kind)
    ) or list(edition.placements)
    here = [block.item.id for block in carried]
    first = [each.item_id for each in planned[:1]]
    if here[:1] != first or not {each.item_id for each in weekly} <= set(here):
        return OwnWords()
    return OwnWords(subject=edition.subject, intro=edition.intro, preheader=edition.preheader)


def _is_quiet(known: Iterable[str], editions: Mapping[str, Edition]) -> bool:
    """Say whether every edition of the reader exists and has no news of its own week."""
    return all(
        slug in editions and all(p.part is Part.EARLIER for p in editions[slug].placements)
        for slug in known
    )


def _lead_blocks(
    given: Given, lead: Specialization, shelves: Sequence[Shelf]
) -> Iterable[BlockSpec]:
    fresh = shelves[0].fresh if shelves else ()
    yield from (block for block in fresh if block.item.news.kind is Kind.TOOL_CHANGE)
    role = given.catalogue.role(lead.role)
    rated = role.risk_level is not None or role.risk_category is not None
    if rated and given.shows(Section.ROLE_UPDATES):
        yield RoleBlock(
            role=role,
            specialization=lead,
            today=given.week.mail_monday,
            language=given.profile.language,
        )
    yield from (block for block in fresh if block.item.news.kind is not Kind.TOOL_CHANGE)
    past = shelves[0].past if shelves else ()
    if past:
        yield HeadingBlock(text=EARLIER, note=_NEW_TO_YOU, language=given.profile.language)
        yield from past


def _other_blocks(
    given: Given, lead: Specialization, shelves: Sequence[Shelf]
) -> Iterable[BlockSpec]:
    language = given.profile.language
    for shelf in shelves:
        if shelf.specialization.slug == lead.slug:
            continue
        if shelf.fresh:
            yield HeadingBlock(text=shelf.specialization.name, language=language)
            yield from shelf.fresh
        if shelf.past:
            note = f"{shelf.specialization.name}, from earlier weeks, and new to you."
            yield HeadingBlock(text=EARLIER, note=note, language=language)
            yield from shelf.past


def _tail(
    given: Given, lead: Specialization, plan: PlanPart | None, over: int
) -> Iterable[BlockSpec]:
    language = given.profile.language
    if over:
        yield OverflowBlock(count=over, language=language)
    if plan is not None:
        yield plan
    if given.shows(Section.RELATED) and (
        related := _related(given.catalogue.role(lead.role), given.catalogue)
    ):
        yield RelatedBlock(roles=related, language=language)
    yield FootBlock(language=language, asks=True)


def _related(role: Role, catalogue: Catalogue) -> tuple[tuple[str, int | None, str | None], ...]:
    """Give name, level and category word of related roles whose level is known, at most eight."""
    of_level = RiskCategory.of_level
    found = (catalogue.role_named(slug) for slug in role.related)
    known = [
        (each.name, each.risk_level, (each.risk_category or of_level(each.risk_level)).value)
        for each in found
        if each is not None and each.risk_level is not None
    ]
    return tuple(known[:MOST_RELATED])
