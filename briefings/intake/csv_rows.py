"""Rows of a CSV file, one at a time and never all at once; it checks shape, not meaning."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from briefings.errors import WrongFile
from briefings.intake.fields import shown

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

FIELD_LENGTH = 1 << 20
"""Characters in one field; past it a quote was opened and never closed. Longer than any limit of a
column, so that a long field is one bad row and not the end of the file."""
LINE_LENGTH = 4 << 20
_WIDE_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_OTHER_FILES = (
    (b"PK\x03\x04", "a spreadsheet or an archive"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet"),
    (b"\x1f\x8b", "compressed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row under its header; `number` counts as a spreadsheet does, `line` as an editor."""

    number: int
    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row or a value that cannot be taken; `column` is empty when the row has no shape."""

    number: int
    line: int
    column: str
    reason: str
    value: str = ""


class SourceFile:
    """An open import file that knows how far it has been read (bytes of its total)."""

    def __init__(self, path: Path, raw: io.BufferedReader, lines: io.TextIOWrapper) -> None:
        self.path = path
        self.lines = lines
        self._raw = raw
        self.total = path.stat().st_size if path.is_file() else None

    @property
    def done(self) -> int:
        """Bytes read so far, ahead of the rows by one buffer."""
        return self._raw.tell() if self._raw.seekable() else 0


@contextmanager
def open_source(path: Path, encoding: str = "utf-8") -> Generator[SourceFile]:
    """Open a text file for an import; a byte-order mark is taken off.

    Bytes that do not fit the encoding come through as lone surrogates, so that the row that holds
    them can be named. Raises WrongFile when the file or the encoding cannot be used.
    """
    try:
        raw = path.open("rb")
    except FileNotFoundError:
        raise WrongFile(f"There is no file {path}: check the name and the folder.") from None
    except IsADirectoryError:
        raise WrongFile(f"{path} is a folder: name the file in it.") from None
    except OSError as problem:
        raise WrongFile(f"{path} cannot be read: {problem.strerror}.") from None
    with raw:
        start = raw.peek(4)[:4]
        codec = _codec(path, encoding, start)
        try:
            lines = io.TextIOWrapper(raw, codec, errors="surrogateescape", newline="")
        except LookupError:
            raise WrongFile(
                f"There is no text encoding {shown(encoding)!r}: "
                "use one like utf-8, cp1252 or utf-16 with --encoding."
            ) from None
        yield SourceFile(path, raw, lines)


def _codec(path: Path, encoding: str, start: bytes) -> str:
    for mark, what in _OTHER_FILES:
        if start.startswith(mark):
            raise WrongFile(f"{path} is {what}, not text: save or unpack it as a CSV file.")
    name = encoding.strip().lower().replace("_", "-")
    if name in {"utf-8", "utf8", "utf-8-sig"}:
        wide = next((codec for mark, codec in _WIDE_MARKS if start.startswith(mark)), None)
        if wide is not None:
            raise WrongFile(
                f"{path}, line 1, byte 1: the file is {wide.upper()}, not UTF-8: "
                f"name it with --encoding {wide}."
            )
        if b"\0" in start:
            raise WrongFile(
                f"{path}, line 1, byte {start.index(0) + 1}: byte 0x00 does not occur in text: if "
                "the file is UTF-16, name it with --encoding utf-16-le or utf-16-be."
            )
        return "utf-8-sig"
    return name


def rows(source: SourceFile, columns: Sequence[str]) -> Iterator[Row | BadRow]:
    """Yield the rows of a CSV file (RFC 4180) whose header names exactly these columns.

    Case, spaces around and hyphens in the header do not matter, nor does the order. Empty rows are
    passed over. A row that is no row comes as a BadRow; the first is always the header, read and
    checked before anything is yielded. Raises WrongFile for a header that does not fit.
    """
    csv.field_size_limit(FIELD_LENGTH)  # one setting of the process; nothing else reads CSV
    reader = csv.reader(_lines(source), strict=True)
    header = _header(source.path, reader, columns)
    return _rows_under(reader, header)


def _lines(source: SourceFile) -> Iterator[str]:
    """Yield physical lines; a line of megabytes ends the file instead of filling the memory."""
    try:
        while line := source.lines.readline(LINE_LENGTH):
            yield line
            if len(line) >= LINE_LENGTH:
                raise csv.Error(f"a line is longer than {LINE_LENGTH:,} characters")
    except UnicodeError as problem:  # surrogateescape cannot carry a broken UTF-16 unit
        raise WrongFile(
            f"{source.path} is not {source.lines.encoding}, near byte {source.done:,}: {problem}. "
            "Name its encoding with --encoding."
        ) from None


def _header(path: Path, reader: _Reader, columns: Sequence[str]) -> list[str]:
    try:
        found = next(reader, None)
        while found is not None and not any(cell.strip() for cell in found):
            found = next(reader, None)
    except csv.Error as problem:
        raise WrongFile(f"{path}: the first row is not CSV ({problem}).") from None
    if found is None:
        raise WrongFile(f"{path} is empty: its first row must be {','.join(columns)}.")
    names = [_plain_header(cell) for cell in found]
    if len(found) == 1 and len(columns) > 1 and re.search("[;\t|]", found[0]):
        raise WrongFile(
            f"{path}: the columns are not separated by commas: save the file as CSV with commas."
        )
    missing = [column for column in columns if column not in names]
    unknown = [name for name in names if name not in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    complaints = [f"the column {name!r} is there twice" for name in twice]
    complaints += [_lacking(column, unknown) for column in missing]
    complaints += [f"{shown(name)!r} is not a column of this file" for name in unknown]
    if complaints:
        raise WrongFile(
            f"{path}, first row: {'; '.join(complaints[:8])}. The columns are {','.join(columns)}."
        )
    return names


def _plain_header(cell: str) -> str:
    return re.sub(r"[\s-]+", "_", cell.strip().casefold())


def _lacking(column: str, unknown: Sequence[str]) -> str:
    near = difflib.get_close_matches(column, unknown, n=1, cutoff=0.6)
    rename = f" (is {shown(near[0])!r} meant?)" if near else ""
    return f"the column {column!r} is missing{rename}"


class _Reader(Protocol):
    """A csv reader, whose own type has no public name."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


