"""Looks at a finished mail and says what is wrong with it; never repairs anything."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from briefings.errors import UnsafeValue
from briefings.slots import encode_block

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 80 * 1024
"""Encoded bytes of the HTML part. Gmail cuts a mail at 102 KB and hides the unsubscribe link."""

_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
_FORBIDDEN = frozenset(
    {
        "script",
        "form",
        "input",
        "button",
        "iframe",
        "object",
        "embed",
        "link",
        "base",
        "svg",
        "video",
    }
)
_LEFTOVERS = ("{{", "}}", "[[", "]]")
_FETCHES = re.compile(r"@import|@font-face|url\s*\(", re.IGNORECASE)
_FOR_WORD = re.compile(r"<!--\[if [^\]!]*mso[^\]]*\]>(.*?)<!\[endif\]-->", re.DOTALL)
_NOT_FOR_WORD = re.compile(r"<!--\[if !mso\]><!-->(.*?)<!--<!\[endif\]-->", re.DOTALL)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_URL = re.compile(r"https?://\S+")


@dataclass(slots=True)
class Facts:
    """What the reader of an HTML part meets: headings, links, words, and what breaks it."""

    lang: str = ""
    title: str = ""
    headings: list[tuple[str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    words: str = ""
    wrong: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Reads strictly: every element that opens must close in its order (void elements apart)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.facts = Facts()
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._judge(tag, values)
        if tag not in _VOID:
            unseen = values.get("aria-hidden") == "true" or "display:none" in values.get(
                "style", ""
            )
            hidden = unseen or (bool(self._open) and self._open[-1][1])
            self._open.append((tag, hidden))
        if re.fullmatch("h[1-6]", tag):
            self.facts.headings.append((tag, ""))
        if tag in ("br", "p", "td", "th", "div", "li", "tr"):
            self.facts.words += " "

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            inside = f" inside <{self._open[-1][0]}>" if self._open else ""
            self.facts.wrong.append(f"</{tag}> closes what is not open{inside}")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self._open]
        if "title" in tags:
            self.facts.title += data
        elif "body" in tags and not self._open[-1][1]:
            self.facts.words += data
            if any(re.fullmatch("h[1-6]", tag) for tag in tags):
                heading, text = self.facts.headings[-1]
                self.facts.headings[-1] = heading, text + data

    def close(self) -> None:
        super().close()
        self.facts.wrong += [f"<{tag}> is never closed" for tag, _ in self._open]

    def _judge(self, tag: str, values: dict[str, str]) -> None:
        facts = self.facts
        if tag in _FORBIDDEN:
            facts.wrong.append(f"<{tag}> has no place in a mail")
        if tag == "html":
            facts.lang = values.get("lang", "")
        if tag == "img" and not values.get("alt"):
            facts.wrong.append("an <img> has no alt text")
        if tag == "a":
            facts.links.append(values.get("href", ""))
            if urlsplit(values.get("href", "")).scheme not in ("http", "https"):
                facts.wrong.append(f"a link leads to {values.get('href', 'nowhere')!r}: use https")
        facts.wrong += [
            f"<{tag}> has a script in {name}" for name in values if name.startswith("on")
        ]


def read(html: str) -> Facts:
    """Read an HTML part as a mail client without conditional comments does."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.facts


def lint(html: str, text: str) -> list[str]:
    """Say in one line each what is wrong with a finished mail; an empty list means nothing is.

    `html` and `text` are the decoded parts with their slots filled. Judged are structure (also as
    Outlook for Windows reads it), links, leftovers of templates, size, and whether both parts say
    the same: headings, links and numbers outside drawings.
    """
    return [
        *_structure(html),
        *_leftovers(html, text),
        *_size(html),
        *_difference(read(html), text),
    ]


def _structure(html: str) -> Iterator[str]:
    facts = read(html)
    yield from facts.wrong
    outlook = read(_FOR_WORD.sub(r"\1", _NOT_FOR_WORD.sub("", html)))
    yield from (
        f"in Outlook: {complaint}" for complaint in outlook.wrong if complaint not in facts.wrong
    )
    if not html.lower().startswith("<!doctype html>"):
        yield "the document does not begin with <!doctype html>"
    if facts.lang in ("", "und"):
        yield "the document has no language"
    if not facts.title.strip():
        yield "the document has no title"
    if (count := sum(tag == "h1" for tag, _ in facts.headings)) != 1:
        yield f"the document has {count} h1, not one"
    yield from (f"an empty {tag}" for tag, words in facts.headings if not words.strip())
    if _FETCHES.search(html):
        yield "the style sheet fetches something"


def _leftovers(html: str, text: str) -> Iterator[str]:
    for name, part in (("HTML", html), ("text", text)):
        for pair in _LEFTOVERS:
            if pair in part:
                at = part.index(pair)
                yield f"the {name} part holds {pair} near {part[max(0, at - 20) : at + 20]!r}"


def _size(html: str) -> Iterator[str]:
    try:
        size = len(encode_block(html, "html"))
    except UnsafeValue as error:
        yield str(error)
    else:
        if size > MOST_BYTES:
            yield f"the HTML part has {size:,} bytes encoded, more than {MOST_BYTES:,}"


def _difference(facts: Facts, text: str) -> Iterator[str]:
    flat = _flat(text)
    links = set(_URL.findall(text))
    yield from (f"only HTML links to {url}" for url in sorted({*facts.links} - links))
    # An address that an editor wrote into a sentence is no link in HTML.
    added = (url for url in sorted(links - {*facts.links}) if url not in facts.words)
    yield from (f"only the text links to {url}" for url in added)
    yield from (
        f"only HTML has the heading {_flat(words)!r}"
        for _, words in facts.headings
        if _flat(words) not in flat
    )
    shown, written = (set(_NUMBER.findall(_URL.sub(" ", part))) for part in (facts.words, text))
    yield from (f"only HTML has the number {number}" for number in sorted(shown - written))
    yield from (f"only the text has the number {number}" for number in sorted(written - shown))


def _flat(text: str) -> str:
    return " ".join(text.split())
