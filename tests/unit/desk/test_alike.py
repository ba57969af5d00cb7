"""Which items are suggested as the same news, and what is not finished."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pytest

from briefings.desk.alike import alike
from briefings.desk.unfinished import unfinished
from briefings.model.news import Kind, News


@dataclass(frozen=True, kw_only=True)
class Told:
    id: int
    kind: Kind = Kind.TOOL_CHANGE
    about: str = "kubeflow-pipelines"
    version: str = "2.17.0"
    headline: str = "Kubeflow Pipelines 2.17 adds run expiry"
    day: date = date(2026, 7, 8)


ONE = Told(id=0)


@pytest.mark.parametrize(
    "other",
    [
        Told(id=1, headline="Kubeflow Pipelines 2.17.0 is out", version="v2.17"),
        Told(id=1, headline="Something else entirely, of the same release"),
        Told(id=1, version="", headline="Kubeflow Pipelines 2.17 adds run expiry and blocking"),
    ],
)
def test_the_same_release_is_suggested(other: Told) -> None:
    (found,) = alike(ONE, [other])
    assert (found.id, found.headline) == (1, other.headline)
    assert found.why
    assert 80 <= found.score <= 100


@pytest.mark.parametrize(
    "other",
    [
        ONE,
        Told(id=1, version="2.17.1"),
        Told(id=1, about="kubeflow"),
        Told(id=1, kind=Kind.ROLE_UPDATE),
        Told(id=1, day=date(2026, 1, 1)),
        Told(id=1, version="", headline="Kubeflow has a new logo"),
    ],
)
def test_another_event_is_not(other: Told) -> None:
    assert alike(ONE, [other]) == []


def test_the_likeliest_comes_first() -> None:
    one = replace(ONE, version="")
    others = [
        Told(id=1, headline="Kubeflow Pipelines 2.17 adds expiry of runs"),
        Told(id=2),
        Told(id=3),
    ]
    assert [each.id for each in alike(one, others)] == [2, 3, 1]


def test_a_mark_names_the_field_in_which_words_are_missing() -> None:
    news = News(
        kind=Kind.TOOL_CHANGE,
        headline="MLflow [[TK]] is out",
        summary="All is said, and TK alone or [[TKO]] is no mark.",
        date=date(2026, 7, 8),
        source_name="notes",
        source_url="https://example.org/",
        do="ask [[ tk: when? ]]",
    )
    assert unfinished(news) == ("headline", "what to do")
    assert unfinished(replace(news, headline="h", do="")) == ()
