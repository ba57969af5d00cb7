"""Reads the form of an item into news and writes news back as a form; it stores nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from briefings.assemble.match import targets_of_role
from briefings.intake import fields as read
from briefings.intake.fields import HEADLINE_LENGTH, NAME_LENGTH, SUMMARY_LENGTH, BadField
from briefings.intake.tool_changes import VERSION_LENGTH
from briefings.model.catalogue import Catalogue, Tool
from briefings.model.money import SMALL_SAMPLE, Money, PayFigure
from briefings.model.news import Change, Confidence, Kind, News, PayRow

_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)

Form = Mapping[str, Sequence[str]]
PAY_FIELDS = ("region", "level", "year", "n", "currency", "p25", "median", "p75", "period_note")
FIELDS = (
    *("kind", "headline", "summary", "do", "date", "source_name", "source_url", "confidence"),
    *("targets", "tags", "tool", "version", "change", "role", *PAY_FIELDS, "licence"),
)
"""What a form may hold; everything else in it is ignored."""
_CURRENCY_LENGTH = 3


def news_of(
    form: Form, catalogue: Catalogue, before: News | None = None
) -> tuple[News | None, dict[str, str]]:
    """Read a form: the news, or None with what is wrong by field, as clauses.

    Figures of pay that the form cannot show (several rows, or an earlier year) stay as in `before`.
    """
    reading = _Reading(form)
    kind = reading.choice("kind", Kind)
    shared = {
        "headline": reading.text("headline", HEADLINE_LENGTH),
        "summary": reading.text("summary", SUMMARY_LENGTH, required=False),
        "do": reading.text("do", SUMMARY_LENGTH, required=False),
        "source_name": reading.text("source_name", NAME_LENGTH, required=False),
        "source_url": reading.take("source_url", read.url, ""),
    }
    day = reading.take("date", read.day, date.min)
    confidence = reading.choice("confidence", Confidence)
    targets = _targets(reading, catalogue)
    tags = reading.take("tags", read.words, ())
    tool = role = version = change = None
    pay: tuple[PayRow, ...] = ()
    if kind is Kind.TOOL_CHANGE:
        found = reading.tool(catalogue)
        tool = found.slug if found else None
        version = reading.text("version", VERSION_LENGTH, required=False) or None
        change = reading.choice("change", Change)
        if found and not shared["source_name"]:
            shared["source_name"] = found.source_name
    else:
        role = reading.one_of("role", {each.slug for each in catalogue.roles})
        targets = targets or (targets_of_role(role, catalogue) if role else ())
    if kind is Kind.SALARY_NEWS:
        kept = before.pay if before is not None else ()
        pay = kept if kept and not is_simple(kept) else _pay(reading, shared)
    if not shared["source_name"]:
        reading.wrong.setdefault("source_name", "is empty")
    if reading.wrong:
        return None, reading.wrong
    news = News(
        kind=kind,
        date=day,
        confidence=confidence,
        targets=targets,
        tags=tuple(dict.fromkeys(tag.casefold() for tag in tags)),
        tool=tool,
        version=version,
        change=change,
        role=role,
        pay=pay,
        **shared,
    )
    return news, {}


def form_of(news: News) -> dict[str, list[str]]:
    """Give the form that `news_of` reads back as this news."""
    form = {
        "kind": [news.kind.value],
        "headline": [news.headline],
        "summary": [news.summary],
        "do": [news.do],
        "date": [news.date.isoformat()],
        "source_name": [news.source_name],
        "source_url": [news.source_url],
        "confidence": [news.confidence.value],
        "targets": list(news.targets),
        "tags": ["; ".join(news.tags)],
        "tool": [news.tool or ""],
        "version": [news.version or ""],
        "change": [news.change.value if news.change else ""],
        "role": [news.role or ""],
    }
    if news.pay and is_simple(news.pay):
        figure = news.pay[0].now
        form |= {
            "region": [figure.region],
            "level": [figure.level],
            "year": [str(figure.year)],
            "n": [str(figure.n)],
            "currency": [figure.median.currency],
            "p25": [_plain(figure.p25)],
            "median": [_plain(figure.median)],
            "p75": [_plain(figure.p75)],
            "period_note": [figure.period_note],
            "licence": [figure.licence],
        }
    return form


def _plain(amount: Money) -> str:
    """Write an amount as the form takes it: 170000, 9.5."""
    return f"{amount.amount.normalize():f}"


def is_simple(pay: Sequence[PayRow]) -> bool:
    """Whether the form can show these figures: one row, without an earlier year."""
    return len(pay) == 1 and pay[0].before is None


def _targets(reading: _Reading, catalogue: Catalogue) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(each for each in reading.form.get("targets", ()) if each))
    unknown = [each for each in named if not catalogue.has_specialization(each)]
    if unknown:
        reading.wrong["targets"] = "names a specialization that the catalogue does not have"
    return named


def _pay(reading: _Reading, shared: Mapping[str, str]) -> tuple[PayRow, ...]:
    """Read one figure, with everything that a figure must stand on."""
    region = reading.text("region", NAME_LENGTH)
    level = reading.text("level", NAME_LENGTH)
    year = reading.take("year", read.year, 0)
    number = reading.take("n", lambda name, text: read.whole(name, text, least=1), 1)
    currency = reading.text("currency", _CURRENCY_LENGTH).upper()
    p25, median, p75 = (reading.amount(name, currency) for name in ("p25", "median", "p75"))
    note = reading.text("period_note", NAME_LENGTH, required=False)
    licence = reading.text("licence", NAME_LENGTH, required=False)
    if reading.wrong or p25 is None or median is None or p75 is None:
        return ()
    try:
        figure = PayFigure(
            region=region,
            level=level,
            year=year,
            n=number,
            p25=p25,
            median=median,
            p75=p75,
            low_sample=number < SMALL_SAMPLE,
            period_note=note,
            source=shared["source_name"],
            source_url=shared["source_url"],
            licence=licence,
        )
    except ValueError as wrong:
        reading.wrong["median"] = str(wrong)
        return ()
    return (PayRow(now=figure),)


class _Reading:
    """Gives values field by field; what is wrong is noted, and a filler stands in."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.wrong: dict[str, str] = {}

    def raw(self, name: str) -> str:
        return next(iter(self.form.get(name, ())), "")

    def take(self, name: str, parse: Callable[[str, str], _T], filler: _T) -> _T:
        try:
            return parse(name, self.raw(name))
        except BadField as problem:
            self.wrong[name] = problem.reason
            return filler

    def text(self, name: str, longest: int, *, required: bool = True) -> str:
        def parse(column: str, value: str) -> str:
            return read.text(column, value, longest=longest, required=required)

        return self.take(name, parse, "")

    def choice(self, name: str, kinds: type[_E]) -> _E:
        def parse(column: str, value: str) -> _E:
            return read.choice(column, value, kinds)

        return self.take(name, parse, next(iter(kinds)))

    def tool(self, catalogue: Catalogue) -> Tool | None:
        found = catalogue.tool_named(self.raw("tool").strip()) if self.raw("tool") else None
        if found is None:
            self.wrong["tool"] = (
                "is not a tool of the catalogue" if self.raw("tool") else "is empty"
            )
        return found

    def one_of(self, name: str, known: Collection[str]) -> str | None:
        value = self.raw(name)
        if value not in known:
            self.wrong[name] = "is not in the catalogue" if value else "is empty"
            return None
        return value

    def amount(self, name: str, currency: str) -> Money | None:
        plain = self.raw(name).strip().replace(",", "").replace(" ", "")
        try:
            return Money.of(Decimal(plain), currency)
        except (InvalidOperation, ValueError, OverflowError):
            self.wrong[name] = "is not an amount like 170320"
            return None
