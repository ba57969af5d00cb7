"""What the head of a mail announces, and in which words."""

from dataclasses import replace

import pytest

from briefings.assemble.acts import with_act
from briefings.assemble.head import OwnWords, compose_head, number_word
from briefings.model.edition import ClosingBlock, HeadBlock, ItemBlock, PlanBlock
from briefings.model.news import Change, Item
from tests.unit.assemble.make import CATALOGUE, W34, item, pay, role_update, salary_news

ML = CATALOGUE.specialization("mlops-engineer")
STEP = PlanBlock(specialization=ML.slug, step=ML.plan[4], tool=CATALOGUE.tool("kubeflow"))
OVER = ClosingBlock(specialization=ML.slug, portfolio_evidence=ML.portfolio_evidence)


def block(piece: Item, *, past: bool = False) -> ItemBlock:
    tool = CATALOGUE.tool_named(piece.news.tool or "")
    made = replace(piece, news=with_act(piece.news))
    return ItemBlock(item=made, why_you="Because.", past=past, tool=tool)


def head(
    *pieces: Item,
    past: tuple[Item, ...] = (),
    plan: PlanBlock | ClosingBlock | None = None,
    own: OwnWords | None = None,
    quiet: bool = False,
    last: str | None = None,
) -> HeadBlock:
    blocks = [*map(block, pieces), *(block(each, past=True) for each in past)]
    return compose_head(
        W34, ML, blocks, plan, own=own or OwnWords(), quiet=quiet, last_subject=last
    )


SECURITY = item(
    1,
    tool="terraform",
    change=Change.SECURITY,
    headline="Terraform 1.15.9 updates go-slug for CVE-2026-14978",
)
BREAKING = item(
    2,
    tool="argo-workflows",
    change=Change.BREAKING,
    headline="Argo Workflows 4.1.2 changes SSO tokens and signs users out once",
)
RELEASES = tuple(item(n) for n in (3, 4, 5))


def test_a_good_week_reads_like_a_letter_from_somebody_who_read_it_all() -> None:
    made = head(SECURITY, BREAKING, *RELEASES, salary_news(6, pay(100, 100)), plan=STEP)
    assert made == HeadBlock(
        week="2026-W34",
        specialization="MLOps Engineer",
        subject="Terraform 1.15.9 updates go-slug for CVE-2026-14978",
        title="Update Terraform first, then check Argo Workflows",
        preheader=(
            "One security fix, one breaking change, three releases. Pay is flat. Plan week 5 of 12."
        ),
        intro=(
            "Two of the five tool changes below ask something of you; the other three can wait. "
            "Pay has not moved, and your plan is in week 5."
        ),
    )


def test_the_title_leads_with_the_act_only_when_a_security_fix_is_first() -> None:
    assert head(SECURITY).title == "Update Terraform this week"
    assert head(SECURITY, replace(SECURITY, id=9)).title == "Update Terraform this week"
    assert head(BREAKING, SECURITY).title == BREAKING.news.headline
    assert head(past=(SECURITY,)).title == SECURITY.news.headline
    unknown = replace(SECURITY, news=replace(SECURITY.news, tool=None))
    assert head(unknown).title == SECURITY.news.headline
    assert head(unknown, BREAKING).title == SECURITY.news.headline
    careful = replace(SECURITY, news=replace(SECURITY.news, do="wait for the second fix."))
    assert head(careful, BREAKING).title == SECURITY.news.headline
    worded = replace(SECURITY, news=replace(SECURITY.news, do="Upgrade today."))
    assert head(worded, RELEASES[0], BREAKING).title == (
        "Update Terraform first, then check Argo Workflows"
    )


def test_a_long_headline_is_cut_in_the_subject_and_whole_in_the_title() -> None:
    made = head(BREAKING)
    assert made.subject == "Argo Workflows 4.1.2 changes SSO tokens and signs users out…"
    assert made.title == "Argo Workflows 4.1.2 changes SSO tokens and signs users out once"


