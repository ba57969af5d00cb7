"""Tool-change rows as news."""

from __future__ import annotations

from datetime import date

import pytest

from briefings.intake.tool_changes import read_tool_change
from briefings.model.news import Change, Kind, News
from tests.unit.intake.import_files import catalogue, complaints, row


def test_a_row_becomes_news_with_the_words_of_the_catalogue() -> None:
    assert read_tool_change(row("tool-changes", tool="big oven"), catalogue()).news == News(
        kind=Kind.TOOL_CHANGE,
        headline="Oven 2.0 changes its door",
        summary="The door opens to the left.",
        date=date(2026, 8, 21),
        source_name="Oven release notes",
        source_url="https://oven.example/releases/2.0",
        tags=("doors", "safety"),
        tool="oven",
        version="2.0",
        change=Change.BREAKING,
    )


def test_a_change_may_have_no_version_summary_or_tags() -> None:
    news = read_tool_change(row("tool-changes", version="", summary="", tags=""), catalogue()).news
    assert (news.version, news.summary, news.tags) == (None, "", ())


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("tool", "Ovn", "is not a tool of the catalogue; did you mean"),
        ("tool", "Submarine", "is not a tool of the catalogue"),
        ("tool", "", "is empty"),
        ("kind", "breakin", "did you mean breaking?"),
        ("released_on", "21/08/2026", "YYYY-MM-DD"),
        ("released_on", "2026-02-30", "does not exist"),
        ("source_url", "oven.example", "https://"),
        ("headline", "Oven\0", "U+0000"),
        ("headline", "", "is empty"),
        ("headline", "x" * 301, "at most 300 fit"),
        ("summary", "x" * 300_000, "has 300,000 characters"),
        ("tags", "a\x1bb", "U+001B"),
    ],
)
def test_a_wrong_value_is_told_with_its_column(column: str, value: str, reason: str) -> None:
    found = complaints(
        lambda: read_tool_change(row("tool-changes", **{column: value}), catalogue())
    )
    assert list(found) == [column]
    assert reason in found[column]


def test_everything_that_is_wrong_with_a_row_is_told_at_once() -> None:
    found = complaints(
        lambda: read_tool_change(
            row("tool-changes", tool="x", kind="x", released_on="x", source_url="x"), catalogue()
        )
    )
    assert list(found) == ["tool", "released_on", "kind", "source_url"]


def test_the_key_is_tool_version_kind_headline_and_date() -> None:
    def key(**changes: str) -> str:
        return read_tool_change(row("tool-changes", **changes), catalogue()).key

    same = [
        {},
        {"tool": "OVEN"},
        {"summary": "x"},
        {"tags": ""},
        {"source_url": "https://a.example/"},
    ]
    other = [
        *({"tool": "Mill Stone"}, {"version": "2.1"}, {"kind": "release"}, {"headline": "x"}),
        *({"released_on": "2026-08-20"}, {"version": ""}),
    ]
    assert {key(**changes) for changes in same} == {key()}
    assert len({key(**changes) for changes in [{}, *other]}) == len(other) + 1
