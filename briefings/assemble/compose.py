"""Make the list of blocks that readers with equal preferences get (R2, R5, R8, R9); never bytes.

Equal inputs give equal compositions, so a freeze calls it once per distinct key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from briefings.assemble.acts import with_act
from briefings.assemble.head import OwnWords, PlanPart, compose_head
from briefings.assemble.match import tool_of
from briefings.assemble.pay import growth_note
from briefings.assemble.rank import key, profile_of
from briefings.assemble.thin import ThinRules, sendable
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
from briefings.model.news import Item, ItemState, Kind
from briefings.model.reader import Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from briefings.model.catalogue import Catalogue, Role, Specialization
    from briefings.model.edition import Edition, Placement
    from briefings.model.reader import Preferences
    from briefings.weeks import Week

MOST_ITEMS = 12
MOST_RELATED = 8
EARLIER = "Earlier"
_NEW_TO_YOU = "From earlier weeks, and new to you."
_KINDS = tuple(Kind)
_SECTIONS = {
    Kind.TOOL_CHANGE: Section.TOOL_CHANGES,
    Kind.ROLE_UPDATE: Section.ROLE_UPDATES,
    Kind.SALARY_NEWS: Section.PAY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """What one specialization has for this reader, in the order of the mail."""

    specialization: Specialization
    fresh: tuple[ItemBlock, ...]
    past: tuple[ItemBlock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """The inputs of one composition, so that steps need not hand nine values on."""

    profile: Preferences
    week: Week
    editions: Mapping[str, Edition]
    items: Mapping[tuple[int, int], Item]
    catalogue: Catalogue
    received: frozenset[int]
    past_slots: Sequence[Mapping[str, Edition]]
    rules: ThinRules

    def shows(self, section: Section) -> bool:
        return section not in self.profile.sections_off


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
    `last_subjects` are last week's, by slug.
    """
    desk = _Desk(
        profile=profile,
        week=week,
        editions=editions,
        items=items,
        catalogue=catalogue,
        received=received,
        past_slots=past_slots,
        rules=rules or ThinRules(),
    )
    known = [s for s in dict.fromkeys(profile.specializations) if catalogue.has_specialization(s)]
    if not known:
        return SkipReason.NO_EDITION
    going = [s for s in known if s in editions or any(s in each for each in past_slots)]
    plan = _plan(desk, catalogue.specialization(known[0]), plan_week)
    if not going:
        if any(states.get(slug) in (EditionState.HELD, EditionState.DRAFT) for slug in known):
            return SkipReason.ALL_HELD
        if plan is None:
            return SkipReason.NO_EDITION
    shelves, left_over = _first_twelve(_shelves(desk, going))
    carried = [block for shelf in shelves for block in (*shelf.fresh, *shelf.past)]
    if not carried and plan is None:
        return SkipReason.NOTHING_NEW
    lead = catalogue.specialization(going[0] if going else known[0])
    head = compose_head(
        week,
        lead,
        carried,
        plan,
        own=_own_words(desk, editions.get(lead.slug), carried),
        quiet=_is_quiet(known, editions),
        last_subject=(last_subjects or {}).get(lead.slug),
        language=profile.language,
    )
    body = (*_lead_blocks(desk, lead, shelves), *_other_blocks(desk, lead, shelves))
    return Composition(
        head=head,
        blocks=(*body, *_tail(desk, lead, plan, len(left_over))),
        carried=tuple(block.item.id for block in carried),
        left_over=left_over,
        editions=tuple(going),
    )


def _plan(desk: _Desk, primary: Specialization, number: int | None) -> PlanPart | None:
    """Give the primary's step, the closing block once after the last one, or nothing (R8)."""
    if number is None or not primary.plan or not desk.shows(Section.PLAN):
        return None
    language = desk.profile.language
    if number == PLAN_WEEKS + 1:
        return ClosingBlock(
            specialization=primary.slug,
            portfolio_evidence=primary.portfolio_evidence,
            language=language,
        )
    step = primary.plan_week(number)
    if step is None:
        return None
    tool = desk.catalogue.tool(step.tool)
    return PlanBlock(specialization=primary.slug, step=step, tool=tool, language=language)


