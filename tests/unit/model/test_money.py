"""Money in whole minor units, and the rule that tells a raise from noise (R14)."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from briefings.model.money import Direction, Money, PayFigure, compare, standard_error


def usd(amount: int | str) -> Money:
    return Money.of(Decimal(amount), "USD")


def figure(
    median: int = 100_000, *, half: int = 20_000, n: int = 50, year: int = 2025
) -> PayFigure:
    return PayFigure(
        region="US",
        level="all",
        year=year,
        n=n,
        p25=usd(median - half),
        median=usd(median),
        p75=usd(median + half),
        low_sample=n < 30,
        period_note="full year",
        source="a survey",
        source_url="https://example.org/survey",
        licence="CC0-1.0",
    )


MLOPS_2024 = replace(
    figure(n=58, year=2024), p25=usd(121_250), median=usd(170_320), p75=usd(207_500)
)
MLOPS_2025 = replace(
    figure(n=47), p25=usd(137_722), median=usd(170_500), p75=usd(216_100), period_note="half a year"
)


@pytest.mark.parametrize(
    ("money", "shown"),
    [
        (usd(170_320), "$170,320"),
        (usd("9.50"), "$9.50"),
        (usd("0.05"), "$0.05"),
        (usd(0), "$0"),
        (usd(-1_200), "-$1,200"),
        (Money.of(1_000_000, "JPY"), "¥1,000,000"),
        (Money.of(Decimal("1.005"), "KWD"), "KWD\N{NO-BREAK SPACE}1.005"),
        (Money.of(95_000, "EUR"), "€95,000"),
        (Money.of(80_000, "GBP"), "£80,000"),
        (Money.of(120_000, "CHF"), "CHF\N{NO-BREAK SPACE}120,000"),
    ],
)
def test_money_reads_as_people_write_it(money: Money, shown: str) -> None:
    assert str(money) == shown


@given(st.integers(-(10**12), 10**12), st.sampled_from(["USD", "JPY", "KWD", "CHF"]))
def test_an_amount_goes_through_major_units_and_back(minor: int, currency: str) -> None:
    money = Money(amount_minor=minor, currency=currency)
    assert Money.of(money.amount, currency) == money


@pytest.mark.parametrize("currency", ["usd", "US", "DOLLAR", "", "U$D", "ÄÖÜ", "USD\n"])
def test_what_is_no_currency_is_refused(currency: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(amount_minor=1, currency=currency)


@pytest.mark.parametrize(("amount", "currency"), [("0.001", "USD"), ("0.5", "JPY")])
def test_nothing_is_rounded_away(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match="finer than"):
        Money.of(Decimal(amount), currency)


def test_money_of_one_currency_has_an_order() -> None:
    assert usd(1) < usd(2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 0}, "at least one answer"),
        ({"p25": Money.of(1, "EUR")}, "one currency"),
        ({"p25": usd(100_001)}, "out of order"),
        ({"p75": usd(99_999)}, "out of order"),
        ({"p25": usd(0)}, "out of order"),
    ],
)
def test_figures_that_cannot_be_quartiles_are_refused(
    change: dict[str, Money | int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(figure(), **change)  # type: ignore[arg-type]


def test_equal_quartiles_are_a_figure() -> None:
    assert figure(half=0).p25 == figure(half=0).p75


@pytest.mark.parametrize(
    ("n", "marked", "small"), [(29, False, True), (30, False, False), (30, True, True)]
)
def test_a_sample_is_small_below_thirty_or_when_its_source_says_so(
    n: int, marked: bool, small: bool
) -> None:
    assert replace(figure(n=n), low_sample=marked).small_sample is small


def test_the_standard_error_is_that_of_the_rule() -> None:
    assert standard_error(MLOPS_2024) == pytest.approx(0.93 * 8_625_000 / math.sqrt(58))


def test_mlops_engineers_in_the_us_stand_where_they_stood() -> None:
    change = compare(MLOPS_2025, MLOPS_2024)
    assert (change.direction, change.percent) == (Direction.FLAT, Decimal("0.1"))
    assert "$180" in change.reason
    assert "chance alone" in change.reason
    assert change.caveats == (
        "the periods are cut differently: 2024 is full year, 2025 is half a year",
    )


def test_equal_medians_are_flat_even_without_any_spread() -> None:
    change = compare(figure(half=0), figure(half=0, year=2024))
    assert (change.direction, change.percent) == (Direction.FLAT, 0)
    assert change.reason == "the two medians are equal"
    assert change.caveats == ()


@pytest.mark.parametrize(
    ("now", "direction", "percent"),
    [(130_000, Direction.UP, "30.0"), (70_000, Direction.DOWN, "-30.0")],
)
def test_a_move_that_chance_does_not_explain_is_news(
    now: int, direction: Direction, percent: str
) -> None:
    change = compare(figure(now), figure(year=2024))
    assert (change.direction, change.percent) == (direction, Decimal(percent))
    assert "$30,000, more than the $14,880 that chance explains" in change.reason


def test_the_border_is_twice_the_joint_error() -> None:
    # One figure without spread, so the joint error is that of the other: 0.93 x 40,000 / sqrt(64).
    before = figure(half=0, year=2024)
    at = figure(100_000 + 9_300, n=64)
    assert compare(at, before).direction is Direction.UP
    below = figure(100_000 + 9_299, n=64)
    assert compare(below, before).direction is Direction.FLAT


def test_small_samples_are_said() -> None:
    both = compare(figure(n=12), figure(n=7, year=2024))
    assert both.caveats == ("small sample: 2024 (n = 7) and 2025 (n = 12)",)
    assert compare(figure(n=12), figure(year=2024)).caveats == ("small sample: 2025 (n = 12)",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"region": "global"}, "across region: US and global"),
        ({"level": "senior"}, "across level: all and senior"),
    ],
)
def test_unlike_figures_are_never_compared(change: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compare(figure(), replace(figure(year=2024), **change))  # type: ignore[arg-type]


def test_currencies_are_never_compared() -> None:
    euro = Money.of(100_000, "EUR")
    with pytest.raises(ValueError, match="across currency: USD and EUR"):
        compare(figure(), replace(figure(year=2024), p25=euro, median=euro, p75=euro))


figures = st.builds(
    figure,
    st.integers(60_000, 200_000),
    half=st.integers(0, 50_000),
    n=st.integers(1, 500),
)


@given(figures, figures)
def test_looking_back_turns_the_direction_round(one: PayFigure, other: PayFigure) -> None:
    turned = {
        Direction.UP: Direction.DOWN,
        Direction.DOWN: Direction.UP,
        Direction.FLAT: Direction.FLAT,
    }
    assert compare(other, one).direction is turned[compare(one, other).direction]


@given(figures, figures, st.integers(2, 50))
def test_more_answers_never_turn_news_into_noise(
    now: PayFigure, before: PayFigure, times: int
) -> None:
    assume(compare(now, before).direction is not Direction.FLAT)
    more = replace(now, n=now.n * times), replace(before, n=before.n * times)
    assert compare(*more).direction is compare(now, before).direction


@given(figures)
def test_a_figure_beside_itself_is_flat(one: PayFigure) -> None:
    assert compare(one, one).direction is Direction.FLAT


@given(figures, figures)
def test_the_caveats_speak_exactly_when_a_sample_is_small(one: PayFigure, other: PayFigure) -> None:
    assert bool(compare(one, other).caveats) is (one.small_sample or other.small_sample)