def _rows_under(reader: _Reader, header: list[str]) -> Iterator[Row | BadRow]:
    number = 1
    line = reader.line_num + 1
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            yield BadRow(number=number, line=line, column="", reason=_broken(problem))
            if "field larger" in str(problem) or "a line is longer" in str(problem):
                return  # where the next row starts cannot be told any more
            line = reader.line_num + 1
            continue
        if len(cells) != len(header):
            if any(cell.strip() for cell in cells):
                yield BadRow(
                    number=number,
                    line=line,
                    column="",
                    reason=f"has {len(cells)} columns, the first row has {len(header)}",
                    value=",".join(cells[:20]),
                )
        elif any(cells) and any(cell.strip() for cell in cells):
            yield Row(number=number, line=line, cells=dict(zip(header, cells, strict=True)))
        line = reader.line_num + 1


def _broken(problem: csv.Error) -> str:
    if "field larger" in str(problem):
        return (
            f"a field is longer than {FIELD_LENGTH:,} characters: a quote opened here is probably "
            "never closed; the rows after it were not checked"
        )
    if "unexpected end of data" in str(problem):
        return "a quote opened here is never closed"
    return f"is not CSV: {problem}"


def text_lines(source: SourceFile) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text file with their numbers from 1; empty ones are passed over.

    Raises WrongFile for a line of megabytes: the file holds something else.
    """
    try:
        for number, line in enumerate(_lines(source), start=1):
            if line.strip():
                yield number, line
    except csv.Error as problem:
        raise WrongFile(f"{source.path}: {problem}; one object per line is wanted.") from None
