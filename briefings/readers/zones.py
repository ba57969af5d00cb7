"""The time zones that a form offers, and what a browser's guess is worth; it asks no clock."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from zoneinfo import available_timezones

_NO_PLACE = frozenset({"Factory", "localtime", "posixrules"})
_LONGEST = 64


@cache
def offered() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Regions with their zones, each place once, from the table that ships with the zone data."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    names = sorted(line.split("\t")[2].strip() for line in table.splitlines() if line[0] != "#")
    regions: dict[str, list[str]] = {"UTC": ["UTC"]}
    for name in names:
        regions.setdefault(name.partition("/")[0], []).append(name)
    return tuple((region, tuple(zones)) for region, zones in regions.items())


@cache
def _known() -> frozenset[str]:
    """Every name of the zone data; reading them off the disk takes 5 ms."""
    return frozenset(available_timezones()) - _NO_PLACE


def accepted(text: str) -> str | None:
    """The zone that a form or a browser names, old names too; None for what is none."""
    name = text.strip()
    return name if len(name) <= _LONGEST and name in _known() else None


def in_words(name: str) -> str:
    """Write "Europe/Isle_of_Man" as people do: "Isle of Man"; the region stands beside it."""
    place = name.partition("/")[2] or name
    return place.replace("_", " ").replace("/", ", ")
