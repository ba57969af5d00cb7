"""Role updates written by people as JSON lines; those out of metrics are made in `metric_news`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from briefings.errors import Misconfigured
from briefings.intake import fields
from briefings.intake.csv_rows import Row
from briefings.intake.fields import HEADLINE_LENGTH, NAME_LENGTH, SUMMARY_LENGTH, close
from briefings.intake.keys import import_key
from briefings.intake.reading import BadRowError, Reading, SetAside
from briefings.intake.tool_changes import KeyedNews
from briefings.model.news import Confidence, Kind, News
from briefings.weeks import Week

if TYPE_CHECKING:
    from briefings.model.catalogue import Catalogue

FIELDS = (
    *("role", "targets", "headline", "summary", "date", "source_name", "source_url"),
    *("do", "confidence", "tags", "week"),
)
DO_LENGTH = 500
_LISTS = frozenset({"targets", "tags"})


@dataclass(frozen=True, slots=True)
class WrittenUpdate:
    """A role update with its key, and the week that its writer named, if any (`2026-W34`)."""

    keyed: KeyedNews
    week: str | None


def read_role_update(number: int, line: str, catalogue: Catalogue) -> WrittenUpdate | SetAside:
    """Read one line of JSON; an update for a role that we do not carry is set aside.

    It names a `role`, whose specializations it then reaches, or `targets`, or both. Raises
    BadRowError with what is wrong with each field.
    """
    reading = Reading(_row(number, line))
    role_name = reading.text("role", NAME_LENGTH, required=False)
    targets = reading.take("targets", lambda c, v: _targets(c, v, catalogue), ())
    headline = reading.text("headline", HEADLINE_LENGTH)
    summary = reading.text("summary", SUMMARY_LENGTH)
    on = reading.day("date")
    source_name = reading.text("source_name", 300)
    source_url = reading.url("source_url")
    do = reading.text("do", DO_LENGTH, required=False)
    confidence = reading.take("confidence", _confidence, Confidence.HIGH)
    tags = tuple(dict.fromkeys(tag.casefold() for tag in reading.words("tags")))
    week = reading.take("week", _week, None)
    if not role_name and not reading.row.cells["targets"].strip(" ;"):
        reading.refuse("role", "is missing: name a role, or specializations as targets")
    reading.finish()
    role = catalogue.role_named(role_name) if role_name else None
    if role_name and role is None:
        return SetAside(role_name)
    if role is not None and not targets:
        targets = tuple(each.slug for each in catalogue.specializations_of(role.slug))
    news = News(
        kind=Kind.ROLE_UPDATE,
        headline=headline,
        summary=summary,
        date=on,
        source_name=source_name,
        source_url=source_url,
        do=do,
        confidence=confidence,
        targets=targets,
        tags=tags,
        role=role.slug if role else None,
    )
    about = role.slug if role else ";".join(targets)
    key = import_key("role-update", about, headline, on.isoformat(), source_url)
    return WrittenUpdate(KeyedNews(news, key), week)


def _row(number: int, line: str) -> Row:
    """Make a row of cells out of a JSON object, so that one set of readers serves both forms."""
    reading = Reading(Row(number=number, line=number, cells={}))
    try:
        found: object = json.loads(line.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as problem:
        where = f"column {problem.colno}: " if isinstance(problem, json.JSONDecodeError) else ""
        what = problem.msg if isinstance(problem, json.JSONDecodeError) else str(problem)
        reading.refuse("", f"is not a JSON object on one line ({where}{what})", line)
        raise BadRowError(reading.bad) from None
    if not isinstance(found, dict):
        reading.refuse("", 'is not a JSON object like {"role": "..."}', line)
        raise BadRowError(reading.bad)
    cells = dict.fromkeys(FIELDS, "")
    for name, value in cast("dict[str, object]", found).items():
        if name not in cells:
            reading.refuse(fields.shown(name), f"is not a field{close(name, FIELDS)}")
            continue
        cell = _cell(name, value)
        if cell is None:
            wanted = "a text or a list of texts" if name in _LISTS else "a text"
            reading.refuse(name, f"is not {wanted}", str(value))
        else:
            cells[name] = cell
    reading.finish()
    return Row(number=number, line=number, cells=cells)


def _cell(name: str, value: object) -> str | None:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if name in _LISTS and isinstance(value, list):
        parts = cast("list[object]", value)
        if all(isinstance(part, str) and ";" not in part for part in parts):
            return ";".join(cast("list[str]", parts))
    return None


def _targets(column: str, value: str, catalogue: Catalogue) -> tuple[str, ...]:
    slugs = fields.words(column, value)
    for slug in slugs:
        if not catalogue.has_specialization(slug):
            known = [each.slug for each in catalogue.specializations]
            reason = f"names a specialization that the catalogue does not have{close(slug, known)}"
            raise fields.BadField(column, reason, slug)
    return slugs


def _confidence(column: str, value: str) -> Confidence:
    return fields.choice(column, value, Confidence) if value.strip() else Confidence.HIGH


def _week(column: str, value: str) -> str | None:
    if not value.strip():
        return None
    try:
        return str(Week.parse(fields.text(column, value, longest=40)))
    except Misconfigured as problem:
        raise fields.BadField(column, str(problem), value) from None
