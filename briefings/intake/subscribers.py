"""Rows of a subscriber file as new readers; whether a mailbox is known already, the store says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from briefings.errors import Misconfigured
from briefings.intake import fields
from briefings.intake.fields import NAME_LENGTH, BadField, close
from briefings.intake.reading import Reading
from briefings.model.address import Address, parse_address
from briefings.model.reader import NewReader
from briefings.weeks import zone

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from briefings.intake.csv_rows import Row
    from briefings.model.catalogue import Catalogue

COLUMNS = ("email", "name", "specializations", "timezone", "plan_started_on")
ADDRESS_LENGTH = 500
ZONE_LENGTH = 64
REMEMBERED_LENGTH = 1_000

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class KeyedReader:
    """A new reader and the key of the mailbox."""

    reader: NewReader
    key: str


class SubscriberRows:
    """Reads subscriber rows; keeps what it found out about zones and lists of specializations."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        # A million rows hold some dozen zones and some hundred lists; to look for the closest
        # name of a wrong one takes milliseconds.
        self._listed = _once(self._specializations)
        self._zone = _once(_zone)

    def read(self, row: Row) -> KeyedReader:
        """Read one row; BadRowError says what is wrong with each of its columns."""
        reading = Reading(row)
        address = reading.take("email", _address, Address("", ""))
        name = reading.text("name", NAME_LENGTH, required=False)
        listed = reading.take("specializations", self._listed, ())
        timezone = reading.take("timezone", self._zone, None)
        started = reading.take("plan_started_on", _optional_day, None)
        reading.finish()
        reader = NewReader(
            email=address.text,
            name=name,
            specializations=listed,
            timezone=timezone,
            plan_started_on=started,
            line=row.number,
        )
        return KeyedReader(reader, address.key)

    def _specializations(self, column: str, value: str) -> tuple[str, ...]:
        listed = fields.words(column, value)
        if not listed:
            raise BadField(column, "is empty: a reader has at least one specialization")
        for slug in listed:
            if not self._catalogue.has_specialization(slug):
                known = [each.slug for each in self._catalogue.specializations]
                reason = f"has no specialization of the catalogue in it{close(slug, known)}"
                if len(listed) > 1:
                    reason = f"names one that the catalogue does not have{close(slug, known)}"
                raise BadField(column, reason, slug)
        return listed


def _once(parse: Callable[[str, str], _T]) -> Callable[[str, str], _T]:
    """Remember what a parser said about some thousand values, refusals too."""

    @lru_cache(maxsize=4096)
    def asked(column: str, value: str) -> tuple[_T] | BadField:
        try:
            return (parse(column, value),)
        except BadField as problem:
            return problem

    def answer(column: str, value: str) -> _T:
        if len(value) > REMEMBERED_LENGTH:
            return parse(column, value)
        found = asked(column, value)
        if isinstance(found, BadField):
            raise BadField(found.column, found.reason, found.value)
        return found[0]

    return answer


def _address(column: str, value: str) -> Address:
    line = fields.text(column, value, longest=ADDRESS_LENGTH)
    if "\n" in value.strip() or "\r" in value.strip():
        raise BadField(column, "the address holds a line end", value)
    try:
        return parse_address(line)
    except ValueError as problem:
        raise BadField(column, str(problem), value) from None


def _zone(column: str, value: str) -> str | None:
    name = fields.text(column, value, longest=ZONE_LENGTH, required=False)
    if not name:
        return None
    try:
        zone(name)
    except Misconfigured as problem:
        raise BadField(column, str(problem), value) from None
    return name


def _optional_day(column: str, value: str) -> date | None:
    return fields.day(column, value) if value.strip() else None
