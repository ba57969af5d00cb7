"""What one reader gets: merging, the twelve places, never twice, and every reason for nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from briefings.assemble.compose import compose
from briefings.assemble.edition import assemble
from briefings.model.catalogue import Catalogue
from briefings.model.delivery import SkipReason
from briefings.model.edition import (
    ClosingBlock,
    Composition,
    Edition,
    EditionState,
    FootBlock,
    HeadingBlock,
    ItemBlock,
    OverflowBlock,
    PlanBlock,
    RelatedBlock,
    RoleBlock,
)
from briefings.model.frequency import Frequency
from briefings.model.news import Change, Item, ItemState
from briefings.model.reader import Preferences, Section
from briefings.weeks import Week
from tests.unit.assemble.make import (
    CATALOGUE,
    W34,
    by_revision,
    general,
    item,
    pay,
    role,
    role_update,
    salary_news,
)

ML, INFRA, DEVOPS = "mlops-engineer", "mlops-ai-infrastructure", "devops-engineer"
DATA, WEB, PAINTER = "data-scientist", "web-developer", "painter"
MAIL = W34.mail_monday


def editions(
    items: Iterable[Item], *slugs: str, week: Week = W34, earlier: Iterable[Item] = ()
) -> dict[str, Edition]:
    made = {
        slug: assemble(
            week,
            CATALOGUE.specialization(slug),
            list(items),
            list(earlier),
            frozenset(),
            catalogue=CATALOGUE,
        )
        for slug in slugs
    }
    return {slug: each for slug, each in made.items() if isinstance(each, Edition)}


def mail(
    *slugs: str,
    items: Iterable[Item] = (),
    going: Mapping[str, Edition] | None = None,
    silent: Mapping[str, EditionState] | None = None,
    off: tuple[Section, ...] = (),
    language: str = "en",
    earlier: Iterable[Item] = (),
    past_items: Iterable[Item] = (),
    **more: object,
) -> Composition | SkipReason:
    items, earlier = list(items), list(earlier)
    return compose(
        Preferences(specializations=slugs, sections_off=off, language=language),
        W34,
        editions(items, *slugs, earlier=earlier) if going is None else going,
        silent or {},
        by_revision(*items, *earlier, *past_items),
        CATALOGUE,
        **more,  # type: ignore[arg-type]
    )


def made(*slugs: str, **more: object) -> Composition:
    composition = mail(*slugs, **more)  # type: ignore[arg-type]
    assert isinstance(composition, Composition), composition
    return composition


def shape(composition: Composition) -> list[object]:
    """The blocks as short words: item ids, headings, kinds of the rest."""
    words: list[object] = []
    for block in composition.blocks:
        match block:
            case ItemBlock():
                words.append(block.item.id)
            case HeadingBlock():
                words.append(block.text)
            case _:
                words.append(type(block).__name__.removesuffix("Block").lower())
    return words


def first(composition: Composition, kind: type) -> object:
    return next(block for block in composition.blocks if isinstance(block, kind))


SECURITY = item(1, tool="terraform", change=Change.SECURITY, version="1.15.9")
RELEASE = item(2)
ROLE = role_update(50)
PAY = salary_news(60, pay(100, 100))
WEEK = (SECURITY, RELEASE, ROLE, PAY)


def test_the_blocks_stand_in_the_order_of_the_mail() -> None:
    old = item(9, day=MAIL - timedelta(days=20), week="2026-W32")
    whole = made(ML, items=[SECURITY, PAY], earlier=[old], plan_week=5)
    assert shape(whole) == [1, "role", 60, "Earlier", 9, "plan", "related", "foot"]
    full = made(ML, items=WEEK, plan_week=5)
    assert shape(full) == [1, 2, "role", 50, 60, "plan", "related", "foot"]
    assert full.carried == (1, 2, 50, 60)
    assert (full.left_over, full.editions) == ((), (ML,))


def test_other_editions_add_what_is_not_in_the_mail_under_their_name() -> None:
    hook = item(3, tool="react")
    whole = made(DEVOPS, ML, WEB, items=[SECURITY, RELEASE, hook])
    assert shape(whole) == [1, "role", "MLOps Engineer", 2, "Web Developer", 3, "foot"]
    assert whole.head.specialization == "DevOps Engineer"
    assert whole.editions == (DEVOPS, ML, WEB)


def test_the_head_comes_from_the_first_specialization_whose_edition_goes() -> None:
    whole = made(PAINTER, DATA, ML, items=WEEK)
    assert whole.head.specialization == "Data Scientist"
    assert shape(whole)[:2] == [2, "role"]


def test_the_plan_is_always_the_primarys() -> None:
    held = made(
        ML,
        DATA,
        items=WEEK,
        going=editions(WEEK, DATA),
        silent={ML: EditionState.HELD},
        plan_week=5,
    )
    assert held.head.specialization == "Data Scientist"
    step = first(held, PlanBlock)
    assert isinstance(step, PlanBlock)
    assert (step.specialization, step.step.number, step.tool.slug) == (ML, 5, "kubeflow")
    assert "plan" not in shape(made(DATA, ML, items=WEEK, plan_week=5))


@pytest.mark.parametrize("week", [None, 0, -3, 14, 99])
def test_before_and_after_the_plan_there_is_no_step(week: int | None) -> None:
    assert not {"plan", "closing"} & set(shape(made(ML, items=WEEK, plan_week=week)))


def test_the_plan_closes_in_week_13_with_what_it_was_for() -> None:
    closing = first(made(ML, items=WEEK, plan_week=13), ClosingBlock)
    assert isinstance(closing, ClosingBlock)
    assert closing.portfolio_evidence == ("lower cost per inference",)
    alone = made(ML, plan_week=13)
    assert shape(alone) == ["role", "closing", "related", "foot"]


def test_an_edition_lives_on_its_plan_alone() -> None:
    quiet = made(ML, plan_week=3)
    assert shape(quiet) == ["role", "plan", "related", "foot"]
    assert quiet.head.subject == "A quiet week: your plan is in week 3"
    assert quiet.editions == (ML,)


def test_a_plan_goes_out_without_any_edition() -> None:
    whole = made(ML, going={}, silent={ML: EditionState.SKIPPED}, plan_week=3)
    assert shape(whole) == ["role", "plan", "related", "foot"]
    assert whole.editions == ()
    assert whole.head.subject == "Week 3 of your plan: Step number 3"


def test_nothing_is_sent_twice() -> None:
    whole = made(ML, items=WEEK, received=frozenset({1, 50}))
    assert whole.carried == (2, 60)
    assert "security" not in f"{whole.head}".casefold()
    assert "Terraform" not in f"{whole.head}"


def test_a_withdrawn_item_is_left_out() -> None:
    going = editions(WEEK, ML)
    now = [replace(SECURITY, state=ItemState.WITHDRAWN), *WEEK[1:]]
    assert made(ML, going=going, items=now).carried == (2, 50, 60)


def test_nothing_older_than_eight_weeks_is_sent() -> None:
    old = item(9, day=MAIL - timedelta(days=57))
    young = item(8, day=MAIL - timedelta(days=56))
    stale = editions([old, young], DATA, week=Week.parse("2026-W33"))
    assert made(DATA, going=stale, items=[old, young]).carried == (8,)


def test_twelve_items_at_most_and_the_rest_is_counted_not_carried() -> None:
    many = [item(n) for n in range(1, 16)]
    whole = made(ML, items=many)
    assert len(whole.carried) == 12
    assert whole.left_over == (13, 14, 15)
    assert first(whole, OverflowBlock) == OverflowBlock(count=3)
    assert shape(whole)[-3:] == ["overflow", "related", "foot"]
    assert "overflow" not in shape(made(ML, items=many[:12]))


def test_the_news_of_the_week_takes_its_places_before_earlier_items_do() -> None:
    earlier = [item(n, day=MAIL - timedelta(days=20), week="2026-W32") for n in (90, 91)]
    react = [item(n, tool="react") for n in range(1, 12)]
    whole = made(ML, WEB, items=[SECURITY, *react[1:]], earlier=earlier)
    assert whole.left_over == (91,)
    crowd = [item(n, tool="react") for n in range(3, 15)]
    other = made(ML, WEB, items=[item(1, tool="terraform"), *crowd], earlier=earlier)
    assert other.left_over == (14, 90, 91)
    assert shape(other)[:4] == [1, "role", "Web Developer", 3]


@pytest.mark.parametrize(
    ("section", "gone"),
    [
        (Section.TOOL_CHANGES, {1, 2}),
        (Section.ROLE_UPDATES, {50, "role"}),
        (Section.PAY, {60}),
        (Section.PLAN, {"plan"}),
        (Section.RELATED, {"related"}),
    ],
)
def test_a_section_that_is_off_is_not_in_the_mail(section: Section, gone: set[object]) -> None:
    whole = shape(made(ML, items=WEEK, plan_week=5))
    less = shape(made(ML, items=WEEK, plan_week=5, off=(section,)))
    assert less == [word for word in whole if word not in gone]


def test_a_closing_block_is_part_of_the_plan_section() -> None:
    assert mail(ML, plan_week=13, off=(Section.PLAN,)) is SkipReason.NOTHING_NEW


@pytest.mark.parametrize(
    ("slugs", "silent", "step", "reason"),
    [
        ((ML,), {ML: EditionState.HELD}, 5, SkipReason.ALL_HELD),
        ((ML,), {ML: EditionState.DRAFT}, None, SkipReason.ALL_HELD),
        ((ML, DATA), {ML: EditionState.SKIPPED, DATA: EditionState.HELD}, 5, SkipReason.ALL_HELD),
        ((DATA,), {DATA: EditionState.SKIPPED}, 5, SkipReason.NOTHING_NEW),
        ((ML,), {}, None, SkipReason.NOTHING_NEW),
        (("gone",), {}, 5, SkipReason.NOTHING_NEW),
        ((), {}, 5, SkipReason.NOTHING_NEW),
    ],
)
def test_whoever_gets_no_mail_is_told_apart_by_reason(
    slugs: tuple[str, ...],
    silent: dict[str, EditionState],
    step: int | None,
    reason: SkipReason,
) -> None:
    assert mail(*slugs, going={}, silent=silent, plan_week=step) is reason


def test_a_list_with_neither_item_nor_plan_is_nothing_new() -> None:
    everything = frozenset({1, 2, 50, 60})
    assert mail(ML, items=WEEK, received=everything) is SkipReason.NOTHING_NEW
    off = (Section.TOOL_CHANGES, Section.ROLE_UPDATES, Section.PAY)
    assert mail(ML, items=WEEK, off=off) is SkipReason.NOTHING_NEW
    assert mail(ML) is SkipReason.NOTHING_NEW


def test_a_specialization_that_left_the_catalogue_is_passed_over() -> None:
    whole = made("gone", ML, items=WEEK, going=editions(WEEK, ML), plan_week=5)
    assert shape(whole) == [1, 2, "role", 50, 60, "plan", "related", "foot"]


def test_what_to_do_is_filled_in_before_the_item_is_drawn() -> None:
    card = first(made(ML, items=WEEK), ItemBlock)
    assert isinstance(card, ItemBlock)
    assert card.item.news.do == "update to 1.15.9 or later."
    assert card.tool == CATALOGUE.tool("terraform")
    assert (card.role_name, card.growth_note, card.past) == ("", "", False)


def test_role_and_pay_items_know_their_role() -> None:
    cards = [b for b in made(ML, items=[ROLE, PAY]).blocks if isinstance(b, ItemBlock)]
    assert [card.role_name for card in cards] == ["MLOps Engineer", "MLOps Engineer"]
    assert [bool(card.growth_note) for card in cards] == [False, True]
    lost = salary_news(61, role="gone", targets=(ML,))
    card = first(made(ML, items=[lost]), ItemBlock)
    assert isinstance(card, ItemBlock)
    assert (card.role_name, card.growth_note) == ("", "")


def test_items_of_earlier_weeks_are_quiet_and_stand_under_earlier() -> None:
    old = item(9, day=MAIL - timedelta(days=20), week="2026-W32", tool="react")
    whole = made(DATA, WEB, items=[RELEASE], earlier=[old])
    assert shape(whole) == [2, "role", "Earlier", 9, "foot"]
    assert [b.past for b in whole.blocks if isinstance(b, ItemBlock)] == [False, True]
    heading = first(whole, HeadingBlock)
    assert heading == HeadingBlock(
        text="Earlier", note="Web Developer, from earlier weeks, and new to you."
    )


def test_the_gauge_needs_a_risk_and_related_roles_need_a_level() -> None:
    assert "role" not in shape(made(PAINTER, items=[item(1, targets=(PAINTER,))]))
    by_word = first(made(INFRA, items=[RELEASE]), RoleBlock)
    assert isinstance(by_word, RoleBlock)
    assert (by_word.role.slug, by_word.specialization.slug) == ("ai-engineer", INFRA)
    assert by_word.today == MAIL
    assert first(made(ML, items=WEEK), RelatedBlock) == RelatedBlock(
        roles=(("Data Scientist", 6, "medium"), ("Web Developer", 7, "high"))
    )
    assert "related" not in shape(made(INFRA, items=[RELEASE]))


def test_at_most_eight_related_roles_are_shown() -> None:
    others = tuple(role(f"role-{n}", f"Role {n}", risk_level=n) for n in range(11))
    hub = role("hub", "Hub", related=tuple(each.slug for each in others))
    crowded = Catalogue(roles=(hub, *others), specializations=(general("hub", "Hub"),))
    news = item(1, tool=None, targets=("hub",))
    edition = assemble(W34, general("hub", "Hub"), [news], [], frozenset(), catalogue=crowded)
    assert isinstance(edition, Edition)
    profile = Preferences(specializations=("hub",))
    whole = compose(profile, W34, {"hub": edition}, {}, by_revision(news), crowded)
    assert isinstance(whole, Composition)
    related = first(whole, RelatedBlock)
    assert isinstance(related, RelatedBlock)
    assert [name for name, _, _ in related.roles] == [f"Role {n}" for n in range(8)]


def test_an_editors_words_open_the_mail_that_holds_all_they_may_speak_of() -> None:
    going = editions(WEEK, ML)
    going[ML] = replace(going[ML], subject="Update Terraform", intro="Two things.")
    whole = made(ML, items=WEEK, going=going)
    assert (whole.head.subject, whole.head.intro) == ("Update Terraform", "Two things.")
    without_first = made(ML, items=WEEK, going=going, received=frozenset({1}))
    assert without_first.head.subject == RELEASE.news.headline
    without_second = made(ML, items=WEEK, going=going, received=frozenset({2}))
    assert without_second.head.subject == SECURITY.news.headline
    assert without_second.head.intro != "Two things."


def test_an_editors_words_open_an_edition_of_earlier_items_or_of_a_plan_alone() -> None:
    old = item(9, day=MAIL - timedelta(days=20), week="2026-W32")
    going = {s: replace(e, subject="Hello") for s, e in editions([], ML, earlier=[old]).items()}
    assert made(ML, going=going, items=[old]).head.subject == "Hello"
    bare = {ML: replace(editions([], ML)[ML], subject="Hello")}
    assert made(ML, going=bare, plan_week=4).head.subject == "Hello"


def test_a_quiet_week_is_only_claimed_when_all_the_readers_editions_say_so() -> None:
    assert made(ML, plan_week=4).head.preheader.startswith("A quiet week.")
    received = made(ML, items=WEEK, received=frozenset({1, 2, 50, 60}), plan_week=4)
    assert "quiet" not in f"{received.head}"
    held = made(
        ML,
        DATA,
        going=editions([], ML),
        silent={DATA: EditionState.HELD},
        plan_week=4,
    )
    assert "quiet" not in f"{held.head}"


def test_the_subject_differs_from_last_weeks_of_the_same_specialization() -> None:
    last = made(ML, items=WEEK).head.subject
    again = made(ML, items=WEEK, last_subjects={ML: last, DATA: None}).head.subject
    assert again.startswith("Week 34: ")


def test_a_fortnightly_reader_gets_what_gathered_since_the_last_slot() -> None:
    w33 = Week.parse("2026-W33")
    past = [
        item(20, day=MAIL - timedelta(days=9), week="2026-W33"),
        item(21, day=MAIL - timedelta(days=8), week="2026-W33", change=Change.SECURITY),
    ]
    slots = [{}, editions(past, DATA, WEB, week=w33)]
    profile = Preferences(specializations=(DATA,), frequency=Frequency.FORTNIGHTLY)
    going = editions([RELEASE], DATA)
    whole = compose(
        profile, W34, going, {}, by_revision(RELEASE, *past), CATALOGUE, past_slots=slots
    )
    assert isinstance(whole, Composition)
    assert shape(whole) == [2, "role", "Earlier", 21, 20, "foot"]
    only_past = compose(
        profile,
        W34,
        {},
        {DATA: EditionState.HELD},
        by_revision(*past),
        CATALOGUE,
        past_slots=slots,
    )
    assert isinstance(only_past, Composition)
    assert shape(only_past) == ["role", "Earlier", 21, 20, "foot"]
    assert only_past.editions == (DATA,)


def test_an_item_in_several_slots_stands_once_as_this_weeks() -> None:
    slots = [editions([RELEASE], DATA, week=Week.parse("2026-W33"))]
    whole = made(DATA, items=[RELEASE], past_slots=slots)
    assert shape(whole) == [2, "role", "foot"]


def test_the_language_passes_through_to_every_block() -> None:
    old = item(9, day=MAIL - timedelta(days=20), week="2026-W32")
    many = [item(n) for n in range(100, 115)]
    for composition in (
        made(ML, WEB, items=[SECURITY, item(3, tool="react")], earlier=[old], language="de"),
        made(ML, items=many, plan_week=5, language="de"),
        made(ML, plan_week=13, language="de"),
    ):
        blocks = (composition.head, *composition.blocks)
        assert {block.language for block in blocks} == {"de"}


def test_the_foot_closes_every_mail() -> None:
    assert made(ML, items=WEEK).blocks[-1] == FootBlock(asks=True)
