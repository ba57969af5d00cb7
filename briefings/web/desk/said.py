"""Carries one sentence, and how to undo what it tells, over a redirect; it stores nothing.

The sentence travels sealed in the address, so nobody can put words of their own on our pages.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from briefings.web.seals import BadSeal, Seals

FIELD = "said"
_SECONDS = 600
_LONGEST = 1_000
"""Characters of a sentence: it travels in an address, and those have an end everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """The act that takes another one back: where it is posted to, with which fields."""

    path: str
    fields: Sequence[tuple[str, str]]
    button: str = "Undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was done just now, and the way back if there is one."""

    words: str
    undo: Undo | None


def with_words(
    seals: Seals, path: str, words: str, undo: Undo | None, *, user_id: int, now: int
) -> str:
    """The address of a page that will say these words to this person."""
    told = {"w": words if len(words) <= _LONGEST else f"{words[:_LONGEST]}\N{HORIZONTAL ELLIPSIS}"}
    if undo is not None:
        told |= {"p": undo.path, "b": undo.button, "f": json.dumps(list(undo.fields))}
    sealed = seals.seal(_purpose(user_id), json.dumps(told), now)
    head, hash_mark, mark = path.partition("#")
    between = "&" if "?" in head else "?"
    return f"{head}{between}{urlencode({FIELD: sealed})}{hash_mark}{mark}"


def read(seals: Seals, sealed: str, *, user_id: int, now: int) -> Said | None:
    """What a page is to say; None when the words are too old or not ours."""
    if not sealed:
        return None
    try:
        text = seals.open(_purpose(user_id), sealed, now=now, seconds=_SECONDS)
    except BadSeal:
        return None
    told: dict[str, str] = json.loads(text)
    undo = None
    if "p" in told:
        pairs: list[list[str]] = json.loads(told["f"])
        undo = Undo(
            path=told["p"], fields=[(name, value) for name, value in pairs], button=told["b"]
        )
    return Said(words=told["w"], undo=undo)


def _purpose(user_id: int) -> str:
    return f"said to {user_id}"
