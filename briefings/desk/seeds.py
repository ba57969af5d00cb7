"""Who of an issue's seed readers gets it first, and when a person has to be told; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

MOST = 10
"""Seed readers of one edition."""


def first_readers(
    in_line: Iterable[tuple[int, tuple[str, ...]]], most: Mapping[str, int]
) -> list[int]:
    """Choose from (number, specializations), in their order, up to `most` of each edition.

    One who reads two of the editions counts for both, and is chosen where either has room.
    """
    left = dict(most)
    chosen: list[int] = []
    for number, slugs in in_line:
        own = [slug for slug in slugs if slug in left]
        if any(left[slug] > 0 for slug in own):
            chosen.append(number)
            for slug in own:
                left[slug] -= 1
    return chosen


def day_of_waiting(due: datetime | None, now: datetime) -> int | None:
    """The number of the day for which others wait past their hour, from 0; None before it."""
    if due is None or now < due:
        return None
    return (now - due) // timedelta(days=1)