def test_the_subject_is_never_last_weeks() -> None:
    first = head(SECURITY).subject
    second = head(SECURITY, last=first).subject
    assert second == "Week 34: Terraform 1.15.9 updates go-slug for CVE-2026-14978"
    third = head(item(1, headline="x" * 70), last="Week 33").subject
    assert third == "MLOps Engineer: week 34"
    assert head(item(1, headline="x" * 70), last=third).subject.startswith("Week 34: 17")


def test_an_editors_words_stand_and_still_fit() -> None:
    own = OwnWords(subject="Update Terraform\nfirst, then warn your Argo users, and " + "x" * 30)
    made = head(SECURITY, own=replace(own, intro="Read\x00 this."))
    assert made.subject == "Update Terraform first, then warn your Argo users…"
    assert made.title.startswith("Update Terraform first, then warn your Argo users, and xxx")
    assert made.intro == "Read this."
    assert head(SECURITY, own=own, last=made.subject).subject.startswith("Week 34: Update")


@pytest.mark.parametrize(
    ("pieces", "intro"),
    [
        ((SECURITY,), "The one tool change below asks something of you."),
        ((RELEASES[0],), "The one tool change below asks nothing of you."),
        (RELEASES, "None of the three tool changes below asks anything of you."),
        ((SECURITY, BREAKING), "Every one of the two tool changes below asks something of you."),
        (
            (SECURITY, RELEASES[0]),
            "One of the two tool changes below asks something of you; the other one can wait.",
        ),
        ((role_update(),), "One role update is below."),
        ((role_update(), role_update(51)), "Two role updates are below."),
        ((salary_news(60, pay(100)),), "There are new pay figures."),
    ],
)
def test_the_intro_says_what_is_asked(pieces: tuple[Item, ...], intro: str) -> None:
    assert head(*pieces).intro == intro


def test_a_quiet_week_says_so_and_points_at_the_plan() -> None:
    made = head(plan=STEP, quiet=True)
    assert made.subject == made.title == "A quiet week: your plan is in week 5"
    assert made.preheader == "A quiet week. Plan week 5 of 12."
    assert made.intro == ("A quiet week: none of your tools changed. Your plan step is below.")


def test_a_list_that_only_holds_the_plan_is_not_called_a_quiet_week_when_there_was_news() -> None:
    made = head(plan=STEP)
    assert made.subject == made.title == "Week 5 of your plan: Step number 5"
    assert made.preheader == "Plan week 5 of 12."
    assert made.intro == "Your plan step is below."


def test_earlier_items_are_announced_as_such() -> None:
    made = head(past=RELEASES[:2], quiet=True)
    assert made.subject == RELEASES[0].news.headline
    assert made.preheader == "A quiet week. Two items from earlier weeks."
    assert made.intro == (
        "A quiet week: none of your tools changed. Two items from earlier weeks are below."
    )
    assert head(past=RELEASES[:1]).intro == "One item from earlier weeks is below."
    mixed = head(SECURITY, past=RELEASES[:1])
    assert mixed.preheader == "One security fix. One item from earlier weeks."
    assert mixed.intro == (
        "One of the two tool changes below asks something of you; the other one can wait."
    )


def test_earlier_items_that_ask_for_something_say_so() -> None:
    asks = "and {} something of you."
    assert head(past=(SECURITY,)).intro.endswith(f"is below, {asks.format('it asks')}")
    assert head(past=(SECURITY, BREAKING)).intro.endswith(f"below, {asks.format('two ask')}")
    assert head(past=(SECURITY, RELEASES[0])).intro.endswith(f"below, {asks.format('one asks')}")


def test_pay_of_earlier_weeks_is_not_announced_as_new() -> None:
    made = head(SECURITY, past=(salary_news(6, pay(150, 100)),))
    assert "pay" not in f"{made.preheader} {made.intro}".casefold()


def test_the_end_of_the_plan_is_announced_once_it_is_there() -> None:
    made = head(plan=OVER)
    assert made.subject == made.title == "Your 12-week plan is over: what comes next"
    assert made.preheader == "Your plan is over: what comes next."
    assert made.intro == "Your 12-week plan is over, and what comes next is below."


@pytest.mark.parametrize(("count", "word"), [(0, "no"), (1, "one"), (12, "twelve"), (13, "13")])
def test_counts_are_words_up_to_twelve(count: int, word: str) -> None:
    assert number_word(count) == word
