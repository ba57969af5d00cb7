"""Finds roles by what people type: typos, spaces and short forms do not matter; it reads no store.

Every role and specialization is found by its names, by the first letters of a name ("SRE"), and by
the names of neighbouring jobs that the catalogue lists under `found_by`. A score says how close the
nearest name is; below `ENOUGH` nothing is shown, because a wrong answer is worse than none.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from briefings.model.catalogue import plain_name

LONGEST = 80
"""Characters of a query that count; no name is longer."""
ENOUGH = 60.0
MOST = 20
_SAME, _BEGINS, _INITIALS, _WORDS = 100.0, 96.0, 94.0, 92.0
_ALIKE = 72.0
"""Percent of equal letters from which two words are taken for the same with a typo."""
_SLIPS = 0.8
"""Share of letters in place from which a whole name is taken for another with typos."""
_SHORTEST_INSIDE = 3
_INSIDE = 88.0
_NEAR = 2.0
"""What a neighbouring job's name costs, so that a role's own name comes first."""
_SPLIT = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findable:
    """What can be found: `names` are its own, `near` those of neighbouring jobs."""

    key: str
    names: tuple[str, ...]
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A hit with its score up to 100; `near` is the neighbouring job that led here, or empty."""

    key: str
    score: float
    near: str = ""


@dataclass(frozen=True, slots=True)
class _Name:
    key: str
    text: str
    near: bool
    words: tuple[str, ...]
    whole: str
    initials: str


class Index:
    """The names of everything that can be found, cut into words once."""

    def __init__(self, findables: Iterable[Findable]) -> None:
        given = list(findables)
        self._names = [
            name
            for each in given
            for texts, near in ((each.names, False), (each.near, True))
            for text in texts
            if (name := _name(each.key, text, near=near)).whole
        ]
        self._order = {each.key: place for place, each in enumerate(given)}
        owners = {(word, name.key) for name in self._names for word in name.words}
        self._rarity = Counter(word for word, _ in owners)

    def find(self, query: str) -> tuple[Found, ...]:
        """Give what the query may mean, the closest first; nothing for a query without letters."""
        words = _words(query[:LONGEST])
        if not words or not self._names:
            return ()
        weights = [self._weight(word) for word in words]
        best: dict[str, Found] = {}
        for name in self._names:
            score = _score(words, weights, name) - (_NEAR if name.near else 0.0)
            held = best.get(name.key)
            if score >= ENOUGH and (held is None or score > held.score):
                near = name.text if name.near else ""
                best[name.key] = Found(key=name.key, score=score, near=near)
        ranked = sorted(best.values(), key=lambda each: (-each.score, self._order[each.key]))
        return tuple(ranked[:MOST])

    def _weight(self, word: str) -> float:
        """Rare words say more: "engineer" stands in most names and decides nothing."""
        close = max(self._rarity, key=lambda each: _likeness(word, each))
        owners = self._rarity[close] if _likeness(word, close) >= _ALIKE else 1
        return 1 + math.log(max(len(self._order), 1) / owners)


def _score(words: Sequence[str], weights: Sequence[float], name: _Name) -> float:
    whole = "".join(words)
    if whole == name.whole:
        return _SAME
    if len(whole) > 1 and name.whole.startswith(whole):
        return _BEGINS
    if len(name.initials) > 1 and whole == name.initials:
        return _INITIALS
    likenesses = [max(_likeness(word, each) for each in name.words) for word in words]
    # A typo may also lie at a space: "mlopsengineer", "dev ops".
    shares = [like if like >= _ALIKE else 0.0 for like in likenesses]
    by_words = _WORDS / 100 * sum(s * w for s, w in zip(shares, weights, strict=True))
    by_letters = OSA.normalized_similarity(whole, name.whole)
    return max(by_words / sum(weights), by_letters * _WORDS if by_letters >= _SLIPS else 0.0)


def _likeness(word: str, other: str) -> float:
    """Give how much two words are alike in percent: the same, the beginning of, or with a typo."""
    if word == other:
        return 100.0
    if len(word) >= _SHORTEST_INSIDE and other.startswith(word):
        return 96.0
    if len(word) >= _SHORTEST_INSIDE and word in other:
        return _INSIDE
    # A swap of neighbours is one slip, not two. Short words leave no room for any.
    if min(len(word), len(other)) <= _SHORTEST_INSIDE:
        return 0.0
    return max(OSA.normalized_similarity(word, other) * 100, fuzz.ratio(word, other) - 5)


def _name(key: str, text: str, *, near: bool) -> _Name:
    words = _words(text)
    initials = "".join(word[0] for word in words)
    return _Name(key, text, near, words, "".join(words), initials)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _SPLIT.split(plain_name(text)) if word)
