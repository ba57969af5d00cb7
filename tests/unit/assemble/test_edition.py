"""Editions in full, thin and empty weeks."""

from datetime import date, timedelta

import pytest

from briefings.assemble.edition import MERGED, Skip, assemble, explain
from briefings.assemble.thin import ThinRules
from briefings.model.edition import Edition, EditionState, Part
from briefings.model.news import Change, Item
from tests.unit.assemble.make import CATALOGUE, W34, ids, item

ML = CATALOGUE.specialization("mlops-engineer")
DATA = CATALOGUE.specialization("data-scientist")
MAIL = W34.mail_monday


def made(
    items: list[Item],
    earlier: list[Item] | None = None,
    carried: frozenset[int] = frozenset(),
    **more: object,
) -> Edition | Skip:
    specialization = more.pop("specialization", DATA)
    return assemble(W34, specialization, items, earlier or [], carried, catalogue=CATALOGUE, **more)  # type: ignore[arg-type]


def aged(number: int, days: int, **more: object) -> Item:
    return item(number, day=MAIL - timedelta(days=days), week="2026-W33", **more)  # type: ignore[arg-type]


def parts(edition: object) -> dict[int, Part]:
    assert isinstance(edition, Edition), edition
    return {each.item_id: each.part for each in edition.placements}


def test_a_full_week_is_not_filled() -> None:
    assert ids(made([item(1), item(2), item(3)], [aged(9, 10)])) == [1, 2, 3]


def test_a_thin_week_is_filled_up_to_the_minimum_best_first() -> None:
    spare = [aged(7, 12), aged(8, 20, change=Change.SECURITY), aged(9, 11)]
    edition = made([item(1)], spare)
    assert parts(edition) == {1: Part.WEEK, 8: Part.EARLIER, 9: Part.EARLIER}
    assert ids(edition) == [1, 8, 9]


def test_a_filler_is_at_most_four_weeks_old_on_the_monday_of_the_mail() -> None:
    assert ids(made([item(1)], [aged(2, 28), aged(3, 29)])) == [1, 2]


def test_a_filler_was_never_carried_and_reaches_the_specialization() -> None:
    assert ids(made([item(1)], [aged(2, 10), aged(3, 10, tool="react")], frozenset({2}))) == [1]


def test_a_short_edition_goes_anyway() -> None:
    edition = made([item(1)])
    assert ids(edition) == [1]
    assert isinstance(edition, Edition)
    assert (edition.state, edition.week) == (EditionState.DRAFT, "2026-W34")


def test_only_earlier_items_make_an_edition_too() -> None:
    assert parts(made([], [aged(2, 10)])) == {2: Part.EARLIER}


def test_a_plan_is_enough_for_an_edition() -> None:
    assert ids(made([], specialization=ML)) == []


def test_without_items_and_plan_the_week_is_skipped_with_a_reason() -> None:
    assert made([item(1, tool="react")]) == Skip(
        specialization="data-scientist", week="2026-W34", reason="nothing to say"
    )


@pytest.mark.parametrize(("days", "sent"), [(56, True), (57, False)])
def test_nothing_older_than_eight_weeks_is_sent_wherever_it_is_stored(
    days: int, sent: bool
) -> None:
    old = item(1, day=MAIL - timedelta(days=days))
    assert ids(made([old, item(2)])) == ([2, 1] if sent else [2])
    assert ids(made([item(2)], joined=[old])) == ([2, 1] if sent else [2])


def test_dates_in_the_future_are_no_errors() -> None:
    assert ids(made([item(1, day=date(2026, 12, 1))])) == [1]


def test_items_of_a_held_edition_join_under_earlier_thin_or_not() -> None:
    full = [item(1), item(2), item(3)]
    edition = made(full, joined=[aged(8, 40), aged(9, 10, tool="react")], carried=frozenset({8}))
    assert parts(edition) == {**dict.fromkeys((1, 2, 3), Part.WEEK), 8: Part.EARLIER}


def test_joined_items_count_towards_the_minimum_and_stand_once() -> None:
    edition = made([item(1)], [aged(8, 9), aged(9, 9)], joined=[item(1), aged(8, 9)])
    assert sorted(ids(edition)) == [1, 8, 9]
    assert ids(made([item(1), item(2)], [aged(9, 9)], joined=[aged(8, 9)])) == [1, 2, 8]


def test_merging_waits_once_with_a_thin_week_when_it_is_switched_on() -> None:
    rules = ThinRules(merge=True)
    waits = made([item(1)], [aged(8, 9)], rules=rules)
    assert waits == Skip(specialization="data-scientist", week="2026-W34", reason=MERGED)
    assert ids(made([item(1)], joined=[aged(8, 9)], rules=rules)) == [1, 8]
    assert ids(made([item(1), item(2), item(3)], rules=rules)) == [1, 2, 3]
    assert ids(made([], rules=rules, specialization=ML)) == []


def test_the_order_of_arrival_does_not_matter() -> None:
    items = [item(n, change=list(Change)[n % 5], tags=("drift",) * (n % 2)) for n in range(1, 9)]
    forward = made(items, [aged(20, 9)])
    assert forward == made(items[::-1], [aged(20, 9)]) == made(items[3:] + items[:3])


def test_every_placement_says_why_to_reader_and_editor() -> None:
    edition = made([item(1, change=Change.SECURITY), item(2)])
    assert isinstance(edition, Edition)
    why = "Data Scientist covers experiment tracking."
    assert explain(edition, {1: "MLflow closes a hole"}) == [
        f"1. MLflow closes a hole [week: security; other tool; high; 19 Aug] {why}",
        f"2. item 2 [week: release; other tool; high; 19 Aug] {why}",
    ]
