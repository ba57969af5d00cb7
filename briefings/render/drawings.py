"""Turns figures into shares of a line: the year, the tasks, pay; never into markup.

All shares are percent of the line's width as text with at most two decimals ("63.46"); a line's
shares add up to 100. Cells of no width are left out, because Outlook draws them anyway.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from briefings.model.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from briefings.model.catalogue import TaskAtRisk
    from briefings.model.money import PayFigure
    from briefings.weeks import Week

MOST_YEAR_LABELS = 6
"""Years that fit beside each other under a line of 350 px."""

Cells = tuple[dict[str, str], ...]


def line(*shares: tuple[str, float]) -> Cells:
    """Give the cells of a line from (what, share) pairs; shares are of their sum."""
    edges = [0.0]
    for _, share in shares:
        edges.append(edges[-1] + share)
    marks = [round(100 * edge / edges[-1], 2) for edge in edges]
    cells = (
        {"what": what, "width": percent(right - left)}
        for (what, _), left, right in zip(shares, marks, marks[1:], strict=False)
        if right > left
    )
    return tuple(cells)


def percent(share: float) -> str:
    """Write a share without needless zeros: "63.46", "25"."""
    return f"{share:.2f}".rstrip("0").rstrip(".")


def year_line(week: Week) -> Cells:
    """Show where in its ISO year of 52 or 53 weeks a week lies."""
    return line(
        ("past", week.number - 1),
        ("now", 1),
        ("rest", week.weeks_in_year - week.number),
    )


def gauge(full: int, of: int) -> tuple[str, ...]:
    """Give the cells of a gauge, "on" or "off", the filled ones first."""
    return ("on",) * full + ("off",) * (of - full)


@dataclass(frozen=True, slots=True, kw_only=True)
class YearAxis:
    """Whole years from the first task's first to the last task's last, and where today lies."""

    first: int
    last: int
    today: float

    @classmethod
    def over(cls, tasks: Iterable[TaskAtRisk], today: date) -> YearAxis:
        """Span all tasks; today is a fraction of its year."""
        years = [year for task in tasks for year in (task.first_year, task.last_year)]
        start = date(today.year, 1, 1)
        length = (date(today.year + 1, 1, 1) - start).days
        return cls(
            first=min(years), last=max(years), today=today.year + (today - start).days / length
        )

    def span(self, task: TaskAtRisk) -> Cells:
        """Show the years of a task: time passed, then time left."""
        start, end = task.first_year, task.last_year + 1
        now = min(max(self.today, start), end)
        return line(
            ("gap", start - self.first),
            ("passed", now - start),
            ("left", end - now),
            ("gap", self.last + 1 - end),
        )

    def labels(self) -> Cells:
        """Name the years under the line, every second or third where there are many."""
        step = math.ceil((self.last + 1 - self.first) / MOST_YEAR_LABELS)
        starts = range(self.first, self.last + 1, step)
        return line(*((str(year), min(step, self.last + 1 - year)) for year in starts))


@dataclass(frozen=True, slots=True, kw_only=True)
class PayScale:
    """A line of pay from one round amount to another, in minor units of one currency."""

    low: int
    high: int
    currency: str

    @classmethod
    def around(cls, figures: Sequence[PayFigure]) -> PayScale:
        """Leave about a seventh of the spread free on both sides and round the ends outwards."""
        low = min(figure.p25.amount_minor for figure in figures)
        high = max(figure.p75.amount_minor for figure in figures)
        spread = (high - low) or high // 5 or 1
        step = _round_step(spread)
        return cls(
            low=max(0, math.floor((low - spread / 7) / step) * step),
            high=math.ceil((high + spread / 7) / step) * step,
            currency=figures[0].median.currency,
        )

    def box(self, figure: PayFigure) -> Cells:
        """Show the middle half as two boxes with the median's stroke between them.

        Where p25 equals p75 only the stroke is left. The stroke and the last gap have no width of
        their own.
        """
        p25, median, p75 = (money.amount_minor for money in (figure.p25, figure.median, figure.p75))
        whole = self.high - self.low
        shares = (
            ("gap", p25 - self.low),
            ("box", median - p25),
            ("stroke", 0),
            ("box", p75 - median),
            ("gap", self.high - p75),
        )
        cells = [
            {"what": what, "width": percent(100 * share / whole) if share else ""}
            for what, share in shares
            if share or what == "stroke"
        ]
        # The stroke has its own pixels; the last gap takes what they leave.
        return (*cells[:-1], {"what": "gap", "width": ""})

    def ends(self) -> tuple[str, str]:
        """Name both ends, shortly where both are whole thousands: "$100k", "$240k"."""
        low, high = (
            Money(amount_minor=minor, currency=self.currency) for minor in (self.low, self.high)
        )
        if any(money.amount % 1000 for money in (low, high)):
            return str(low), str(high)
        return _thousands(low), _thousands(high)


def _thousands(money: Money) -> str:
    return f"{str(money).removesuffix(',000')}k" if money.amount else str(money)


def _round_step(spread: int) -> int:
    """The largest of 1, 2, 5 times a power of ten that fits the spread at least four times."""
    power = 10 ** (len(str(spread)) - 1)
    fitting = [
        step
        for step in (power // 10, power // 5, power // 2, power, 2 * power)
        if 0 < step * 4 <= spread
    ]
    return max(fitting, default=1)
