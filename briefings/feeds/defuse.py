"""Turns the bytes of a feed into text that a parser may see; refuses what could blow it up.

Entities of its own, deep nesting and endless lists are refused or cut before feedparser sees a
byte ("billion laughs", quadratic blow-up, external entities; CWE-776, CWE-611).
"""

from __future__ import annotations

import re
from xml.parsers import expat

from briefings.feeds.fetch import FeedTrouble

MOST_ENTRIES = 200
DEEPEST = 100
LARGEST_BROKEN = 256 * 1024
"""Bytes up to which a document that is not well-formed is read; the lenient parser is slow."""

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"<\x00?\x00", "utf-16-le"),
    (b"\x00<\x00?", "utf-16-be"),
)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._-]{1,40})", re.IGNORECASE)
_ENTITIES = re.compile(r"<!\s*ENTITY|<!\s*DOCTYPE[^>]*\[", re.IGNORECASE)
_ENTRY_END = re.compile(r"</(?:[A-Za-z][\w.-]*:)?(?:entry|item)\s*>", re.IGNORECASE)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class _TooDeepError(Exception):
    pass


def defuse(body: bytes, content_type: str) -> tuple[str, int]:
    """Give the feed as text with at most 200 entries, and how many entries were cut off.

    Raises:
        FeedTrouble: it defines entities, is nested too deep, or is broken and large.
    """
    text = _DECLARATION.sub("", _NOT_XML.sub("", decode(body, content_type)), count=1)
    if _ENTITIES.search(text):
        raise FeedTrouble("it defines entities of its own, which is not read")
    text, cut = _cut(text)
    try:
        _walk(text)
    except _TooDeepError:
        raise FeedTrouble(f"it is nested deeper than {DEEPEST} elements") from None
    except expat.ExpatError as broken:
        if len(text) > LARGEST_BROKEN:
            raise FeedTrouble(
                f"it is not well-formed (line {broken.lineno}) and too large to guess at"
            ) from None
        if _nested_deep(text):
            raise FeedTrouble(f"it is nested deeper than {DEEPEST} elements") from None
    return text, cut


def decode(body: bytes, content_type: str) -> str:
    """Decode by byte-order mark, declaration, header or UTF-8, whichever fits first.

    What fits none is read as Windows-1252, in which most wrongly declared feeds are written.
    """
    names = [name for mark, name in _BOMS if body.startswith(mark)][:1]
    if declared := _DECLARED.match(body):
        names.append(declared[1].decode("ascii"))
    if charset := _CHARSET.search(content_type):
        names.append(charset[1])
    for name in (*names, "utf-8"):
        try:
            return body.decode(name).removeprefix("\ufeff")
        except (UnicodeError, LookupError):
            continue
    return body.decode("cp1252", errors="replace")


def _cut(text: str) -> tuple[str, int]:
    """Leave out the entries after the first 200; feeds begin with the newest."""
    ends = [found.end() for found in _ENTRY_END.finditer(text)]
    if len(ends) <= MOST_ENTRIES:
        return text, 0
    return text[: ends[MOST_ENTRIES - 1]] + text[ends[-1] :], len(ends) - MOST_ENTRIES


def _walk(text: str) -> None:
    """Go through the document once, without building anything."""
    depth = 0

    def opened(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise _TooDeepError

    def closed(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.Parse(text.encode(), True)


def _nested_deep(text: str) -> bool:
    """Say whether a broken document opens far more elements than it closes."""
    opening = len(re.findall(r"<[A-Za-z]", text))
    closing = len(re.findall(r"</|/>", text))
    return opening - closing > 2 * DEEPEST
