"""Rows of a role-exposure file as metrics; what changed in them is said in `metric_news`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefings.intake.fields import NAME_LENGTH
from briefings.intake.keys import import_key
from briefings.intake.reading import Reading, SetAside
from briefings.model.figures import Mapping, Metric, number

if TYPE_CHECKING:
    from briefings.intake.csv_rows import Row
    from briefings.model.catalogue import Catalogue

COLUMNS = (
    *("role_slug", "role", "code_system", "code", "occupation_title", "mapping", "metric"),
    *("value", "scale", "year", "source", "source_url", "licence"),
)
_METRIC = re.compile(r"[a-z][a-z0-9_]{1,79}")
_FROM_ZERO = re.compile(r"(?:^|\s)0-([0-9]+)$")


def read_metric(row: Row, catalogue: Catalogue) -> Metric | SetAside:
    """Read one row; a row of a role that we do not carry is checked and set aside.

    The role is found by its slug first and by its name after that. Raises BadRowError with what is
    wrong with each column.
    """
    reading = Reading(row)
    slug = reading.text("role_slug", NAME_LENGTH)
    role_name = reading.text("role", NAME_LENGTH)
    code_system = reading.text("code_system", 60)
    code = reading.text("code", 60)
    occupation = reading.text("occupation_title", 200)
    mapping = reading.choice("mapping", Mapping)
    metric = reading.text("metric", 80)
    scale = reading.text("scale", 60)
    value = reading.text("value", 60)
    year = reading.year("year")
    source = reading.text("source", 300)
    source_url = reading.url("source_url")
    licence = reading.text("licence", 200, required=False)
    if metric and not _METRIC.fullmatch(metric):
        reading.refuse("metric", "is not a name like us_wage_median", metric)
    if value and scale:
        wrong = _wrong_value(value, scale)
        if wrong:
            reading.refuse("value", wrong, value)
    reading.finish()
    role = catalogue.role_named(slug) or catalogue.role_named(role_name)
    if role is None:
        return SetAside(role_name)
    return Metric(
        role=role.slug,
        role_name=role_name,
        code_system=code_system,
        code=code,
        occupation=occupation,
        mapping=mapping,
        metric=metric,
        value=value,
        scale=scale,
        year=year,
        source=source,
        source_url=source_url,
        licence=licence,
    )


def metric_key(metric: Metric) -> str:
    """Give the key of a metric: equal in everything is the same row, whatever the file."""
    return import_key(
        "metric",
        *(metric.role, metric.role_name, metric.code_system, metric.code, metric.occupation),
        *(metric.mapping, metric.metric, metric.value, metric.scale, metric.year),
        *(metric.source, metric.source_url, metric.licence),
    )


def _wrong_value(value: str, scale: str) -> str:
    """Say what is wrong with a value on its scale; empty when nothing is."""
    if scale.casefold() == "category":
        return ""
    found = number(value)
    if found is None:
        return f"is not a number in plain digits, as the scale {scale!r} wants it"
    bounded = _FROM_ZERO.search(scale)
    if bounded is not None and not 0 <= found <= int(bounded[1]):
        return f"is outside its scale {scale!r}"
    return ""
