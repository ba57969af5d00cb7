"""Counts readers by their time zone and finds those who are due a welcome; mails nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefings.model.frequency import Frequency
from briefings.store import readers
from briefings.store.imports import SHOWN
from briefings.store.instants import stored

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.store.database import Transaction


def count_by_zone(tx: Transaction) -> dict[tuple[str | None, Frequency], int]:
    """Count the readers who are confirmed and have not left, by time zone (or None) and rhythm."""
    rows = tx.rows(
        "SELECT timezone, frequency, COUNT(*) FROM reader WHERE confirmed_at IS NOT NULL "  # noqa: S608 - our own text
        f"AND left_at IS NULL AND import_id {SHOWN} GROUP BY timezone, frequency"
    )
    return {(row[0], Frequency(row[1])): int(row[2]) for row in rows}


def groups(tx: Transaction) -> dict[tuple[str, ...], int]:
    """Count, by ordered list of specializations, the readers who differ in what makes a list.

    Readers who are confirmed and have not left; time zone and address make no list another one.
    `id > 0` has SQLite read them as they lie: by an index that is in order it takes three times
    as long.
    """
    rows = tx.fetch(
        "SELECT specializations, COUNT(*) FROM (SELECT DISTINCT specializations, frequency, "  # noqa: S608 - our own text
        "sections_off, language, focus, plan_started_on, plan_snoozes, tier FROM reader "
        f"WHERE id > 0 AND confirmed_at IS NOT NULL AND left_at IS NULL AND import_id {SHOWN}) "
        "AS made GROUP BY specializations",
        (),
    )
    return {tuple(listed.split(";")): int(number) for listed, number in rows}


def to_welcome(
    tx: Transaction, since: datetime, until: datetime, welcome_issue: int, limit: int
) -> list[int]:
    """Give readers by number who signed up by themselves in a span and got no welcome of an issue.

    Who was imported with a consent source gets none (R11). The literal `import_id = 0` is what
    makes SQLite use the partial index, which is asked at every tick.
    """
    rows = tx.fetch(
        "SELECT reader.id FROM reader WHERE reader.import_id = 0 AND reader.confirmed_at >= ? "
        "AND reader.confirmed_at <= ? AND reader.left_at IS NULL AND NOT reader.suppressed "
        "AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.issue_id = ? "
        "AND delivery.reader_id = reader.id) ORDER BY reader.id LIMIT ?",
        (stored(since), stored(until), welcome_issue, limit),
    )
    return [int(row[0]) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """An audience as one view of the database had it, and what tells whether it grew since."""

    audience: int
    last_reader: int
    last_change: int
    imports: tuple[int, int, int]


def counted(tx: Transaction, before: datetime) -> Counted:
    """Count who confirmed before an instant; a million take some 100 ms, so use a reading unit."""
    newest = tx.one("SELECT COALESCE(MAX(id), 0) FROM reader")
    return Counted(
        audience=readers.confirmed_count(tx, before),
        last_reader=int(newest[0]) if newest else 0,
        last_change=readers.last_change(tx),
        imports=_imports(tx),
    )


def grew(tx: Transaction, since: Counted, before: datetime) -> bool:
    """Whether anybody may have come into an audience since it was counted; reads few rows.

    There are three ways into it: a new reader, a known one who confirms (which is written to
    `changes` with the same instant), and an import that is shown. There is none out of it.
    PostgreSQL may show a lower number later, and counting keeps no writer waiting there: it counts.
    """
    if not tx.is_sqlite:
        return readers.confirmed_count(tx, before) != since.audience
    if _imports(tx) != since.imports:
        return True
    found = tx.fetch(
        f"SELECT 1 FROM reader WHERE id > ? AND confirmed_at < ? AND import_id {SHOWN} "  # noqa: S608 - our own text
        "UNION ALL SELECT 1 FROM changes JOIN reader ON reader.id = changes.reader_id "
        "WHERE changes.seq > ? AND reader.confirmed_at = changes.at AND reader.confirmed_at < ? "
        "LIMIT 1",
        (since.last_reader, stored(before), since.last_change, stored(before)),
    )
    return bool(found)


def _imports(tx: Transaction) -> tuple[int, int, int]:
    row = tx.one("SELECT COALESCE(MAX(id), 0), COUNT(*), COUNT(shown_at) FROM import_batch")
    return (int(row[0]), int(row[1]), int(row[2])) if row else (0, 0, 0)
