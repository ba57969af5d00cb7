"""Imported figures are ordered for a page, and no two sources, names or scales are ever mixed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from briefings.model.figures import (
    Mapping,
    Metric,
    PayEntry,
    metric_words,
    number,
    survey,
    written,
)
from briefings.model.money import Money, PayFigure
from briefings.readers.figures import metric_tables, pay_series


def entry(year: int, usd: int = 100, **changed: object) -> PayEntry:
    values: dict[str, object] = {
        "region": "US",
        "level": "all",
        "year": year,
        "n": 40,
        "low_sample": False,
        "period_note": "",
        "source": "A survey, copy of 2025",
        "source_url": "https://a.example",
        "licence": "CC0",
        "p25": Money.of(usd - 10, "USD"),
        "median": Money.of(usd, "USD"),
        "p75": Money.of(usd + 10, "USD"),
    }
    name = str(changed.pop("role_name", "Baker"))
    figure = PayFigure(**{**values, **changed})  # type: ignore[arg-type]
    return PayEntry(role_name=name, role="baker", figure=figure)


def test_a_series_goes_over_the_years_and_the_last_word_on_a_year_counts() -> None:
    (series,) = pay_series([entry(2025), entry(2023), entry(2024, 90), entry(2024, 95)])
    assert [figure.year for figure in series.figures] == [2023, 2024, 2025]
    assert series.figures[1].median == Money.of(95, "USD")


@pytest.mark.parametrize(
    "other",
    [
        {"source": "Another survey"},
        {"role_name": "Master Baker"},
        {"region": "global"},
        {"level": "senior"},
        {
            "p25": Money.of(1, "EUR"),
            "median": Money.of(2, "EUR"),
            "p75": Money.of(3, "EUR"),
        },
    ],
)
def test_unlike_figures_are_never_in_one_series(other: dict[str, object]) -> None:
    assert len(pay_series([entry(2024), entry(2025, **other)])) == 2


def test_copies_of_one_survey_are_one_series_with_the_us_and_all_levels_first() -> None:
    series = pay_series(
        [
            entry(2024, region="Mars"),
            entry(2024, region="global", level="senior"),
            entry(2024, region="global"),
            entry(2024, level="mid"),
            entry(2024),
            entry(2025, source="A survey (another copy)"),
        ]
    )
    assert [(each.region, each.level, len(each.figures)) for each in series] == [
        ("US", "all", 2),
        ("US", "mid", 1),
        ("global", "all", 1),
        ("global", "senior", 1),
        ("Mars", "all", 1),
    ]


METRIC = Metric(
    role="baker",
    role_name="Baker",
    code_system="SOC",
    code="1",
    occupation="Bakers",
    mapping=Mapping.DIRECT,
    metric="aioe_score",
    value="0.5",
    scale="0-1",
    year=2023,
    source="Felten",
    source_url="https://f.example",
    licence="",
)


def test_each_source_has_its_table_and_exposure_comes_before_jobs_and_wages() -> None:
    wages = replace(
        METRIC, source="BLS", metric="us_wage_median", value="40000", scale="USD per year"
    )
    first, second = metric_tables([wages, METRIC])
    assert (first.source, first.labour) == ("Felten", False)
    assert (second.source, second.labour) == ("BLS", True)
    assert first.lead.metric == "aioe_score"


def test_a_measure_lists_direct_occupations_first_and_the_newest_year_of_each() -> None:
    near = replace(METRIC, occupation="Millers", code="2", mapping=Mapping.PROXY)
    newer = replace(METRIC, year=2025, value="0.7")
    (table,) = metric_tables([near, METRIC, newer, replace(METRIC, value="0.1")])
    (group,) = table.groups
    assert [(row.occupation, row.value) for row in group.rows] == [
        ("Bakers", "0.7"),
        ("Millers", "0.5"),
    ]
    assert group.years == (2023, 2025)
    assert group.scale == "0-1"


def test_two_scales_under_one_name_are_two_groups_and_a_known_lead_speaks_for_its_source() -> None:
    beta = replace(METRIC, metric="human_rated_exposure_beta")
    (table,) = metric_tables([METRIC, replace(METRIC, scale="0-10"), beta])
    assert [(group.metric, group.scale) for group in table.groups] == [
        ("aioe_score", "0-1"),
        ("aioe_score", "0-10"),
        ("human_rated_exposure_beta", "0-1"),
    ]
    assert table.lead.metric == "human_rated_exposure_beta"


def test_figures_are_written_as_their_scale_wants_it() -> None:
    assert written("0.4750", "0-1") == "0.475"
    assert written("1364180", "persons") == "1,364,180"
    assert written("120730", "USD per year") == "$120,730"
    assert written("15", "percent change 2024-2034") == "15 %"
    assert written("Exposed: Gradient 3", "category") == "Exposed: Gradient 3"
    assert number("1e3") is None
    assert metric_words("ilo_genai_mean_score_previous").endswith("generative AI, before")
    assert metric_words("some_new_thing") == "some new thing"
    assert survey("aijobs.net salary survey, copy of 2025") == survey(
        "aijobs.net salary survey (snapshot 2024)"
    )
