"""Reads the little Markdown that an item's text may hold; what comes out is pieces of plain text.

Emphasis, strong, code and web links are read, everything else stays as it was typed. Templates get
the pieces and escape them, so no HTML of a writer can reach a mail or a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import nh3
from markupsafe import Markup, escape

from briefings.errors import UnsafeValue
from briefings.render.words import link

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_TAGS = {"strong", "em", "code", "a"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some words and how they are set; `gap` says that a space follows, `url` makes them a link."""

    text: str
    strong: bool = False
    emphasis: bool = False
    code: bool = False
    url: str = ""
    gap: bool = False


@cache
def _reader() -> MarkdownIt:
    """Loaded when the first item is set: a sender sets none."""
    from markdown_it import MarkdownIt

    return MarkdownIt("zero").enable(["emphasis", "backticks", "link", "escape"])


@lru_cache(maxsize=1_024)
def pieces(text: str) -> tuple[Piece, ...]:
    """Read a text; one without Markdown is one piece."""
    found: list[Piece] = []
    strong = emphasis = 0
    url = ""
    for token in _tokens(" ".join(text.split())):
        match token.type:
            case "strong_open" | "strong_close":
                strong += token.nesting
            case "em_open" | "em_close":
                emphasis += token.nesting
            case "link_open":
                url = _web(str(token.attrGet("href") or ""))
            case "link_close":
                url = ""
            case _:
                _add(
                    found,
                    token.content,
                    Piece(
                        text="",
                        strong=strong > 0,
                        emphasis=emphasis > 0,
                        code=token.type == "code_inline",
                        url=url,
                    ),
                )
    return tuple(found)


def in_words(text: str) -> str:
    """Give a text for the text part: marks are gone, and an address stands after its words."""
    words = ""
    for piece in pieces(text):
        words += piece.text
        if piece.url and piece.url != piece.text:
            words += f" {piece.url}"
        # An address ends at white space.
        words += " " if piece.gap or piece.url else ""
    return words.strip()


def unmarked(text: str) -> str:
    """Give the words of a text alone, without marks and addresses: for a line that is cut short."""
    return "".join(piece.text + (" " if piece.gap else "") for piece in pieces(text)).strip()


def in_html(text: str) -> Markup:
    """Give a text as safe HTML for a page."""
    made = "".join(map(_html, pieces(text)))
    return Markup(nh3.clean(made, tags=_TAGS, attributes={"a": {"href"}}))  # noqa: S704 - cleaned here, escaped before


def _html(piece: Piece) -> str:
    made = str(escape(piece.text))
    for tag, on in (("code", piece.code), ("em", piece.emphasis), ("strong", piece.strong)):
        made = f"<{tag}>{made}</{tag}>" if on else made
    if piece.url:
        made = f'<a href="{escape(piece.url)}">{made}</a>'
    return made + (" " if piece.gap else "")


def _add(found: list[Piece], content: str, like: Piece) -> None:
    """Add words; white space at their edges becomes the gap before or after them."""
    words = content.strip()
    if found and content[:1].isspace():
        found[-1] = _with(found[-1], found[-1].text, gap=True)
    if not words:
        return
    gap = content[-1:].isspace()
    last = found[-1] if found else None
    if last is not None and _set_alike(last, like):
        between = " " if last.gap else ""
        found[-1] = _with(last, f"{last.text}{between}{words}", gap=gap)
    else:
        found.append(_with(like, words, gap=gap))


def _set_alike(one: Piece, other: Piece) -> bool:
    return (one.strong, one.emphasis, one.code, one.url) == (
        other.strong,
        other.emphasis,
        other.code,
        other.url,
    )


def _with(piece: Piece, text: str, *, gap: bool) -> Piece:
    return Piece(
        text=text,
        strong=piece.strong,
        emphasis=piece.emphasis,
        code=piece.code,
        url=piece.url,
        gap=gap,
    )


def _tokens(text: str) -> list[Token]:
    (block,) = _reader().parseInline(text)
    return [token for token in block.children or [] if token.content or token.nesting]


def _web(address: str) -> str:
    """The address if it is one of the web; words with any other are words."""
    try:
        return link(address, "text")
    except UnsafeValue:
        return ""
