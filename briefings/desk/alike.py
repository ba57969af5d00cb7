"""Finds items that may tell of the same event, for a person to join; pure, joins nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Protocol

from rapidfuzz import fuzz, utils

from briefings.model.news import Kind

WINDOW = timedelta(weeks=8)
"""Items further apart than this are never suggested."""
SAME_WORDS = 82.0
"""How alike two headlines must be, of 100, where no version says that it is one release."""


class Told(Protocol):
    """What is compared of an item: `about` is the slug of its tool or role."""

    @property
    def id(self) -> int:
        """Its number."""
        ...

    @property
    def kind(self) -> Kind:
        """What kind of news it is."""
        ...

    @property
    def about(self) -> str:
        """The slug of its tool or role, empty without one."""
        ...

    @property
    def version(self) -> str:
        """The version as written, empty without one."""
        ...

    @property
    def headline(self) -> str:
        """Its headline."""
        ...

    @property
    def day(self) -> date:
        """The date of the event."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """An item that may be the same news; `score` is of 100, `why` is a clause for the editor."""

    id: int
    headline: str
    score: float
    why: str


def alike(one: Told, others: Iterable[Told]) -> list[Alike]:
    """Give those of the other items that may be the same news, the likeliest first."""
    found = [each for other in others if (each := _compare(one, other)) is not None]
    return sorted(found, key=lambda each: (-each.score, each.id))


def _compare(one: Told, other: Told) -> Alike | None:
    if (
        one.id == other.id
        or one.kind is not other.kind
        or one.about != other.about
        or abs(one.day - other.day) > WINDOW
    ):
        return None
    ours, theirs = plain_version(one.version), plain_version(other.version)
    if ours and theirs and ours != theirs:
        return None  # two versions are two releases, however alike they are announced
    score = float(
        fuzz.token_set_ratio(one.headline, other.headline, processor=utils.default_process)
    )
    if ours and theirs:
        why = f"same tool and version, {one.version}"
        return Alike(id=other.id, headline=other.headline, score=max(score, SAME_WORDS), why=why)
    if score < SAME_WORDS:
        return None
    return Alike(id=other.id, headline=other.headline, score=score, why="nearly the same headline")


@lru_cache(maxsize=8_192)
def plain_version(version: str) -> str:
    """Write 3.0, v3.0.0 and 3.0.0 alike."""
    return re.sub(r"(?:\.0)+$", "", version.casefold().removeprefix("v"))
