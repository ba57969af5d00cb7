"""Turns years and pay into places on a line, in percent, for SVG; it writes no markup.

Percent of the width keeps strokes one pixel wide on every screen. All values are text as SVG takes
it ("63.46"), and every drawing has its words beside it: nothing is told by a drawing alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from briefings.model.catalogue import TaskAtRisk
from briefings.model.money import Direction, PayFigure, compare
from briefings.readers.figures import PaySeries
from briefings.render.drawings import PayScale, YearAxis, percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A word under a place of the line."""

    x: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A task with its years: where it begins, how wide it is, and how much of that has passed."""

    task: TaskAtRisk
    x: str
    width: str
    passed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLine:
    """The tasks at risk on one line of years, the next to go first; `now` is None beside it."""

    ticks: tuple[Tick, ...]
    spans: tuple[Span, ...]
    now: str | None


def time_line(tasks: Sequence[TaskAtRisk], today: date) -> TimeLine | None:
    """Lay tasks out over whole years; None without tasks."""
    if not tasks:
        return None
    axis = YearAxis.over(tasks, today)
    length = axis.last + 1 - axis.first

    def at(year: float) -> float:
        return 100 * (year - axis.first) / length

    ordered = sorted(tasks, key=lambda task: (task.last_year, task.first_year))
    return TimeLine(
        ticks=tuple(_ticks(axis)),
        spans=tuple(
            Span(
                task=task,
                x=percent(at(task.first_year)),
                width=percent(at(task.last_year + 1) - at(task.first_year)),
                passed=percent(
                    at(min(max(axis.today, task.first_year), task.last_year + 1))
                    - at(task.first_year)
                ),
            )
            for task in ordered
        ),
        now=percent(at(axis.today)) if axis.first <= axis.today <= axis.last + 1 else None,
    )


def _ticks(axis: YearAxis) -> Iterable[Tick]:
    x = 0.0
    for cell in axis.labels():
        yield Tick(x=percent(x), words=cell["what"])
        x += float(cell["width"])


@dataclass(frozen=True, slots=True, kw_only=True)
class PayBox:
    """A year's middle half as a box and its median as a stroke."""

    figure: PayFigure
    x: str
    width: str
    median: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayChart:
    """One series over the years; `low` and `high` name the ends of the line."""

    series: PaySeries
    boxes: tuple[PayBox, ...]
    low: str
    high: str
    verdict: str


def pay_charts(series: Iterable[PaySeries]) -> tuple[PayChart, ...]:
    """Draw the series over all levels, those of one currency on one scale.

    The single levels stand in the table: drawn, they would be a wall of boxes on small samples.
    """
    drawn = [each for each in series if each.level.casefold() == "all"]
    scales = {
        currency: PayScale.around(
            [f for each in drawn for f in each.figures if f.median.currency == currency]
        )
        for currency in {each.figures[0].median.currency for each in drawn}
    }
    return tuple(_chart(each, scales[each.figures[0].median.currency]) for each in drawn)


def _chart(series: PaySeries, scale: PayScale) -> PayChart:
    def at(minor: int) -> float:
        return 100 * (minor - scale.low) / (scale.high - scale.low)

    low, high = scale.ends()
    return PayChart(
        series=series,
        boxes=tuple(
            PayBox(
                figure=figure,
                x=percent(at(figure.p25.amount_minor)),
                width=percent(at(figure.p75.amount_minor) - at(figure.p25.amount_minor)),
                median=percent(at(figure.median.amount_minor)),
            )
            for figure in series.figures
        ),
        low=low,
        high=high,
        verdict=verdict(series),
    )


def verdict(series: PaySeries) -> str:
    """Say whether the median moved between the last two years, or is noise; empty with one year."""
    if len(series.figures) < 2:  # noqa: PLR2004 - a comparison takes two
        return ""
    before, now = series.figures[-2:]
    change = compare(now, before)
    flat = change.direction is Direction.FLAT
    moved = "flat" if flat else f"{change.direction} {abs(change.percent)} %"
    caveats = f" Compare with care: {'; '.join(change.caveats)}." if change.caveats else ""
    return f"{before.year} to {now.year}: {moved}, because {change.reason}.{caveats}"