def _shelves(desk: _Desk, going: Iterable[str]) -> list[_Shelf]:
    """Fill a shelf per specialization in the reader's order; an item stands on the first only."""
    taken = set(desk.received)
    shelves: list[_Shelf] = []
    for slug in going:
        specialization = desk.catalogue.specialization(slug)
        fresh: list[ItemBlock] = []
        past: list[ItemBlock] = []
        for placement, is_past in _placements(desk, slug):
            item = desk.items[placement.item_id, placement.revision]
            if item.id in taken or not _wanted(desk, item):
                continue
            taken.add(item.id)
            (past if is_past else fresh).append(_block(desk, item, placement, is_past))
        if desk.past_slots:
            profile = profile_of(specialization, desk.catalogue)
            past.sort(key=lambda block: key(block.item, profile))
        fresh.sort(key=lambda block: _KINDS.index(block.item.news.kind))
        shelves.append(_Shelf(specialization=specialization, fresh=tuple(fresh), past=tuple(past)))
    return shelves


def _placements(desk: _Desk, slug: str) -> Iterable[tuple[Placement, bool]]:
    """Give the placements of this week, then those of the weeks since the reader's last slot."""
    if slug in desk.editions:
        for placement in desk.editions[slug].placements:
            yield placement, placement.part is Part.EARLIER
    for editions in reversed(desk.past_slots):
        if slug in editions:
            for placement in editions[slug].placements:
                yield placement, True


def _wanted(desk: _Desk, item: Item) -> bool:
    return (
        item.state is not ItemState.WITHDRAWN
        and desk.shows(_SECTIONS[item.news.kind])
        and bool(sendable((item,), desk.week, desk.rules))
    )


def _block(desk: _Desk, item: Item, placement: Placement, past: bool) -> ItemBlock:
    news = item.news
    role = desk.catalogue.role_named(news.role) if news.role is not None else None
    return ItemBlock(
        item=replace(item, news=with_act(news)),
        why_you=placement.why_you,
        past=past,
        tool=tool_of(news, desk.catalogue),
        role_name=role.name if role is not None else "",
        growth_note=growth_note(role) if news.kind is Kind.SALARY_NEWS else "",
        language=desk.profile.language,
    )


def _first_twelve(shelves: Sequence[_Shelf]) -> tuple[list[_Shelf], tuple[int, ...]]:
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


def _own_words(desk: _Desk, edition: Edition | None, carried: Sequence[ItemBlock]) -> OwnWords:
    """Give the editor's words if all of the edition's week is in the mail, and its first first."""
    if edition is None:
        return OwnWords()
    weekly = [each for each in edition.placements if each.part is Part.WEEK]
    planned = sorted(
        weekly, key=lambda p: _KINDS.index(desk.items[p.item_id, p.revision].news.kind)
    ) or list(edition.placements)
    here = [block.item.id for block in carried]
    first = [each.item_id for each in planned[:1]]
    if here[:1] != first or not {each.item_id for each in weekly} <= set(here):
        return OwnWords()
    return OwnWords(subject=edition.subject, intro=edition.intro)


def _is_quiet(known: Iterable[str], editions: Mapping[str, Edition]) -> bool:
    """Say whether every edition of the reader exists and has no news of its own week."""
    return all(
        slug in editions and all(p.part is Part.EARLIER for p in editions[slug].placements)
        for slug in known
    )


def _lead_blocks(
    desk: _Desk, lead: Specialization, shelves: Sequence[_Shelf]
) -> Iterable[BlockSpec]:
    fresh = shelves[0].fresh if shelves else ()
    yield from (block for block in fresh if block.item.news.kind is Kind.TOOL_CHANGE)
    role = desk.catalogue.role(lead.role)
    rated = role.risk_level is not None or role.risk_category is not None
    if rated and desk.shows(Section.ROLE_UPDATES):
        yield RoleBlock(
            role=role,
            specialization=lead,
            today=desk.week.mail_monday,
            language=desk.profile.language,
        )
    yield from (block for block in fresh if block.item.news.kind is not Kind.TOOL_CHANGE)
    past = shelves[0].past if shelves else ()
    if past:
        yield HeadingBlock(text=EARLIER, note=_NEW_TO_YOU, language=desk.profile.language)
        yield from past


def _other_blocks(
    desk: _Desk, lead: Specialization, shelves: Sequence[_Shelf]
) -> Iterable[BlockSpec]:
    language = desk.profile.language
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
    desk: _Desk, lead: Specialization, plan: PlanPart | None, over: int
) -> Iterable[BlockSpec]:
    language = desk.profile.language
    if over:
        yield OverflowBlock(count=over, language=language)
    if plan is not None:
        yield plan
    if desk.shows(Section.RELATED) and (
        related := _related(desk.catalogue.role(lead.role), desk.catalogue)
    ):
        yield RelatedBlock(roles=related, language=language)
    yield FootBlock(language=language)


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
