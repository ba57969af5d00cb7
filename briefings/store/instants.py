"""How times and days stand in the database; the one place that converts them, it never asks now.

An instant is a whole number of microseconds since 1970-01-01 UTC, a day is its ISO 8601 text:
both compare the same way on SQLite and on PostgreSQL (docs/decisions/0002-times-in-the-store.md).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, overload

from sqlalchemy import BigInteger, String
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
FOREVER = 2**62
"""Microseconds later than every instant that Python can write."""


@overload
def stored(moment: datetime) -> int: ...
@overload
def stored(moment: None) -> None: ...
@overload
def stored(moment: datetime | None) -> int | None: ...
def stored(moment: datetime | None) -> int | None:
    """Give an aware instant as microseconds since the epoch; TypeError for one without a zone."""
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=4_096)  # rows read together share most of their instants and days
def instant(micros: int) -> datetime:
    """Give microseconds since the epoch as an aware UTC instant."""
    return _EPOCH + timedelta(microseconds=micros)


def instant_or_none(micros: int | None) -> datetime | None:
    """Give microseconds since the epoch as an aware UTC instant, and None for an empty column."""
    return None if micros is None else instant(micros)


def stored_day(day: date | None) -> str | None:
    """Give a day as ISO text."""
    return None if day is None else day.isoformat()


@lru_cache(maxsize=4_096)
def day(text: str | None) -> date | None:
    """Give ISO text as a day."""
    return None if text is None else date.fromisoformat(text)


class Instant(TypeDecorator[datetime]):
    """Column type of an instant: BIGINT in the database, aware UTC datetime in Python."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Convert on the way in."""
        del dialect
        return stored(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Convert on the way out."""
        del dialect
        return instant_or_none(value)


class Day(TypeDecorator[date]):
    """Column type of a day: VARCHAR(10) in the database, date in Python."""

    impl = String(10)
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        """Convert on the way in."""
        del dialect
        return stored_day(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        """Convert on the way out."""
        del dialect
        return day(value)
