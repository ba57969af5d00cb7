"""Say what a pay figure lacks before readers may see it; it knows no figure of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from briefings.desk.findings import Check, Finding, Severity
from briefings.model.money import PayFigure
from briefings.model.news import Kind, News

_AMOUNT = re.compile(
    r"(?:[$€£¥]\s?|\b(?:USD|EUR|GBP|CHF|JPY)\s)\d[\d,.]*\d(?:\s?k\b)?"
    r"|\b\d{2,3}(?:,\d{3})+\s?(?:USD|EUR|GBP|CHF|dollars|euros)\b",
    re.IGNORECASE,
)
_PAY = re.compile(
    r"\b(?:salar(?:y|ies)|wages?|compensation|earn(?:s|ed|ings)?"
    r"|(?:median|average|mean|base|yearly|annual) pay)\b",
    re.IGNORECASE,
)
"""Not "pay" alone: tools have prices, and one pays them."""


def pay_findings(told: News | str, place: str, item_id: int | None) -> Iterator[Finding]:
    """Yield what is missing around the figures of an item, or of a text that is no item.

    A figure in running text has none of what it needs, unless the item is salary news that carries
    the same figure with all of it.
    """
    lacking = _of_item(told) if isinstance(told, News) else _in_text(told)
    for words, remedy in lacking:
        yield Finding(
            check=Check.PAY,
            severity=Severity.BLOCKS,
            place=place,
            words=words,
            remedy=remedy,
            item_id=item_id,
        )


def _of_item(news: News) -> list[tuple[str, str]]:
    if news.kind is not Kind.SALARY_NEWS:
        text = f"{news.headline}. {news.summary}"
        return _in_text(text)
    if not news.pay:
        return [
            (
                "it is salary news without a figure",
                "Give it a figure with source, year, currency, region, level and n.",
            )
        ]
    found = [
        lack
        for row in news.pay
        for figure in (row.now, row.before)
        if figure is not None
        for lack in _of_figure(figure)
    ]
    if not news.source_name.strip():
        found.append(("it names no source", "Name who counted, with the address of the figures."))
    return list(dict.fromkeys(found))


def _of_figure(figure: PayFigure) -> Iterator[tuple[str, str]]:
    address = urlsplit(figure.source_url)
    lacks = {
        "source": figure.source.strip() and address.scheme in ("http", "https") and address.netloc,
        "year": figure.year > 0,
        "currency": figure.median.currency.strip(),
        "region": figure.region.strip(),
        "level": figure.level.strip(),
        "n": figure.n > 0,
    }
    missing = [name for name, there in lacks.items() if not there]
    if missing:
        yield (
            f"the figure {figure.median} lacks {' and '.join(missing)}",
            f"Add {' and '.join(missing)}, or take the figure out.",
        )


def _in_text(text: str) -> list[tuple[str, str]]:
    amount = _AMOUNT.search(text)
    if amount is None or _PAY.search(text) is None:
        return []
    return [
        (
            f"it names {amount[0].strip()} as pay, without source, year, region, level and n",
            "Write it as salary news, which carries all of that, and leave the amount out here.",
        )
    ]
