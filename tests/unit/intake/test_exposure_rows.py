"""Exposure rows as metrics, and which of them are changes."""

from __future__ import annotations

from datetime import date

import pytest

from briefings.intake.exposure import metric_key, read_metric
from briefings.intake.metric_news import MetricChange, metric_changes, metric_news
from briefings.intake.reading import SetAside
from briefings.model.figures import Mapping, Metric
from briefings.model.news import Confidence, News
from tests.unit.intake.import_files import catalogue, complaints, row

ON = date(2026, 8, 17)


def metric(**changes: str) -> Metric:
    found = read_metric(row("role-updates", **changes), catalogue())
    assert isinstance(found, Metric)
    return found


def previous(**changes: str) -> Metric:
    return metric(
        **{
            "metric": "ilo_genai_mean_score_previous",
            "value": "0.3400",
            "year": "2023",
            **changes,
        }
    )


def drafts(*read: Metric, stored: tuple[Metric, ...] = ()) -> list[News]:
    changes = metric_changes(read, stored)
    return [entry.news for entry in metric_news(changes, catalogue(), on=ON)]


def test_a_row_becomes_a_metric_as_the_source_writes_it() -> None:
    found = metric()
    assert (found.role, found.value, found.year) == ("baker", "0.5300", 2025)
    assert found.mapping is Mapping.DIRECT


def test_the_role_is_found_by_slug_name_or_alias_and_else_set_aside() -> None:
    def role(slug: str, name: str) -> Metric | SetAside:
        return read_metric(row("role-updates", role_slug=slug, role=name), catalogue())

    assert role("bread-engineer", "Bread Engineer") == metric(
        role_slug="bread-engineer", role="Bread Engineer"
    )
    assert role("astronaut", "Astronaut") == SetAside("Astronaut")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("value", "high"), ("value", "1.5"), ("value", "-0.1"), ("value", ""), ("value", "1e3")),
        *(("mapping", "near"), ("metric", "Score!"), ("year", "x"), ("scale", ""), ("code", "")),
        *(("source", ""), ("source_url", "x"), ("occupation_title", "\0"), ("role_slug", "")),
    ],
)
def test_a_wrong_value_is_told_with_its_column(column: str, value: str) -> None:
    found = complaints(lambda: read_metric(row("role-updates", **{column: value}), catalogue()))
    assert list(found) == [column]


@pytest.mark.parametrize(
    ("scale", "value"),
    [
        *(("category", "Exposed: Gradient 3"), ("persons", "1895500"), ("0-10", "9")),
        *(("percent change 2024-2034", "15"), ("standardised score, mean 0", "-0.2")),
        ("share of tasks 0-1", "0.0000"),
    ],
)
def test_values_fit_their_scale(scale: str, value: str) -> None:
    assert metric(scale=scale, value=value).value == value


def test_equal_rows_have_equal_keys_and_no_others() -> None:
    assert metric_key(metric()) == metric_key(metric())
    assert metric_key(metric(value="0.53")) != metric_key(metric())


def test_a_first_figure_is_no_change() -> None:
    assert drafts(metric()) == []
    assert drafts(previous()) == []


def test_the_previous_figure_beside_a_figure_is_a_change() -> None:
    (found,) = drafts(metric(), previous())
    assert found.headline == "Baker: generative-AI exposure score rises from 0.34 to 0.53"
    assert found.summary == (
        "The mean exposure score for generative AI (on a scale of 0-1) is 0.53 in 2025 after 0.34 "
        "in 2023 for Bakers (ISCO-08 7512)."
    )
    assert (found.source_name, found.confidence) == (
        "Institute of Dough, paper 1",
        Confidence.HIGH,
    )
    assert (found.targets, found.role, found.date) == (("baker", "rye"), "baker", ON)


def test_an_equal_figure_is_no_change() -> None:
    assert drafts(metric(), previous(value="0.53")) == []
    assert drafts(metric(year="2026", value="0.53"), stored=(metric(),)) == []


def test_a_figure_that_differs_from_the_stored_one_is_a_change() -> None:
    (found,) = drafts(metric(value="0.4", year="2026"), stored=(metric(),))
    assert "falls from 0.53 to 0.4" in found.headline
    assert "0.4 in 2026 after 0.53 in 2025" in found.summary


def test_a_revised_figure_of_the_same_year_says_so() -> None:
    (found,) = drafts(metric(value="0.6"), stored=(metric(),))
    assert "0.6 in 2025, where the source said 0.53 until now," in found.summary


def test_an_older_figure_than_the_stored_one_is_no_change() -> None:
    assert drafts(metric(value="0.4", year="2020"), stored=(metric(),)) == []


