"""Finds items that may tell of the same event, for a person to join; pure, joins nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from rapidfuzz import fuzz, utils

from briefings.model.news import Item, News

WINDOW = timedelta(weeks=8)
"""Items further apart than this are never suggested."""
SAME_VERSION, SAME_WORDS = 60.0, 82.0
"""How alike headlines must be, of 100: with the same tool and version, and without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """An item that may be the same news; `score` is of 100, `why` is a clause for the editor."""

    item: Item
    score: float
    why: str


def alike(news: News, others: Iterable[Item]) -> list[Alike]:
    """Give those of the other items that may be the same news, the likeliest first."""
    found = [each for other in others if (each := _compare(news, other)) is not None]
    return sorted(found, key=lambda each: (-each.score, each.item.id))


def _compare(news: News, other: Item) -> Alike | None:
    theirs = other.news
    if (
        news.kind is not theirs.kind
        or (news.tool, news.role) != (theirs.tool, theirs.role)
        or abs(news.date - theirs.date) > WINDOW
    ):
        return None
    score = float(
        fuzz.token_set_ratio(news.headline, theirs.headline, processor=utils.default_process)
    )
    ours, same = _plain_version(news.version), _plain_version(theirs.version)
    if ours and same:
        if ours != same:
            return None  # two versions are two releases, however alike they are announced
        if news.source_url == theirs.source_url or score >= SAME_VERSION:
            return Alike(
                item=other, score=max(score, SAME_WORDS), why=f"same tool and version {ours}"
            )
        return None
    if score >= SAME_WORDS:
        return Alike(item=other, score=score, why="nearly the same headline")
    return None


def _plain_version(version: str | None) -> str:
    """Write 3.0, v3.0.0 and 3.0.0 alike."""
    if not version:
        return ""
    return re.sub(r"(?:\.0)+$", "", version.casefold().removeprefix("v"))
