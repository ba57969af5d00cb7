"""Fit words into a subject: one line, at most 60 characters, cut only between words.

It never decides what a mail is about; head.py does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SUBJECT_LENGTH = 60
_LEAST = 20  # "Week 34..." alone, or one word of a headline, is no subject
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DROPPED = re.compile(
    "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"  # marks of direction, byte order mark
    "\ue000-\uf8ff\U000f0000-\U0010ffff]"  # private characters: slots.py marks places with two
)
_LOOSE = frozenset(
    {"a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "into", "its", "no", "not"}
    | {"of", "on", "or", "so", "than", "that", "the", "their", "to", "when", "which", "with"}
)
"""Words that promise another one, so a cut after them reads like an accident."""


def one_line(text: str) -> str:
    """Make one line: control characters and separators become spaces.

    Marks of direction and private characters (slots.py uses two) go; no-break spaces stay, because
    they hold a word together.
    """
    kept = _DROPPED.sub("", _BREAKS.sub(" ", text))
    return " ".join(part for part in kept.split(" ") if part)


def fit(text: str, limit: int = SUBJECT_LENGTH) -> str:
    """Give the longest beginning of whole words within `limit` characters, with an ellipsis if cut.

    Empty when the cut would leave too little to say anything: a word is never broken, so a
    grapheme never is.
    """
    line = one_line(text)
    if len(line) <= limit:
        return line
    words = line[:limit].split(" ")[:-1]
    while words and words[-1].casefold() in _LOOSE:
        words.pop()
    cut = " ".join(words).rstrip(",;:.-\N{EN DASH}\N{EM DASH}(")
    return f"{cut.rstrip()}{ELLIPSIS}" if len(cut.rstrip()) >= _LEAST else ""


def first_new(candidates: Sequence[str], last: str | None) -> str:
    """Give the first candidate that fits and differs from last week's subject.

    The last candidate is the safety net: it has to fit, and to name the week.
    """
    spent = {"", same(last or "")}
    return next(
        (fitted for each in candidates if same(fitted := fit(each)) not in spent),
        fit(candidates[-1]),
    )


def same(subject: str) -> str:
    """Fold a subject, so that two that readers take for the same are equal."""
    return one_line(subject).casefold()
