"""Orders imported figures for a page: pay as series, exposure as one table a source; mixes none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from briefings.model.catalogue import plain_name
from briefings.model.figures import Mapping, Metric, PayEntry, reading_order, survey
from briefings.model.money import PayFigure

_LEADS = ("human_rated_exposure_beta", "gpt4_label_e1_share", "us_wage_median")
"""The measures that speak for their source where that is not its first one."""
_LABOUR = ("USD", "persons", "percent change")
"""How the scales of wages, jobs and their outlook begin; every other scale is of exposure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaySeries:
    """One region and level over the years, as one survey tells them under one name of the role."""

    role_name: str
    region: str
    level: str
    figures: tuple[PayFigure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricGroup:
    """One measure of a source, by occupation; direct occupations stand first."""

    metric: str
    rows: tuple[Metric, ...]

    @property
    def scale(self) -> str:
        """The scale that all its figures are on."""
        return self.rows[0].scale

    @property
    def years(self) -> tuple[int, ...]:
        """The years that its figures are of, usually one."""
        return tuple(sorted({row.year for row in self.rows}))


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricTable:
    """All figures of one source; `lead` is the measure that tells most of it in one line."""

    source: str
    source_url: str
    licence: str
    labour: bool
    lead: MetricGroup
    groups: tuple[MetricGroup, ...]


def pay_series(entries: Iterable[PayEntry]) -> tuple[PaySeries, ...]:
    """Give one series per survey, name, region, level and currency; the last figure of a year wins.

    The order is the reader's: the US first, all levels before single ones.
    """
    found: dict[tuple[str, ...], dict[int, PayEntry]] = {}
    for entry in entries:
        figure = entry.figure
        key = (
            survey(figure.source),
            plain_name(entry.role_name),
            plain_name(figure.region),
            plain_name(figure.level),
            figure.median.currency,
        )
        found.setdefault(key, {})[figure.year] = entry
    series = [_series([years[year] for year in sorted(years)]) for years in found.values()]
    return tuple(sorted(series, key=lambda each: reading_order(each.figures[-1])))


def _series(entries: list[PayEntry]) -> PaySeries:
    newest = entries[-1]
    return PaySeries(
        role_name=newest.role_name,
        region=newest.figure.region,
        level=newest.figure.level,
        figures=tuple(entry.figure for entry in entries),
    )


def metric_tables(metrics: Iterable[Metric]) -> tuple[MetricTable, ...]:
    """Give one table per source, exposure before wages and jobs; a metric's newest year counts.

    Direct occupations stand before neighbouring ones, otherwise the order is that of the import.
    """
    by_source: dict[tuple[str, str], list[Metric]] = {}
    for metric in metrics:
        by_source.setdefault((metric.source, metric.source_url), []).append(metric)
    tables = [_table(own) for own in by_source.values()]
    return tuple(sorted(tables, key=lambda each: each.labour))


def _table(metrics: list[Metric]) -> MetricTable:
    newest: dict[tuple[str, str, str, str], Metric] = {}
    for metric in metrics:
        place = (metric.metric, metric.scale, metric.occupation, metric.code)
        held = newest.get(place)
        if held is None or metric.year >= held.year:
            newest[place] = metric
    grouped: dict[tuple[str, str], list[Metric]] = {}
    for metric in newest.values():
        grouped.setdefault((metric.metric, metric.scale), []).append(metric)
    groups = tuple(
        MetricGroup(
            metric=name, rows=tuple(sorted(rows, key=lambda row: row.mapping is Mapping.PROXY))
        )
        for (name, _), rows in grouped.items()
    )
    first = metrics[0]
    return MetricTable(
        source=first.source,
        source_url=first.source_url,
        licence=first.licence,
        labour=all(metric.scale.startswith(_LABOUR) for metric in metrics),
        lead=next((group for group in groups if group.metric in _LEADS), groups[0]),
        groups=groups,
    )
