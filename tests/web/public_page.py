"""What must hold for a page that is for everybody; the walk over all of them asks it of each.

Who adds a page has nothing to do here: it is found by its links. A figure of our own (a price) says
so with `data-own` on an element around it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 60_000
"""Bytes of HTML; the limit of the issue, 60 KB, in its stricter sense."""
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
SVG_VOID = {"line", "rect", "path", "circle"}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
FIGURE = re.compile(
    r"[$\u20ac\u00a3]\s?\d|\bn = \d|\d[ \u00a0]?%|\b\d of 10\b|(?<![\d.v])[01]\.\d+(?![\d.])"
)
"""Money, sizes of samples, percent, risk and scores: what a page may not say without its source.
Versions of tools (1.15.9, 0.66.0 or "Feast 0.66") are names and stand beside a source anyway."""
GROUPS = ("article", "section", "li", "tr", "figure")
SOURCED = "src"


@dataclass(eq=False)
class Node:
    """An element with what is in it; text is a node without a tag."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    text: str = ""
    parent: Node | None = None

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()

    def words(self) -> str:
        if self.tag in ("script", "style", "template"):
            return ""
        return " ".join(" ".join([self.text, *(each.words() for each in self.children)]).split())

    def above(self) -> Iterator[Node]:
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def find(self, *tags: str) -> list[Node]:
        return [node for node in self.walk() if node.tag in tags]

    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    def describe(self) -> str:
        return f"<{self.tag} {self.attributes}> {self.words()[:60]!r}"


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.at = Node("")
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.wrong.append(f"an attribute twice in <{tag}>")
        node = Node(tag, {name: value or "" for name, value in attrs}, parent=self.at)
        self.at.children.append(node)
        if tag not in VOID:
            self.at = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.at.tag != tag:
            self.wrong.append(f"</{tag}> closes <{self.at.tag}>")
        if self.at.parent is not None:
            self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.children.append(Node("", text=data, parent=self.at))


def parse(html: str) -> tuple[Node, list[str]]:
    """Read a page; also give what is not well-formed in it."""
    tree = _Tree()
    tree.feed(html)
    tree.close()
    left = [] if tree.at is tree.root else [f"<{tree.at.tag}> is never closed"]
    return tree.root, [*tree.wrong, *left]


def faults(html: str, *, base: str) -> list[str]:
    """Give everything that is wrong with a page but its links, in words that find the place."""
    page, wrong = parse(html)
    size = len(html.encode())
    if size >= LARGEST:
        wrong.append(f"{size:,} bytes of HTML, {LARGEST:,} is the limit")
    return [
        *wrong,
        *_of_head(page),
        *_headings(page),
        *_figures(page),
        *_pictures(page),
        *_inline(page),
        *_from_elsewhere(page, base),
        *_ids(page),
    ]


def _of_head(page: Node) -> Iterator[str]:
    titles = page.find("title")
    if len(titles) != 1 or len(titles[0].words()) < len(" - Briefings") + 2:
        yield "no title"
    described = [n for n in page.find("meta") if n.attributes.get("name") == "description"]
    named = any(n.attributes.get("rel") == "canonical" for n in page.find("link"))
    if named and (len(described) != 1 or len(described[0].attributes["content"]) < 20):
        yield "no description, though search engines are told its address"
    if len(page.find("h1")) != 1:
        yield f"{len(page.find('h1'))} h1"


def _headings(page: Node) -> Iterator[str]:
    """A heading says something, and something stands under it before the next one of its rank."""
    order = list(page.walk())
    for place, node in enumerate(order):
        if node.tag in HEADINGS:
            if not node.words():
                yield f"an empty heading: {node.describe()}"
            if not any(_says(after, node) for after in _until_next(order[place + 1 :], node.tag)):
                yield f"nothing under {node.describe()}"
    ranks = [int(node.tag[1]) for node in order if node.tag in HEADINGS]
    for before, after in pairwise(ranks):
        if after > before + 1:
            yield f"h{after} follows h{before}"


def _until_next(order: list[Node], rank: str) -> Iterator[Node]:
    return takewhile(lambda each: each.tag not in HEADINGS or each.tag > rank, order)


