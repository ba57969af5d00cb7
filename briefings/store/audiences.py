"""Counts readers by their time zone and finds those who are due a welcome; mails nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefings.model.frequency import Frequency
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
