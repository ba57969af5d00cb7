"""Turns the rows of salary news into what the pay box shows; never compares or averages figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefings.render.drawings import PayScale
from briefings.render.words import link, listed, opening, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefings.model.money import PayFigure
    from briefings.model.news import News, PayRow
    from briefings.render.templates import Plain

MOST_DRAWN = 2
"""Rows that are drawn; the others stand in a table under them."""


def pay_view(news: News, role_name: str, growth_note: str, place: str) -> dict[str, Plain]:
    """Give rows with their boxes on one scale, the other rows, notes and every figure's source.

    Rows on small samples stay out of mails (LOOK.md) unless there are no others. Only rows in the
    first row's currency share the drawing. UnsafeValue names the place of a source that is no web
    address.
    """
    rows = _rows(news)
    currency = rows[0].now.median.currency
    alike = (row for row in rows if row.now.median.currency == currency)
    # Rows over all levels say most; sorting keeps the order of the others.
    drawn = sorted(alike, key=lambda row: row.now.level != "all")[:MOST_DRAWN]
    others = [row for row in rows if row not in drawn]
    scale = PayScale.around([figure for row in drawn for figure in _figures(row)])
    everything = figures(news)
    return {
        "role": role_name,
        "rows": tuple(
            {
                "name": _row_name(row),
                "lines": tuple(
                    {**_figure(figure), "cells": scale.box(figure)} for figure in _figures(row)
                ),
            }
            for row in drawn
        ),
        "ends": scale.ends(),
        "others": tuple(_other(row) for row in others),
        "notes": _notes(everything),
        "sources": _sources(everything, place),
        "growth_note": sentence(growth_note),
    }


def figures(news: News) -> list[PayFigure]:
    """Give every figure of salary news that a mail shows, the earlier one of a row first."""
    return [figure for row in _rows(news) for figure in _figures(row)]


def _rows(news: News) -> tuple[PayRow, ...]:
    solid = tuple(row for row in news.pay if not any(f.small_sample for f in _figures(row)))
    return solid or news.pay


def _figures(row: PayRow) -> tuple[PayFigure, ...]:
    return (row.now,) if row.before is None else (row.before, row.now)


def _row_name(row: PayRow) -> str:
    level = row.now.level
    return opening(f"{row.now.region}, {'all levels' if level == 'all' else f'{level} level'}")


def _figure(figure: PayFigure) -> dict[str, Plain]:
    return {
        "year": str(figure.year),
        "median": str(figure.median),
        "n": f"{figure.n:,}",
        "low": str(figure.p25),
        "high": str(figure.p75),
        "small": figure.small_sample,
    }


def _other(row: PayRow) -> dict[str, Plain]:
    return {
        "name": _row_name(row),
        "before": _figure(row.before) if row.before else "",
        "now": _figure(row.now),
    }


def _notes(figures: Sequence[PayFigure]) -> tuple[str, ...]:
    """Say once per year what it covers; a full year needs no words."""
    notes = sorted(
        {(f.year, f.period_note) for f in figures if f.period_note not in ("", "full year")}
    )
    return tuple(sentence(f"{year}: {note}") for year, note in notes)


def _sources(figures: Sequence[PayFigure], place: str) -> tuple[Plain, ...]:
    """Name each source once, with the years that it is the source of."""
    years: dict[tuple[str, str], set[int]] = {}
    for figure in figures:
        years.setdefault((figure.source, figure.source_url), set()).add(figure.year)
    return tuple(
        {"name": name, "url": link(url, place), "years": listed(map(str, sorted(of)))}
        for (name, url), of in sorted(years.items(), key=lambda item: min(item[1]))
    )
