"""Reads a YAML file so that every value knows its line; it never makes a Python object of a tag.

Anchors, aliases, duplicate keys, deep nesting and large files are refused, so a file cannot cost
more memory than its own size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# What YAML 1.1 does not let through unescaped; found here, so that the line is known.
_CONTROL = yaml.reader.Reader.NON_PRINTABLE


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
        """Note a problem of a field; one that is not there has the line of what it belongs to."""
        known = path
        while known and (file, known) not in self.lines:
            known = known[: max(known.rfind("."), known.rfind("["), 0)]
        line = self.lines.get((file, known), 1)
        self.problems.append(
            Problem(file=file, line=line, field=path, message=message, remedy=remedy)
        )


def read_mapping(path: Path, name: str, findings: Findings) -> yaml.MappingNode | None:
    """Read a file whose top is a mapping; None after noting why it cannot be read."""
    text = _read_text(path, name, findings)
    if text is None:
        return None
    odd = _CONTROL.search(text)
    if odd is not None:
        line = text.count("\n", 0, odd.start()) + 1
        _whole_file(findings, name, line, "holds a control character", "delete the character")
        return None
    try:
        if not _is_plain(text, name, findings):
            return None
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        reason = " ".join(str(error.problem or error.context).split())
        remedy = "mend the line, or put the text in quotes"
        _whole_file(findings, name, line, f"is not YAML: {reason}", remedy)
        return None
    if not isinstance(node, yaml.MappingNode):
        _whole_file(findings, name, 1, "has no fields", "write `field: value` lines")
        return None
    return node


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
