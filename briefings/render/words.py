"""Makes editors' words and links safe to show; never decides what is shown or where.

Finished mails hold nothing like two braces or two brackets in a row (they look like an unfilled
template). Where an editor wrote such a pair, U+2060 WORD JOINER goes between the two characters:
it has no width, so the reader sees what was written, and no check for leftovers is fooled.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from briefings.errors import UnsafeValue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

_PAIR = re.compile(r"(?<=\{)(?=\{)|(?<=\})(?=\})|(?<=\[)(?=\[)|(?<=\])(?=\])")
_SPACE = re.compile(r"[ \t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
# Controls, private use (slots are marked with it), surrogates and noncharacters.
_UNSHOWN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff"
    r"\U000f0000-\U000fffff\U00100000-\U0010ffff]"
)
_UNBROKEN = re.compile(
    r"(?<![\w.-])(?:"
    r"CVE-\d{4}-\d{4,}"
    r"|GHSA(?:-\w{4}){3}"
    r"|n = \d+(?:,\d+)*"
    r"|\d+(?:[.,]\d+)*(?:\N{EN DASH}\d+(?:[.,]\d+)*)?[ \xa0]?%"
    r"|\d+(?:[.,]\d+)*[-\N{EN DASH}]\d+(?:[.,]\d+)*"
    r"|v?\d+(?:\.\d+)+(?:[-+]\w+(?:\.\w+)*)?"
    r"|\.?[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)+"
    r"|\.[A-Za-z_][\w-]+"
    r")(?![\w-])"
)
_LONGEST_UNBROKEN = 26
"""Characters that still fit a phone of 320 px in the headline's face."""
_UNSAFE_IN_URL = {ord(c): f"%{ord(c):02X}" for c in "\"'<>\\^`{|}"}
_NO_URL = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\ue000-\uf8ff]")


def shown(text: str) -> str:
    """Give the text as one line for a mail: no controls, no pairs of braces or brackets."""
    kept = _SPACE.sub(" ", _UNSHOWN.sub("", _SPACE.sub(" ", text)))
    return _PAIR.sub("\N{WORD JOINER}", kept).strip()


def unbroken(text: str) -> Markup:
    """Escape text for HTML and keep CVE numbers, versions and dotted names on one line."""
    parts: list[str] = []
    end = 0
    for found in _UNBROKEN.finditer(text):
        if len(found[0]) > _LONGEST_UNBROKEN:
            continue
        parts += [
            escape(text[end : found.start()]),
            f'<span style="white-space:nowrap">{escape(found[0])}</span>',
        ]
        end = found.end()
    return Markup("".join([*parts, escape(text[end:])]))  # noqa: S704 - every piece is escaped above


def link(url: str, place: str) -> str:
    """Give an http(s) address as it may stand in a mail; UnsafeValue names the place otherwise."""
    try:
        parts = urlsplit(url)
        allowed = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        allowed = False
    if not allowed or _NO_URL.search(url):
        raise UnsafeValue(f"{place}: {url[:80]!r} is not a web address; use one with https://.")
    return url.translate(_UNSAFE_IN_URL).replace("[[", "%5B%5B").replace("]]", "%5D%5D")


def day(when: date, week_year: int) -> str:
    """Write "Wed 19 August", with the year where it is not the mail's."""
    pattern = "EEE d MMMM" if when.year == week_year else "EEE d MMMM y"
    from babel.dates import format_date  # 50 ms that a sender need not spend

    return format_date(when, pattern, locale="en_GB")


def listed(words: Iterable[str]) -> str:
    """Join words as English does: "a", "a and b", "a, b and c"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def sentence(text: str) -> str:
    """End the text with a full stop unless it ends a sentence already."""
    text = text.strip()
    return text if not text or text[-1] in ".!?\N{HORIZONTAL ELLIPSIS}" else f"{text}."


def opening(text: str) -> str:
    """Start with a capital letter and leave the rest alone."""
    return text[:1].upper() + text[1:]


def inner(text: str) -> str:
    """Start with a small letter, unless the first word is a name or an abbreviation."""
    word = text.split(" ", 1)[0]
    plain = word[1:].islower() or len(word) == 1
    return text[:1].lower() + text[1:] if plain else text