def _says(node: Node, heading: Node) -> bool:
    """Whether it is content of the part that the heading opens."""
    shown = node.tag in ("input", "img", "svg") and node.attributes.get("type") != "hidden"
    if not shown and (node.tag or not node.text.strip()):
        return False
    around = [node, *node.above()]
    part = next((each for each in heading.above() if each.tag in ("section", "article")), None)
    if part is not None and part not in around:
        return False
    return heading not in around and not any(_note_of_heading(each, heading) for each in around)


def _note_of_heading(node: Node, heading: Node) -> bool:
    """The small print beside a part's label is no content of the part."""
    return node.tag == "p" and heading.parent is node.parent and "side" in node.parent.classes()


def _figures(page: Node) -> Iterator[str]:
    """Every figure has its source within the group that it stands in."""
    for main in page.find("main"):
        for node in main.walk():
            drawn = node.tag == "svg" or node.attributes.get("role") == "img"
            if not drawn and (node.tag or not FIGURE.search(node.text)):
                continue
            above = list(node.above())
            if any("data-own" in each.attributes or each.tag in HEADINGS[:1] for each in above):
                continue
            groups = [each for each in above if each.tag in GROUPS or "note" in each.classes()]
            if not any(SOURCED in n.classes() for g in groups for n in g.walk()):
                yield f"a figure without a source: {node.text.strip()[:80] or node.describe()!r}"


def _pictures(page: Node) -> Iterator[str]:
    for node in page.find("img"):
        if not node.attributes.get("alt") or not node.attributes.get("width"):
            yield f"no alt or size: {node.describe()}"
    for node in page.find("svg"):
        told = node.attributes.get("role") == "img" and node.attributes.get("aria-label")
        if not told and node.attributes.get("aria-hidden") != "true":
            yield f"a drawing without words: {node.describe()}"


def _inline(page: Node) -> Iterator[str]:
    for node in page.walk():
        if node.tag == "style" or "style" in node.attributes:
            yield f"inline style: {node.describe()}"
        for name, value in node.attributes.items():
            if name.startswith("on") or value.strip().lower().startswith("javascript:"):
                yield f"inline script: {node.describe()}"
        if node.tag == "script" and "src" not in node.attributes:
            if node.attributes.get("type") == "application/ld+json":
                json.loads("".join(each.text for each in node.children))
            else:
                yield "inline script"


def _from_elsewhere(page: Node, base: str) -> Iterator[str]:
    host = urlsplit(base).netloc
    for node in page.walk():
        loads = node.tag in ("script", "img", "iframe", "source", "video", "audio", "embed")
        address = node.attributes.get("src") or (
            node.attributes.get("href")
            if node.tag == "link" and node.attributes.get("rel") != "canonical"
            else None
        )
        if (
            (loads or node.tag == "link")
            and address
            and urlsplit(urljoin(base, address)).netloc != host
        ):
            yield f"loaded from elsewhere: {address}"
        leads = urlsplit(node.attributes.get("href", "")).netloc if node.tag == "a" else ""
        if leads not in ("", host) and "noreferrer" not in node.attributes.get("rel", ""):
            yield f"tells the other site where its reader comes from: {node.describe()}"


def _ids(page: Node) -> Iterator[str]:
    ids = [node.attributes["id"] for node in page.walk() if "id" in node.attributes]
    yield from (f"id {each!r} twice" for each in sorted({i for i in ids if ids.count(i) > 1}))
    for node in page.find("label"):
        if "for" in node.attributes and node.attributes["for"] not in ids:
            yield f"a label of nothing: {node.describe()}"


def links(html: str, base: str) -> tuple[set[str], list[str]]:
    """Give the paths on this site that a page leads to, and links that lead nowhere on it."""
    page, _ = parse(html)
    ids = {node.attributes.get("id") for node in page.walk()}
    found: set[str] = set()
    wrong: list[str] = []
    for node in page.find("a", "form", "link", "script", "img"):
        named = {"form": "action", "script": "src", "img": "src"}.get(node.tag, "href")
        address = node.attributes.get(named)
        if address is None:
            if node.tag == "a":
                wrong.append(f"a link without address: {node.describe()}")
            continue
        parts = urlsplit(urljoin(base, address))
        if address in ("", "#") or (not parts.netloc and parts.scheme != "mailto"):
            wrong.append(f"a link to nowhere: {node.describe()}")
        elif address.startswith("#"):
            if address[1:] not in ids:
                wrong.append(f"no place {address} on the page")
        elif parts.netloc == urlsplit(base).netloc:
            found.add(parts.path + (f"?{parts.query}" if parts.query else ""))
    return found, wrong
