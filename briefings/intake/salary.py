"""Rows of a salary file as pay figures; what is news in them is said in `salary_news`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from briefings.intake import fields
from briefings.intake.fields import NAME_LENGTH, BadField
from briefings.intake.keys import import_key
from briefings.intake.reading import Reading, SetAside
from briefings.model.figures import PayEntry
from briefings.model.money import Money, PayFigure

if TYPE_CHECKING:
    from briefings.intake.csv_rows import Row
    from briefings.model.catalogue import Catalogue

COLUMNS = (
    *("role", "year", "experience_code", "experience_level", "scope", "n"),
    *("p25_usd", "median_usd", "p75_usd", "low_sample", "period_note", "titles_counted"),
    *("source", "source_url", "licence"),
)
CURRENCY = "USD"
_FILLER = Money(amount_minor=1, currency=CURRENCY)
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")


def read_pay(row: Row, catalogue: Catalogue) -> PayEntry | SetAside:
    """Read one row; a row of a role that we do not carry is checked and set aside.

    Raises BadRowError with what is wrong with each column.
    """
    reading = Reading(row)
    role_name = reading.text("role", NAME_LENGTH)
    reading.text("experience_code", 20, required=False)
    titles = reading.text("titles_counted", 1_000, required=False)
    year = reading.year("year")
    n = reading.whole("n", least=1)
    p25, median, p75 = (
        reading.take(column, _amount, _FILLER) for column in ("p25_usd", "median_usd", "p75_usd")
    )
    level = reading.text("experience_level", 40)
    region = reading.text("scope", 60)
    low_sample = reading.yes_or_no("low_sample")
    period_note = reading.text("period_note", 300, required=False)
    source = reading.text("source", 300)
    source_url = reading.url("source_url")
    licence = reading.text("licence", 200, required=False)
    if not reading.bad and not p25 <= median <= p75:
        reading.refuse(
            "median_usd", f"quartiles out of order: p25 {p25}, median {median}, p75 {p75}"
        )
    reading.finish()
    role = catalogue.role_named(role_name)
    if role is None:
        return SetAside(role_name)
    figure = PayFigure(
        region=region,
        level=level,
        year=year,
        n=n,
        p25=p25,
        median=median,
        p75=p75,
        low_sample=low_sample,
        period_note=period_note,
        source=source,
        source_url=source_url,
        licence=licence,
    )
    return PayEntry(role_name=role_name, role=role.slug, figure=figure, titles=titles)


def pay_key(entry: PayEntry) -> str:
    """Give the key of a figure: equal in everything is the same row, whatever the file."""
    figure = entry.figure
    return import_key(
        "pay",
        *(entry.role, entry.role_name, figure.year, figure.level, figure.region, figure.n),
        *(figure.p25.amount_minor, figure.median.amount_minor, figure.p75.amount_minor),
        *(figure.median.currency, figure.low_sample, figure.period_note),
        *(figure.source, figure.source_url, figure.licence),
    )


def _amount(column: str, value: str) -> Money:
    line = fields.text(column, value, longest=200)
    if not _AMOUNT.fullmatch(line):
        raise BadField(column, "is not an amount in plain digits, like 170320", value)
    money = Money.of(Decimal(line), CURRENCY)
    if money.amount_minor == 0:
        raise BadField(column, "is not above zero", value)
    return money
