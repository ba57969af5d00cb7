"""Rates and verdicts of the page of numbers, and the ruler that its bars lie on."""

from __future__ import annotations

import pytest

from briefings.desk.numbers import rate, ruler, verdict


def test_a_number_that_may_not_be_shown_has_no_rate() -> None:
    assert rate(None, 500, per=100) is None
    assert rate(3, 0, per=100) is None
    assert rate(3, 60, per=100) == 5


@pytest.mark.parametrize(
    ("own", "usual", "less", "words"),
    [
        (20.0, 12.0, 0, "earns its place"),
        (9.0, 12.0, 0, "pressed less than others"),
        (1.0, 12.0, 0, "pressed less than half as often"),
        (1.0, 12.0, 3, "pressed less than half as often, and more want less of it than more"),
        (None, 12.0, 3, ""),
        (0.0, 0.0, 0, ""),
    ],
)
def test_a_section_is_judged_beside_all_of_them(
    own: float | None, usual: float, less: int, words: str
) -> None:
    assert verdict(own, usual, more=1, less=less) == words


@pytest.mark.parametrize(
    ("largest", "end"), [(0, 1), (0.4, 1), (1, 1), (1.1, 2), (3, 5), (7, 10), (12, 20), (501, 1000)]
)
def test_a_ruler_has_room_for_the_largest_figure(largest: float, end: int) -> None:
    assert ruler(largest) == end
