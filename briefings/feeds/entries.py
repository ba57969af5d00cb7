"""Reads the entries of a defused feed with feedparser; it never fetches, and knows no tool.

All markup is gone from what it gives: titles and notes are plain text, links are http(s).
"""

from __future__ import annotations

import calendar
import hashlib
import html
import io
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from time import struct_time
from typing import cast
from urllib.parse import urlsplit

import feedparser
import nh3

from briefings.feeds.defuse import defuse
from briefings.feeds.fetch import FeedTrouble, Fetched

TITLE_LENGTH = 250
NOTES_LENGTH = 20_000
_MARKUP_READ = 200_000
_LINK_LENGTH = 2_000

_BLOCK_END = re.compile(
    r"</(?:p|li|h[1-6]|div|tr|ul|ol|pre|blockquote)\s*>|<br\s*/?>", re.IGNORECASE
)
_HEADING = re.compile(r"<h[1-6][^>]*>", re.IGNORECASE)
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_parse = cast("Callable[..., object]", feedparser.parse)  # pyright: ignore[reportUnknownMemberType] - it has no types


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: `key` is the same each time it is seen; `day` is None where it says none."""

    key: str
    title: str
    notes: str
    link: str
    day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """The entries of a feed, newest first where dated, and how many were left unread."""

    entries: tuple[Entry, ...]
    cut: int


def read_feed(fetched: Fetched) -> Feed:
    """Read a feed.

    Raises:
        FeedTrouble: it is no feed, or it is one that could do harm.
    """
    text, cut = defuse(fetched.body, fetched.content_type)
    # A stream, never a text: feedparser would fetch a text that looks like an address.
    try:
        parsed = cast(
            "Mapping[str, object]",
            _parse(
                io.BytesIO(text.encode()),
                response_headers={
                    "content-type": "application/xml; charset=utf-8",
                    "content-location": fetched.url,
                },
                sanitize_html=False,  # `plain` takes all markup out
                resolve_relative_uris=False,
            ),
        )
    except Exception as broken:
        raise FeedTrouble(f"the reader gave up on it ({type(broken).__name__})") from broken
    if not parsed.get("version"):
        page = re.search(r"<(?:!doctype )?html", text[:2_000], re.IGNORECASE)
        raise FeedTrouble("it is a web page, not a feed" if page else "it is not a feed")
    raw = cast("Sequence[Mapping[str, object]]", parsed["entries"])
    found = {entry.key: entry for entry in map(_entry, raw) if entry.title or entry.link}
    ordered = sorted(found.values(), key=lambda entry: entry.day or date.max, reverse=True)
    return Feed(entries=tuple(ordered), cut=cut)


def plain(markup: str, longest: int) -> str:
    """Give the words of a piece of HTML, one line per block, without any markup or control."""
    lines = _BLOCK_END.sub("\n", _HEADING.sub("\n# ", markup[:_MARKUP_READ]))
    words = html.unescape(nh3.clean(lines, tags=set()))
    kept = (" ".join(_UNSEEN.sub("", line).split()) for line in words.splitlines())
    text = unicodedata.normalize("NFC", "\n".join(line for line in kept if line.strip("# ")))
    return text[:longest]


def web_address(text: str) -> str:
    """Give an http(s) address with a host and nothing odd in it, else an empty text."""
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and parts.username is None and parts.password is None
    except ValueError:
        return ""
    odd = len(text) > _LINK_LENGTH or re.search(r'[\s<>"{}|\\^`\x00-\x1f\x7f]', text)
    return text if named and not odd and parts.scheme in ("http", "https") else ""


def _entry(raw: Mapping[str, object]) -> Entry:
    title = plain(_text(raw, "title"), TITLE_LENGTH).lstrip("# ").replace("\n", " ")
    link = web_address(_text(raw, "link").strip())
    day = _day(raw.get("published_parsed")) or _day(raw.get("updated_parsed"))
    own = _text(raw, "id") or link or f"{title} {day}"
    return Entry(
        key=hashlib.sha256(own.encode(errors="replace")).hexdigest(),
        title=title,
        notes=plain(_notes(raw), NOTES_LENGTH),
        link=link,
        day=day,
    )


def _text(raw: Mapping[str, object], name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def _notes(raw: Mapping[str, object]) -> str:
    content = cast("Sequence[Mapping[str, object]]", raw.get("content") or ())
    return next((text for part in content if (text := _text(part, "value"))), _text(raw, "summary"))


def _day(value: object) -> date | None:
    if not isinstance(value, struct_time):
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(value), UTC).date()
    except (ValueError, OverflowError, OSError):
        return None
