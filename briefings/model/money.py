"""Money and pay figures as whole minor units, and the rule that tells news from noise (R14).

It never converts currencies, never averages two sources, and never reads or writes anything.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

# ISO 4217 currencies whose minor unit is not a hundredth.
_DIGITS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND"), 0
    ),
    **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
SMALL_SAMPLE = 30  # the survey's own mark, and LOOK.md: below it the box is dashed
MEDIAN_ERROR = 0.93  # R14: standard error of a median ~ 0.93 (p75 - p25) / sqrt(n)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Money:
    """An amount in whole minor units (cents) of an ISO 4217 currency.

    Raises ValueError for a currency that is not three capital letters. Only amounts of one
    currency have an order worth asking for.
    """

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse what is no currency code."""
        if not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise ValueError(f"currency {self.currency!r} is not an ISO 4217 code such as USD")

    @classmethod
    def of(cls, amount: int | Decimal, currency: str) -> Money:
        """Make money from whole or decimal major units; ValueError when finer than a minor one."""
        minor = Decimal(amount).scaleb(_DIGITS.get(currency, 2))
        if minor != minor.to_integral_value():
            raise ValueError(f"{amount} {currency} is finer than the currency's minor unit")
        return cls(amount_minor=int(minor), currency=currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, exactly."""
        return Decimal(self.amount_minor).scaleb(-self.digits)

    @property
    def digits(self) -> int:
        """How many decimal places the currency has."""
        return _DIGITS.get(self.currency, 2)

    def __str__(self) -> str:
        """Write "$170,320", "$9.50", "CHF 1,200"; decimals only where they are not zero."""
        places = 0 if self.amount == self.amount.to_integral_value() else self.digits
        sign = "-" if self.amount_minor < 0 else ""
        unit = _SIGNS.get(self.currency, f"{self.currency}\N{NO-BREAK SPACE}")
        return f"{sign}{unit}{abs(self.amount):,.{places}f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayFigure:
    """Quartiles of yearly pay for one role in a region, level and year, with n and source.

    `low_sample` is the source's own mark, `period_note` its words for what the year covers.
    Raises ValueError for n below 1, mixed currencies, or quartiles out of order.
    """

    region: str
    level: str
    year: int
    n: int
    p25: Money
    median: Money
    p75: Money
    low_sample: bool
    period_note: str
    source: str
    source_url: str
    licence: str

    def __post_init__(self) -> None:
        """Refuse figures that cannot be quartiles of anything."""
        if self.n < 1:
            raise ValueError(f"n is {self.n}: a figure needs at least one answer")
        if len({self.p25.currency, self.median.currency, self.p75.currency}) != 1:
            raise ValueError("p25, median and p75 must be in one currency")
        if not 0 < self.p25.amount_minor <= self.median.amount_minor <= self.p75.amount_minor:
            raise ValueError(
                f"quartiles out of order: p25 {self.p25}, median {self.median}, p75 {self.p75}"
            )

    @property
    def small_sample(self) -> bool:
        """Whether the figure stands on too few answers: the source says so, or n is below 30."""
        return self.low_sample or self.n < SMALL_SAMPLE


class Direction(StrEnum):
    """Where a median went, once noise is taken out."""

    FLAT = "flat"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayChange:
    """The comparison of two figures: percent of the earlier median, reason and caveats in words.

    `caveats` is never empty when a sample is small or the periods are cut differently: whoever
    shows the change shows them too (R14).
    """

    direction: Direction
    percent: Decimal
    reason: str
    caveats: tuple[str, ...] = ()


def standard_error(figure: PayFigure) -> float:
    """Estimate the standard error of the median in minor units: 0.93 (p75 - p25) / sqrt(n), R14."""
    spread = figure.p75.amount_minor - figure.p25.amount_minor
    return MEDIAN_ERROR * spread / math.sqrt(figure.n)


def compare(now: PayFigure, before: PayFigure) -> PayChange:
    """Say whether the median moved: flat when the difference is under twice the joint error (R14).

    The joint error is the root of the sum of both squared errors. Raises ValueError when the two
    figures are of different regions, levels, currencies or sources: those are never compared.
    """
    _refuse_unlike(now, before)
    difference = now.median.amount_minor - before.median.amount_minor
    noise = 2 * math.hypot(standard_error(now), standard_error(before))
    percent = (Decimal(difference) * 100 / Decimal(before.median.amount_minor)).quantize(
        Decimal("0.1")
    )
    moved = Money(amount_minor=_whole(abs(difference), now.median), currency=now.median.currency)
    allowed = Money(amount_minor=_whole(noise, now.median), currency=now.median.currency)
    if difference == 0 or abs(difference) < noise:
        direction = Direction.FLAT
        reason = (
            "the two medians are equal"
            if difference == 0
            else f"the medians differ by {moved}, and samples like these differ by up to "
            f"{allowed} through chance alone"
        )
    else:
        direction = Direction.UP if difference > 0 else Direction.DOWN
        reason = (
            f"the medians differ by {moved}, more than the {allowed} "
            "that chance explains in samples like these"
        )
    return PayChange(
        direction=direction, percent=percent, reason=reason, caveats=_caveats(now, before)
    )


def _refuse_unlike(now: PayFigure, before: PayFigure) -> None:
    for what, mine, theirs in (
        ("region", now.region, before.region),
        ("level", now.level, before.level),
        ("currency", now.median.currency, before.median.currency),
    ):
        if mine != theirs:
            raise ValueError(f"cannot compare pay across {what}: {mine} and {theirs}")


def _whole(minor: float, like: Money) -> int:
    unit = 10**like.digits
    return round(minor / unit) * unit


def _caveats(now: PayFigure, before: PayFigure) -> tuple[str, ...]:
    small = [f"{f.year} (n = {f.n})" for f in (before, now) if f.small_sample]
    caveats: list[str] = []
    if small:
        caveats.append(f"small sample: {' and '.join(small)}")
    if now.period_note != before.period_note:
        caveats.append(
            f"the periods are cut differently: {before.year} is {before.period_note}, "
            f"{now.year} is {now.period_note}"
        )
    return tuple(caveats)