def test_the_later_of_two_earlier_figures_counts() -> None:
    (found,) = drafts(
        metric(value="0.6", year="2027"), previous(), stored=(metric(), metric(year="2021"))
    )
    assert "after 0.53 in 2025" in found.summary
    (other,) = drafts(metric(value="0.6"), previous(year="2024"), stored=(metric(year="2021"),))
    assert "after 0.34 in 2024" in other.summary


def test_what_is_stored_already_brings_nothing_again() -> None:
    assert drafts(metric(), previous(), stored=(metric(), previous())) == []


def test_a_previous_figure_that_comes_later_is_a_change_then() -> None:
    assert len(drafts(metric(), previous(), stored=(metric(),))) == 1


def test_a_neighbouring_occupation_is_called_one() -> None:
    (found,) = drafts(metric(mapping="proxy"), previous(mapping="proxy"))
    assert found.headline == (
        "Baker: generative-AI exposure score rises for a neighbouring occupation"
    )
    assert "for the neighbouring occupation Bakers (ISCO-08 7512)" in found.summary
    assert "the source has no figure for Baker itself" in found.summary
    assert found.confidence is Confidence.MEDIUM


def test_several_occupations_of_one_source_are_one_item() -> None:
    other = {"mapping": "proxy", "code": "several", "occupation_title": "Cooks"}
    (found,) = drafts(
        metric(mapping="proxy"),
        previous(mapping="proxy"),
        metric(**other, value="0.2"),
        previous(**other),
    )
    assert found.headline == (
        "Baker: generative-AI exposure score moves for two neighbouring occupations"
    )
    assert "0.2 in 2025 after 0.34 in 2023 for the neighbouring occupation Cooks." in found.summary
    assert "They are neighbours: the source has no figure for Baker itself." in found.summary


def test_direct_and_neighbouring_occupations_are_kept_apart_in_words() -> None:
    other = {"mapping": "proxy", "code": "1", "occupation_title": "Cooks"}
    (found,) = drafts(metric(), previous(), metric(**other), previous(**other))
    assert "Cooks is only near to Baker." in found.summary


def test_two_sources_are_two_items() -> None:
    second = {"source": "Flour office", "source_url": "https://flour.example/"}
    found = drafts(metric(), previous(), metric(**second), previous(**second))
    assert [news.source_name for news in found] == ["Institute of Dough, paper 1", "Flour office"]
    assert all(news.source_url in {METRIC_URL, "https://flour.example/"} for news in found)


METRIC_URL = "https://dough.example/1"


def test_many_figures_of_one_source_are_counted() -> None:
    names = [f"score_{letter}" for letter in "abcdef"]
    (found,) = drafts(
        *(metric(metric=name, value="0.9", year="2026") for name in names),
        stored=tuple(metric(metric=name) for name in names),
    )
    assert found.headline == "Baker: six figures change in one source"
    assert "The score a (on a scale of 0-1) is 0.9 in 2026" in found.summary
    assert "2 more figures of this source change, too." in found.summary


def test_many_occupations_of_one_metric_are_cut_short() -> None:
    codes = [str(code) for code in range(12)]
    (found,) = drafts(
        *(metric(code=code, value="0.9", year="2026") for code in codes),
        stored=tuple(metric(code=code) for code in codes),
    )
    assert "rises for 12 occupations" in found.headline
    assert found.summary.endswith(", and 8 more.")


def test_categories_change_without_a_direction() -> None:
    kind = {"metric": "ilo_exposure_category", "scale": "category"}
    (found,) = drafts(
        metric(**kind, value="Gradient 4", year="2026"),
        stored=(metric(**kind, value="Gradient 3"),),
    )
    assert found.headline == "Baker: generative-AI exposure category changes"
    assert "is Gradient 4 in 2026 after Gradient 3 in 2025" in found.summary


@pytest.mark.parametrize(
    ("scale", "value", "before", "words"),
    [
        ("USD per year", "140000", "131450", "from $131,450 to $140,000"),
        ("persons", "1895500", "900", "from 900 to 1,895,500"),
        ("percent change 2024-2034", "-3", "15", "from 15 % to -3 %"),
    ],
)
def test_figures_are_written_in_their_unit(scale: str, value: str, before: str, words: str) -> None:
    kind = {"metric": "us_jobs", "scale": scale}
    (found,) = drafts(
        metric(**kind, value=value, year="2026"), stored=(metric(**kind, value=before),)
    )
    assert words in found.headline


def test_the_key_of_an_item_follows_what_changed() -> None:
    def key(*read: Metric) -> str:
        (found,) = metric_news(metric_changes(read, ()), catalogue(), on=ON)
        return found.key

    assert key(metric(), previous()) == key(previous(), metric())
    assert key(metric(), previous()) != key(metric(), previous(value="0.35"))


def test_a_change_carries_both_values() -> None:
    assert metric_changes([metric(), previous()], []) == [
        MetricChange(now=metric(), value_before="0.3400", year_before=2023)
    ]
