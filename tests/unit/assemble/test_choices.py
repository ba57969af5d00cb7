"""An editor's order, pins and words survive every new assembling; what is new falls into place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from briefings.assemble.choices import laid_over, left_out, moved, pinned, without_left_out
from briefings.model.edition import Choices, Edition, LeftOut, Part, Placement
from tests.unit.assemble.make import item


def edition(*ids: int, earlier: tuple[int, ...] = ()) -> Edition:
    return Edition(
        specialization="a",
        week="2026-W34",
        placements=tuple(
            Placement(item_id=i, revision=1, part=part, why_you="", ranked="")
            for part, many in ((Part.WEEK, ids), (Part.EARLIER, earlier))
            for i in many
        ),
    )


def order(made: Edition) -> list[int]:
    return [place.item_id for place in made.placements]


def test_without_choices_the_ranking_stands() -> None:
    assert laid_over(edition(1, 2, earlier=(3,)), Choices()) == edition(1, 2, earlier=(3,))


def test_the_editors_order_stands_and_what_is_new_follows_what_it_was_ranked_behind() -> None:
    own = Choices(order=(3, 1, 2))
    assert order(laid_over(edition(1, 2, 3), own)) == [3, 1, 2]
    assert order(laid_over(edition(9, 1, 2, 8, 3), own)) == [9, 3, 1, 2, 8]


def test_what_is_gone_leaves_no_gap_and_earlier_items_stay_behind_the_week() -> None:
    own = Choices(order=(5, 3, 1), pinned=(5,))
    assert order(laid_over(edition(1, 3, earlier=(5, 6)), own)) == [3, 1, 5, 6]


def test_pinned_items_come_first_in_the_order_of_pinning() -> None:
    own = pinned(pinned(Choices(), 3, on=True), 2, on=True)
    assert order(laid_over(edition(1, 2, 3, 4), own)) == [3, 2, 1, 4]
    assert pinned(own, 3, on=False).pinned == (2,)


def test_moving_puts_an_item_among_those_shown() -> None:
    own = moved(Choices(), (1, 2, 3), 3, 0)
    assert own.order == (3, 1, 2)
    assert moved(own, (3, 1, 2), 3, 99).order == (1, 2, 3)
    assert moved(own, (3, 1, 2), 7, 0) == own
    pins = moved(Choices(pinned=(1, 2, 8)), (1, 2, 3), 2, 0)
    assert pins.pinned == (8, 2, 1)


def test_what_is_left_out_is_not_assembled_until_it_is_taken_back() -> None:
    own = left_out(Choices(pinned=(1, 2)), 1, "old news")
    assert own.left_out == (LeftOut(item_id=1, reason="old news"),)
    assert own.pinned == (2,)
    items = [item(1), item(2)]
    assert [each.id for each in without_left_out(items, own)] == [2]
    assert left_out(own, 1, None).left_out == ()
    assert left_out(own, 1, "worse").left_out == (LeftOut(item_id=1, reason="worse"),)


def test_words_are_the_editors() -> None:
    made = laid_over(edition(1), Choices(subject="S", preheader="P", intro="I"))
    assert (made.subject, made.preheader, made.intro) == ("S", "P", "I")


ids = st.lists(st.integers(1, 12), unique=True, max_size=12).map(tuple)


@given(ids, ids, ids)
def test_no_item_is_lost_or_doubled(
    shown: tuple[int, ...], own: tuple[int, ...], pins: tuple[int, ...]
) -> None:
    made = laid_over(edition(*shown), Choices(order=own, pinned=pins))
    assert sorted(order(made)) == sorted(shown)
    first = [each for each in pins if each in shown]
    assert order(made)[: len(first)] == first
