"""Which items are suggested as the same news."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from briefings.feeds.alike import alike
from briefings.model.news import Change, Item, ItemState, Kind, News

NEWS = News(
    kind=Kind.TOOL_CHANGE,
    headline="Kubeflow Pipelines 2.17 adds run expiry",
    summary="",
    date=date(2026, 7, 8),
    source_name="notes",
    source_url="https://github.com/kubeflow/pipelines/releases/tag/2.17.0",
    tool="kubeflow-pipelines",
    version="2.17.0",
    change=Change.RELEASE,
)


def item(number: int, **more: object) -> Item:
    return Item(
        id=number,
        revision=1,
        state=ItemState.DRAFT,
        week="2026-W28",
        news=replace(NEWS, **more),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    "other",
    [
        {"headline": "Kubeflow Pipelines 2.17.0 is out", "version": "v2.17"},
        {"headline": "Something else entirely, from the same notes"},
        {"version": None, "headline": "Kubeflow Pipelines 2.17 adds run expiry and blocking"},
    ],
)
def test_the_same_release_is_suggested(other: dict[str, object]) -> None:
    (found,) = alike(NEWS, [item(1, **other)])
    assert found.item.id == 1
    assert found.why
    assert 80 <= found.score <= 100


@pytest.mark.parametrize(
    "other",
    [
        {"version": "2.17.1"},
        {"tool": "kubeflow"},
        {"kind": Kind.ROLE_UPDATE},
        {"date": date(2026, 1, 1)},
        {"version": None, "headline": "Kubeflow has a new logo"},
        {"headline": "Grafana is here", "source_url": "https://example.org/"},
    ],
)
def test_another_event_is_not(other: dict[str, object]) -> None:
    assert alike(NEWS, [item(1, **other)]) == []


def test_the_likeliest_comes_first() -> None:
    others = [item(1, headline="Kubeflow Pipelines 2.17"), item(2), item(3)]
    assert [found.item.id for found in alike(NEWS, others)][-1] in {1, 3}
    near = alike(
        replace(NEWS, version=None, headline="Kubeflow Pipelines 2.17 adds expiry of runs"), others
    )
    assert near == sorted(near, key=lambda found: (-found.score, found.item.id))
