"""The file beside an import that lists every bad row; it is written only when there is one."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from briefings.intake.fields import shown

if TYPE_CHECKING:
    from io import TextIOWrapper

    from briefings.intake.csv_rows import BadRow

COLUMNS = ("row", "line", "column", "reason", "value")
FIRST = 3


class ErrorsFile:
    """Takes bad rows one by one; the file `NAME.errors.csv` appears with the first.

    An older one of ours is taken away at the start, so that it never speaks about another import.
    Where the folder cannot be written, `path` stays None and `first` still holds the first rows.
    """

    def __init__(self, source: Path) -> None:
        self._wanted = source.with_name(source.name + ".errors.csv")
        self._file: TextIOWrapper | None = None
        self.path: Path | None = None
        self.count = 0
        self.first: list[BadRow] = []

    def __enter__(self) -> Self:
        """Take an older errors file of ours away."""
        with suppress(OSError):
            if self._wanted.is_file():
                with self._wanted.open("rb") as old:
                    ours = old.readline(200).strip() == ",".join(COLUMNS).encode()
                if ours:
                    self._wanted.unlink()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def add(self, bad: Sequence[BadRow]) -> None:
        """Count one bad row and write each of its complaints."""
        if not bad:
            return
        self.count += 1
        if len(self.first) < FIRST:
            self.first.append(bad[0])
        if self._file is None and self.count == 1:
            with suppress(OSError):
                self._file = self._wanted.open("w", encoding="utf-8", newline="")
                self.path = self._wanted
                csv.writer(self._file, lineterminator="\n").writerow(COLUMNS)
        if self._file is not None:
            writer = csv.writer(self._file, lineterminator="\n")
            writer.writerows(
                (
                    each.number,
                    each.line,
                    _for_a_sheet(each.column),  # JSON names its fields as it likes
                    each.reason,
                    _for_a_sheet(each.value),
                )
                for each in bad
            )


def _for_a_sheet(value: str) -> str:
    """Shorten a value, and keep a spreadsheet from running it as a formula."""
    short = shown(value)
    return f"'{short}" if short[:1] in {"=", "+", "-", "@"} else short
