"""Reads the columns of one row and gathers everything that is wrong with it; it decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from briefings.intake import fields
from briefings.intake.csv_rows import BadRow, Row
from briefings.intake.fields import BadField

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

_T = TypeVar("_T")
_E = TypeVar("_E", bound="StrEnum")


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that is right and not for us: it is about a role that the catalogue does not carry."""

    role: str


class BadRowError(ValueError):
    """What is wrong with a row, column by column; it never leaves the intake."""

    def __init__(self, bad: list[BadRow]) -> None:
        super().__init__(f"{len(bad)} bad values")
        self.bad = bad


class Reading:
    """Gives values column by column; a bad one is noted and a filler stands in until `finish`."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.bad: list[BadRow] = []

    def refuse(self, column: str, reason: str, value: str = "") -> None:
        """Note that a value cannot be taken."""
        self.bad.append(
            BadRow(
                number=self.row.number,
                line=self.row.line,
                column=column,
                reason=reason,
                value=value,
            )
        )

    def take(self, column: str, parse: Callable[[str, str], _T], filler: _T) -> _T:
        """Parse one column by any parser of fields."""
        try:
            return parse(column, self.row.cells[column])
        except BadField as problem:
            self.refuse(problem.column, problem.reason, problem.value)
            return filler

    def text(self, column: str, longest: int, *, required: bool = True) -> str:
        """Read text on one line."""

        def parse(name: str, value: str) -> str:
            return fields.text(name, value, longest=longest, required=required)

        return self.take(column, parse, "")

    def day(self, column: str) -> date:
        """Read a date."""
        return self.take(column, fields.day, date.min)

    def url(self, column: str) -> str:
        """Read a web address."""
        return self.take(column, fields.url, "")

    def year(self, column: str) -> int:
        """Read a year."""
        return self.take(column, fields.year, 0)

    def whole(self, column: str, *, least: int) -> int:
        """Read a whole number."""

        def parse(name: str, value: str) -> int:
            return fields.whole(name, value, least=least)

        return self.take(column, parse, least)

    def yes_or_no(self, column: str) -> bool:
        """Read yes or no."""
        return self.take(column, fields.yes_or_no, filler=False)

    def choice(self, column: str, kinds: type[_E]) -> _E:
        """Read one word of a closed list."""

        def parse(name: str, value: str) -> _E:
            return fields.choice(name, value, kinds)

        return self.take(column, parse, next(iter(kinds)))

    def words(self, column: str) -> tuple[str, ...]:
        """Read a list separated by `;`."""
        return self.take(column, fields.words, ())

    def finish(self) -> None:
        """Raise BadRowError when anything was refused."""
        if self.bad:
            raise BadRowError(self.bad)
