"""Salary rows as figures, and what is news in them (R14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from briefings.intake.reading import SetAside
from briefings.intake.salary import pay_key, read_pay
from briefings.intake.salary_news import salary_news, survey
from briefings.intake.tool_changes import KeyedNews
from briefings.model.figures import PayEntry
from briefings.model.money import Money
from briefings.model.news import Confidence, Kind, News
from tests.unit.intake.import_files import catalogue, complaints, row

ON = date(2026, 8, 17)


def pay(**changes: str) -> PayEntry:
    found = read_pay(row("salary", **changes), catalogue())
    assert isinstance(found, PayEntry)
    return found


def news(*entries: PayEntry, stored: tuple[PayEntry, ...] = ()) -> list[KeyedNews]:
    return salary_news(entries, stored, catalogue(), on=ON)


def only(*entries: PayEntry, stored: tuple[PayEntry, ...] = ()) -> News:
    (found,) = news(*entries, stored=stored)
    return found.news


def test_a_row_becomes_a_figure_in_minor_units_under_its_role() -> None:
    entry = pay(role="bread engineer", median_usd="100000.50", low_sample="yes")
    assert (entry.role, entry.role_name) == ("baker", "bread engineer")
    assert entry.figure.median == Money(amount_minor=10_000_050, currency="USD")
    assert (entry.figure.level, entry.figure.region, entry.figure.year) == ("all", "US", 2025)
    assert entry.figure.low_sample


def test_a_role_that_we_do_not_carry_is_set_aside() -> None:
    assert read_pay(row("salary", role="Astronaut"), catalogue()) == SetAside("Astronaut")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("n", "0"), ("n", "ten"), ("year", "25"), ("median_usd", "100,000"), ("p25_usd", "")),
        *(("p75_usd", "-1"), ("median_usd", "0"), ("low_sample", "perhaps"), ("source", "")),
        *(("source_url", "bread.example"), ("experience_level", ""), ("scope", ""), ("role", "")),
        ("median_usd", "89000"),
    ],
)
def test_a_wrong_value_is_told_with_its_column(column: str, value: str) -> None:
    assert list(complaints(lambda: read_pay(row("salary", **{column: value}), catalogue()))) == [
        column
    ]


def test_a_wrong_row_is_bad_even_when_its_role_is_not_ours() -> None:
    assert complaints(lambda: read_pay(row("salary", role="Astronaut", n="x"), catalogue()))


def test_equal_rows_have_equal_keys_and_no_others() -> None:
    assert pay_key(pay()) == pay_key(pay())
    for column, value in (("n", "101"), ("scope", "global"), ("median_usd", "100001")):
        assert pay_key(pay(**{column: value})) != pay_key(pay())


def test_a_first_figure_is_no_change() -> None:
    assert news(pay()) == []
    assert news() == []


def test_a_flat_period_is_news_and_says_why_it_is_flat() -> None:
    found = only(pay(), pay(year="2024", median_usd="99500"))
    assert found.kind is Kind.SALARY_NEWS
    assert found.headline == "Baker pay in the US is flat at $100,000"
    assert "$100,000 a year in 2025 (n = 100), after $99,500 in 2024 (n = 100)" in found.summary
    assert "The middle half earns $90,000 to $110,000." in found.summary
    assert "chance alone" in found.summary
    assert found.confidence is Confidence.HIGH
    assert found.targets == ("baker", "rye")
    assert (found.role, found.date) == ("baker", ON)
    assert found.source_name == "Bread survey (bread.example), 2025"


@pytest.mark.parametrize(
    ("before", "word", "percent"), [("92000", "up", "8.7 %"), ("109000", "down", "8.3 %")]
)
def test_a_move_beyond_chance_is_said_with_its_direction(
    before: str, word: str, percent: str
) -> None:
    found = only(pay(n="900"), pay(year="2024", n="900", median_usd=before))
    assert found.headline == f"Baker pay in the US is {word} to $100,000"
    assert f"That is {word} {percent}" in found.summary


def test_levels_and_regions_are_rows_of_one_item_the_us_and_all_levels_first() -> None:
    places = [("global", "all"), ("US", "senior"), ("Mars", "all"), ("US", "all"), ("global", "x")]
    entries = [
        pay(scope=scope, experience_level=level, year=year)
        for scope, level in places
        for year in ("2024", "2025")
    ]
    found = only(*entries)
    assert [(row.now.region, row.now.level) for row in found.pay] == [
        ("US", "all"),
        ("US", "senior"),
        ("global", "all"),
        ("global", "x"),
        ("Mars", "all"),
    ]
    assert all(row.before and row.before.year == 2024 for row in found.pay)


def test_without_the_us_the_headline_speaks_of_the_world() -> None:
    found = only(pay(scope="global"), pay(scope="global", year="2024"))
    assert found.headline == "Baker pay worldwide is flat at $100,000"
    other = only(
        pay(scope="Mars", experience_level="senior"),
        pay(scope="Mars", experience_level="senior", year="2024"),
    )
    assert other.headline == "Baker pay in Mars (senior) is flat at $100,000"


def test_only_the_newest_period_of_the_file_is_news() -> None:
    found = news(
        pay(),
        pay(year="2024"),
        pay(role="Miller", year="2024"),
        pay(role="Miller", year="2023"),
    )
    assert [entry.news.role for entry in found] == ["baker"]


def test_the_period_before_is_the_latest_earlier_one() -> None:
    found = only(pay(), pay(year="2021"), pay(year="2023"), pay(year="2022", scope="global"))
    assert [row.before and row.before.year for row in found.pay] == [2023]


def test_a_place_without_a_figure_in_the_period_before_stands_without_comparison() -> None:
    found = only(pay(), pay(scope="global"), pay(year="2024"), pay(year="2022", scope="global"))
    assert [row.before and row.before.year for row in found.pay] == [2024, None]
    assert "1 of the 2 figures below has no earlier period" in found.summary


def test_figures_stored_by_earlier_imports_are_compared_with() -> None:
    found = only(pay(), stored=(pay(year="2024", median_usd="99000"),))
    assert found.pay[0].before is not None
    assert "$99,000 in 2024" in found.summary


def test_an_older_file_than_the_store_is_no_news() -> None:
    assert news(pay(year="2024"), pay(year="2023"), stored=(pay(),)) == []


def test_two_surveys_are_never_compared() -> None:
    assert news(pay(), pay(year="2024", source="Flour statistics")) == []
    assert survey("Bread survey (x), copy of 2025") == survey("bread  Survey 2024, y")


def test_two_names_for_one_role_are_never_mixed() -> None:
    own = (pay(), pay(year="2024"))
    other = (
        pay(role="Bread Engineer", median_usd="95000"),
        pay(role="Bread Engineer", year="2024", median_usd="91000"),
    )
    found = only(*other, *own)
    assert [row.now.median.amount for row in found.pay] == [100_000]
    assert len(only(*other).pay) == 1


def test_small_samples_and_other_periods_are_said_in_words() -> None:
    small = only(pay(n="12", low_sample="yes"), pay(year="2024"))
    assert small.confidence is Confidence.LOW
    assert "small sample: 2025 (n = 12)" in small.summary
    cut = only(pay(period_note="January to July"), pay(year="2024"))
    assert cut.confidence is Confidence.MEDIUM
    assert "periods are cut differently: 2024 is full year, 2025 is January to July" in cut.summary
    counted = only(pay(titles_counted="Baker|Pastry Chef"), pay(year="2024"))
    assert counted.confidence is Confidence.MEDIUM
    assert "different job titles" in counted.summary


def test_small_samples_of_other_rows_are_named() -> None:
    found = only(
        *(pay(year=year) for year in ("2025", "2024")),
        *(pay(year=year, experience_level="mid", n="9") for year in ("2025", "2024")),
        pay(experience_level="senior", n="7"),
    )
    assert (
        "Few answers stand behind US mid (n = 9 in 2025, 9 in 2024); US senior (n = 7 in 2025)."
        in found.summary
    )


def test_spellings_of_a_place_that_differ_in_case_are_one_place() -> None:
    found = only(pay(), pay(year="2024", scope="us", experience_level="All"))
    assert found.pay[0].before is not None


def test_the_key_of_an_item_follows_its_figures() -> None:
    (one,) = news(pay(), pay(year="2024"))
    (same,) = news(pay(year="2024"), pay(), stored=(pay(),))
    (other,) = news(pay(), pay(year="2024", n="99"))
    assert one.key == same.key != other.key


def test_a_role_without_specializations_reaches_nobody_yet() -> None:
    alone = replace(catalogue(), specializations=())
    (found,) = salary_news([pay(), pay(year="2024")], (), alone, on=ON)
    assert found.news.targets == ()
