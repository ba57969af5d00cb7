"""Whatever the news: nothing is announced that is not there, nothing twice, nothing by chance."""

import re
from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from briefings.assemble.compose import compose
from briefings.assemble.edition import assemble
from briefings.assemble.head import number_word
from briefings.assemble.rank import urgency
from briefings.assemble.subject import ELLIPSIS, SUBJECT_LENGTH, fit, one_line
from briefings.model.edition import Composition, Edition, ItemBlock, OverflowBlock, PlanBlock
from briefings.model.news import Change, Confidence, Item, Kind
from briefings.model.reader import Preferences, Section
from tests.unit.assemble.make import (
    CATALOGUE,
    W34,
    by_revision,
    item,
    pay,
    role_update,
    salary_news,
)

SLUGS = tuple(each.slug for each in CATALOGUE.specializations)
TOOLS = tuple(each.slug for each in CATALOGUE.tools)
NOUNS = {
    Change.SECURITY: "security fix",
    Change.BREAKING: "breaking change",
    Change.DEPRECATION: "deprecation",
    Change.PRICING: "pricing change",
    Change.RELEASE: "release",
    Kind.ROLE_UPDATE: "role update",
}
COUNTED = re.compile(
    r"\b([a-z]+|\d+) (security fix|breaking change|deprecation|pricing change|release|role update)"
    r"(?:e?s)?\b",
    re.IGNORECASE,
)


@st.composite
def news(draw: st.DrawFn, number: int) -> Item:
    age = draw(st.integers(-10, 70))
    common = {
        "day": W34.mail_monday - timedelta(days=age),
        "headline": draw(st.text(min_size=1, max_size=90)),
        "confidence": draw(st.sampled_from(Confidence)),
        "do": draw(st.sampled_from(("", "wait."))),
    }
    kind = draw(st.sampled_from(Kind))
    if kind is Kind.ROLE_UPDATE:
        return role_update(number, draw(st.sampled_from(("mlops-engineer", "painter"))), **common)
    if kind is Kind.SALARY_NEWS:
        return salary_news(number, pay(draw(st.integers(90, 110)), 100), **common)
    return item(
        number,
        tool=draw(st.sampled_from(TOOLS)),
        change=draw(st.sampled_from(Change)),
        tags=tuple(draw(st.lists(st.sampled_from(("drift", "iac", "x")), max_size=2))),
        **common,
    )


@st.composite
def weeks(draw: st.DrawFn) -> tuple[list[Item], list[Item]]:
    count = draw(st.integers(0, 18))
    items = [draw(news(number)) for number in range(1, count + 1)]
    cut = draw(st.integers(0, count))
    return items[:cut], items[cut:]


def made_for(slug: str, items: list[Item], earlier: list[Item]) -> object:
    return assemble(
        W34, CATALOGUE.specialization(slug), items, earlier, frozenset(), catalogue=CATALOGUE
    )


def editions_of(slugs: list[str], items: list[Item], earlier: list[Item]) -> dict[str, Edition]:
    made = {slug: made_for(slug, items, earlier) for slug in slugs}
    return {slug: each for slug, each in made.items() if isinstance(each, Edition)}


@given(weeks(), st.sampled_from(SLUGS), st.randoms(use_true_random=False))
def test_an_edition_does_not_depend_on_the_order_in_which_items_come(
    week: tuple[list[Item], list[Item]], slug: str, random: object
) -> None:
    items, earlier = week
    mixed, mixed_earlier = list(items), list(earlier)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    random.shuffle(mixed_earlier)  # type: ignore[attr-defined]
    assert made_for(slug, items, earlier) == made_for(slug, mixed, mixed_earlier)


@given(
    week=weeks(),
    slugs=st.lists(st.sampled_from(SLUGS), min_size=1, max_size=4, unique=True),
    received=st.frozensets(st.integers(1, 18), max_size=6),
    off=st.lists(st.sampled_from(Section), max_size=2, unique=True),
    plan_week=st.one_of(st.none(), st.integers(-1, 15)),
    gathered=st.booleans(),
    last=st.one_of(st.none(), st.text(max_size=30)),
    repeat_last=st.booleans(),
)
def test_a_mail_announces_what_is_in_it_and_nothing_else(  # noqa: PLR0917 - given by name
    week: tuple[list[Item], list[Item]],
    slugs: list[str],
    received: frozenset[int],
    off: list[Section],
    plan_week: int | None,
    gathered: bool,
    last: str | None,
    repeat_last: bool,
) -> None:
    items, earlier = week
    editions = editions_of(slugs, items, [] if gathered else earlier)
    past_slots = [editions_of(slugs, earlier, [])] if gathered else []

    def composed(last_subject: str | None) -> object:
        return compose(
            Preferences(specializations=tuple(slugs), sections_off=tuple(off)),
            W34,
            editions,
            {},
            by_revision(*items, *earlier),
            CATALOGUE,
            received=received,
            plan_week=plan_week,
            last_subjects=dict.fromkeys(slugs, last_subject),
            past_slots=past_slots,
        )

    mail = composed(last)
    if not isinstance(mail, Composition):
        return
    if repeat_last:
        last = mail.head.subject
        mail = composed(last)
        assert isinstance(mail, Composition)
    assert mail == composed(last)
    blocks = [block for block in mail.blocks if isinstance(block, ItemBlock)]
    ids = [block.item.id for block in blocks]

    assert len(ids) == len(set(ids)) <= 12
    assert set(mail.carried) == set(ids)
    assert not received & set(ids)
    assert not set(mail.left_over) & set(ids)
    assert [b.count for b in mail.blocks if isinstance(b, OverflowBlock)] == (
        [len(mail.left_over)] if mail.left_over else []
    )

    fresh = Counter(urgency(block.item.news) for block in blocks if not block.past)
    announced = {noun: word.casefold() for word, noun in COUNTED.findall(mail.head.preheader)}
    assert announced == {
        noun: number_word(fresh[place]) for place, noun in NOUNS.items() if fresh[place]
    }
    past = sum(block.past for block in blocks)
    assert ("from earlier weeks" in mail.head.preheader) == bool(past)
    assert ("pay" in mail.head.preheader.casefold()) == bool(fresh[Kind.SALARY_NEWS])
    steps = [block.step.number for block in mail.blocks if isinstance(block, PlanBlock)]
    assert re.findall(r"Plan week (\d+) of 12", mail.head.preheader) == [str(n) for n in steps]

    subject = mail.head.subject
    assert 0 < len(subject) <= SUBJECT_LENGTH
    assert subject == one_line(subject)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", subject)
    assert last is None or subject.casefold() != one_line(last).casefold()


@given(st.text(max_size=150))
def test_a_fitted_text_is_a_beginning_of_whole_words(text: str) -> None:
    line, fitted = one_line(text), fit(text)
    assert len(fitted) <= SUBJECT_LENGTH
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", fitted)
    if fitted and fitted != line:
        kept = fitted.removesuffix(ELLIPSIS)
        assert line.startswith(kept)
        assert re.match(r"[\s,;:.\u2013\u2014(-]", line[len(kept) :])
    elif not fitted:
        assert not line or max(map(len, line.split(" "))) > SUBJECT_LENGTH - 25 - len(ELLIPSIS)
