"""Reads a YAML file so that every value knows its line; it never makes a Python object of a tag.

Anchors, aliases, duplicate keys, deep nesting and large files are refused, so a file cannot cost
more memory than its own size.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import yaml

from briefings.model.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from enum import StrEnum
    from pathlib import Path

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12
MAX_TEXT = 2000
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SLUG_FORM = "write lower-case letters and digits joined by single hyphens, as in mlops-engineer"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
# Bidirectional overrides and isolates reorder the text around them; separators break headers.
_HIDDEN = frozenset("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")

_E = TypeVar("_E", bound="StrEnum")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong in a catalogue file: where, what, and what to write instead.

    `file` is relative to the catalogue folder, `line` counts from 1, `field` is a path such as
    `plan[3].hours` whose numbers count from 1; it is empty when the whole file is meant.
    """

    file: str
    line: int
    field: str
    message: str
    remedy: str

    def __str__(self) -> str:
        """Write `file:line: field: message; remedy` on one line."""
        place = f"{self.file}:{self.line}: "
        return f"{place}{self.field + ': ' if self.field else ''}{self.message}; {self.remedy}"


@dataclass(slots=True)
class Findings:
    """The problems found so far, and the line of every field read so far."""

    problems: list[Problem] = field(default_factory=list[Problem])
    lines: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])

    def add(self, file: str, path: str, message: str, remedy: str) -> None:
        """Note a problem at a field that was read before; its line is known by then."""
        line = self.lines.get((file, path), 1)
        self.problems.append(
            Problem(file=file, line=line, field=path, message=message, remedy=remedy)
        )


def read_table(path: Path, name: str, findings: Findings) -> Table | None:
    """Read a file whose top is a mapping; None after noting why it cannot be read."""
    text = _read_text(path, name, findings)
    if text is None:
        return None
    try:
        if not _is_plain(text, name, findings):
            return None
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        _whole_file(
            findings, name, line, "holds a control character", "delete the character on that line"
        )
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        reason = " ".join(str(error.problem or error.context).split())
        _whole_file(
            findings,
            name,
            line,
            f"is not YAML: {reason}",
            "mend the line, or put the text in quotes",
        )
        return None
    if not isinstance(node, yaml.MappingNode):
        _whole_file(findings, name, 1, "has no fields", "write `field: value` lines")
        return None
    return Table(findings=findings, file=name, path="", node=node)


def _read_text(path: Path, name: str, findings: Findings) -> str | None:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        _whole_file(findings, name, 1, f"cannot be read: {reason}", "check the file and its rights")
        return None
    if len(raw) > MAX_BYTES:
        _whole_file(findings, name, 1, f"is larger than {MAX_BYTES} bytes", "split the file")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        _whole_file(findings, name, line, "is not UTF-8", "save the file as UTF-8")
        return None


def _is_plain(text: str, name: str, findings: Findings) -> bool:
    """Walk the events once: no aliases, no depth that would exhaust the composer."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            _whole_file(findings, name, line, "uses an anchor or alias", "write the value out")
            return False
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            _whole_file(findings, name, line, "is nested too deeply", "see docs/catalogue.md")
            return False
    return True


def _whole_file(findings: Findings, name: str, line: int, message: str, remedy: str) -> None:
    findings.problems.append(Problem(name, line, "", message, remedy))


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
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
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
        if text and not _is_https(text):
            self.wrong(
                name, f"{text!r} is not a web address", "write it as https://example.org/page"
            )
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
            line = self.findings.lines.get((self.file, self.at(name)), _line(self.node))
            self.findings.lines[self.file, self.at(name)] = line
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
        value: str = node.value
        bad = next((c for c in value if _is_hidden(c)), None)
        if bad is not None:
            add(
                self.file,
                path,
                f"holds the control character U+{ord(bad):04X}",
                "delete the character",
            )
            return ""
        text = " ".join(unicodedata.normalize("NFC", value).split())
        if len(text) > most:
            add(self.file, path, f"has {len(text)} characters", f"shorten it to {most}")
        if not text:
            add(self.file, path, "is empty", "write a text, or delete the field")
        return text


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


def _is_hidden(character: str) -> bool:
    if character == "\n":
        return False
    return character in _HIDDEN or unicodedata.category(character) in {"Cc", "Cs"}


def _is_https(text: str) -> bool:
    if any(c.isspace() or c in '<>"\\^`{|}' for c in text):
        return False
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    plain = parts.username is None and parts.password is None and (port is None or port > 0)
    return parts.scheme == "https" and plain and _HOST.fullmatch(host) is not None
