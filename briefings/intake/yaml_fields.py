"""Reads the fields of a YAML mapping with their checks; it never stops at the first problem."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

import yaml

from briefings.intake import fields
from briefings.intake.yaml_lines import Findings, Problem, read_mapping
from briefings.model.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from enum import StrEnum
    from pathlib import Path

MAX_TEXT = 2000
MAX_KEY = 60
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SLUG_FORM = "write lower-case letters and digits joined by single hyphens, as in mlops-engineer"

_TAG = "tag:yaml.org,2002:"

_E = TypeVar("_E", bound="StrEnum")


def read_table(path: Path, name: str, findings: Findings) -> Table | None:
    """Read a file as a table; None after noting why it cannot be read."""
    node = read_mapping(path, name, findings)
    return None if node is None else Table(findings=findings, file=name, path="", node=node)


@dataclass(slots=True)
class Table:
    """A mapping being read: each getter checks one field and notes its problem with its line.

    A getter gives an empty value after noting a problem, so one pass finds all of them; `done`
    then reports the fields that nobody asked for.
    """

    findings: Findings
    file: str
    path: str
    node: yaml.MappingNode
    _fields: dict[str, yaml.Node] = field(init=False, default_factory=dict[str, yaml.Node])
    _asked: list[str] = field(init=False, default_factory=list[str])

    def __post_init__(self) -> None:
        """Take the fields apart; a key that is twice there or no text is a problem."""
        self.findings.lines[self.file, self.path] = _line(self.node)
        for key, value in self.node.value:
            name = fields.shown(key.value, MAX_KEY) if isinstance(key, yaml.ScalarNode) else "?"
            self.findings.lines.setdefault((self.file, self.at(name)), _line(key))
            if name in self._fields:
                self.findings.problems.append(
                    Problem(
                        self.file,
                        _line(key),
                        self.at(name),
                        "stands there twice",
                        "keep one of them",
                    )
                )
            self._fields[name] = value

    def at(self, name: str) -> str:
        """Give the path of a field of this table."""
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str, message: str, remedy: str) -> None:
        """Note a problem of a field of this table."""
        self.findings.add(self.file, self.at(name), message, remedy)

    def has(self, name: str) -> bool:
        """Say whether the field is there with a value."""
        self._ask(name)
        node = self._fields.get(name)
        return node is not None and not _is_null(node)

    def text(self, name: str, *, required: bool = False, most: int = MAX_TEXT) -> str:
        """Read a paragraph: Unicode NFC, white space folded; "" when absent."""
        node = self._get(name, required=required)
        return "" if node is None else self._text(self.at(name), node, most)

    def texts(self, name: str) -> tuple[str, ...]:
        """Read a list of texts; a text that is twice in the list is a problem."""
        found: list[str] = []
        for path, node in self._list(name):
            text = self._text(path, node, MAX_TEXT)
            if text and text in found:
                self.findings.add(self.file, path, f"{text!r} is twice in the list", "delete one")
            found.append(text)
        return tuple(found)

    def slug(self, name: str, *, required: bool = True) -> str:
        """Read a slug."""
        text = self.text(name, required=required)
        if text and not SLUG.fullmatch(text):
            self.wrong(name, f"{text!r} is not a slug", SLUG_FORM)
        return text

    def slugs(self, name: str) -> tuple[str, ...]:
        """Read a list of slugs."""
        found = self.texts(name)
        for number, text in enumerate(found, 1):
            if text and not SLUG.fullmatch(text):
                self.wrong(f"{name}[{number}]", f"{text!r} is not a slug", SLUG_FORM)
        return found

    def url(self, name: str, *, required: bool = False) -> str:
        """Read an absolute https address without user name, spaces or a bare host."""
        text = self.text(name, required=required)
        try:
            if text and not fields.url(name, text).startswith("https://"):
                self.wrong(name, f"{text!r} is not https", "write it as https://example.org/page")
        except fields.BadField as error:
            self.wrong(name, f"{text!r} {error.reason}", "write it as https://example.org/page")
        return text

    def whole(self, name: str, low: int, high: int, *, required: bool = False) -> int | None:
        """Read a whole number from low to high."""
        node = self._get(name, required=required)
        if node is None:
            return None
        remedy = f"write a whole number from {low} to {high}"
        if not _is_scalar(node, "int") or not re.fullmatch(r"-?(0|[1-9]\d{0,11})", node.value):
            self.wrong(name, f"{_shown(node)} is not a whole number", remedy)
            return None
        number = int(node.value)
        if not low <= number <= high:
            self.wrong(name, f"{number} is outside {low} to {high}", remedy)
            return None
        return number

    def choice(self, name: str, kind: type[_E], *, required: bool = False) -> _E | None:
        """Read one of a closed set of words."""
        text = self.text(name, required=required)
        allowed = [member.value for member in kind]
        if text and text not in allowed:
            remedy = _close(text, allowed) or f"write one of {', '.join(allowed)}"
            self.wrong(name, f"{text!r} is not allowed", remedy)
            return None
        return kind(text) if text else None

    def choices(self, name: str, kind: type[_E]) -> tuple[_E, ...]:
        """Read a list out of a closed set of words."""
        allowed = [member.value for member in kind]
        found = self.texts(name)
        for number, text in enumerate(found, 1):
            if text and text not in allowed:
                remedy = _close(text, allowed) or f"write one of {', '.join(allowed)}"
                self.wrong(f"{name}[{number}]", f"{text!r} is not allowed", remedy)
        return tuple(kind(text) for text in found if text in allowed)

    def currency(self, name: str) -> str:
        """Read an ISO 4217 code; USD after noting a problem."""
        text = self.text(name, required=True)
        if re.fullmatch(r"[A-Z]{3}", text):
            return text
        if text:
            self.wrong(name, f"{text!r} is not a currency code", "write it as in USD")
        return "USD"

    def money(self, name: str, currency: str, *, required: bool = False) -> Money | None:
        """Read an amount in major units, whole or with the currency's decimals."""
        node = self._get(name, required=required)
        if node is None:
            return None
        is_number = _is_scalar(node, "int") or _is_scalar(node, "float")
        if is_number and re.fullmatch(r"(0|[1-9]\d{0,11})(\.\d{1,3})?", node.value):
            try:
                return Money.of(Decimal(node.value), currency)
            except ValueError as error:
                self.wrong(name, str(error), "round it")
                return None
        self.wrong(
            name, f"{_shown(node)} is not an amount", "write digits only, as in 200000 or 9.50"
        )
        return None

    def table(self, name: str) -> Table | None:
        """Read a field that is itself a mapping; None when absent."""
        node = self._get(name, required=False)
        return None if node is None else self._table(self.at(name), node)

    def tables(self, name: str) -> list[Table]:
        """Read a list of mappings."""
        found = (self._table(path, node) for path, node in self._list(name))
        return [table for table in found if table is not None]

    def done(self) -> None:
        """Report the fields that no getter asked for, each with the closest known name."""
        for name in self._fields:
            if name not in self._asked:
                known = ", ".join(self._asked)
                remedy = _close(name, self._asked) or f"use one of {known}"
                self.wrong(name, "is not a field here", remedy)

    def _ask(self, name: str) -> None:
        if name not in self._asked:
            self._asked.append(name)

    def _get(self, name: str, *, required: bool) -> yaml.Node | None:
        if self.has(name):
            return self._fields[name]
        if required:
            self.wrong(name, "is missing", f"add `{name}: ...`")
        return None

    def _list(self, name: str) -> list[tuple[str, yaml.Node]]:
        node = self._get(name, required=False)
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.wrong(name, f"{_shown(node)} is not a list", "write `- ` before each entry")
            return []
        found = [(f"{self.at(name)}[{n}]", entry) for n, entry in enumerate(node.value, 1)]
        for path, entry in found:
            self.findings.lines[self.file, path] = _line(entry)
        return found

    def _table(self, path: str, node: yaml.Node) -> Table | None:
        if isinstance(node, yaml.MappingNode):
            return Table(findings=self.findings, file=self.file, path=path, node=node)
        self.findings.add(
            self.file,
            path,
            f"{_shown(node)} is not a group of fields",
            "write `field: value` lines",
        )
        return None

    def _text(self, path: str, node: yaml.Node, most: int) -> str:
        add = self.findings.add
        if not _is_scalar(node, "str"):
            remedy = (
                'put it in quotes: "..."' if isinstance(node, yaml.ScalarNode) else "write one text"
            )
            add(self.file, path, f"{_shown(node)} is not a text", remedy)
            return ""
        try:
            return fields.text(path, node.value, longest=most)
        except fields.BadField as error:
            remedies = {"is empty": "write a text, or delete the field"}
            add(self.file, path, error.reason, remedies.get(error.reason, "change it"))
            return ""


def closest(word: str, known: Iterable[str]) -> str:
    """Give the remedy for an unknown word: the closest known one, or all of them when few."""
    names: Sequence[str] = sorted(known)
    few = 12
    listed = f"use one of {', '.join(names)}" if 0 < len(names) <= few else "see the catalogue"
    return _close(word, names) or listed


def _close(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else ""


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _is_scalar(node: yaml.Node, kind: str) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == _TAG + kind


def _is_null(node: yaml.Node) -> bool:
    return _is_scalar(node, "null")


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return repr(str(node.value)[:60])
    return "a list" if isinstance(node, yaml.SequenceNode) else "a group of fields"
