"""Keeps, while an issue is frozen, what readers who are alike get; it never decides what.

Of a million readers few differ in what decides about their mail. What was decided for one of them
is kept beside the columns that decided it, and one statement writes the rows of all the others: no
reader passes through Python, and each gets the outcome of what stands in his row at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlmodel import Field, Index

from briefings.model.delivery import SkipReason, State
from briefings.store import issues
from briefings.store.imports import SHOWN
from briefings.store.instants import Day, Instant, stored
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefings.store.database import Transaction, Value

Likeness = tuple["Value", ...]
"""What decides about a reader, as it is stored, in the order of `_DECIDES`."""

_DECIDES = {
    "specializations": "reader.specializations",
    "plan_started_on": "reader.plan_started_on",
    "timezone": "reader.timezone",
    "sections_off": "reader.sections_off",
    "focus": "reader.focus",
    "frequency": "reader.frequency",
    "plan_snoozes": "reader.plan_snoozes",
    "paused_until": "reader.paused_until",
    "gone": "(reader.left_at IS NOT NULL)",
    "suppressed": "reader.suppressed",
    "tier": "reader.tier",
    "language": "reader.language",
}
_NULLABLE = frozenset({"plan_started_on", "timezone", "paused_until"})
_COLUMNS = ", ".join(_DECIDES)
_VALUES = ", ".join(_DECIDES.values())
_IN_RANGE = (
    f"reader.id > ? AND reader.id <= ? AND reader.confirmed_at < ? AND reader.import_id {SHOWN}"
)
_RANGE = (
    "SELECT MAX(id), COUNT(*) FROM (SELECT id FROM reader "  # noqa: S608 - our own text
    f"WHERE id > ? AND confirmed_at < ? AND import_id {SHOWN} ORDER BY id LIMIT ?) AS next_readers"
)
_KEEP = (
    f"INSERT INTO freeze_outcome (issue_id, run, {_COLUMNS}, state, reason, due_at, briefing_id, "  # noqa: S608 - our own text
    f"once_a_week) VALUES ({', '.join('?' * (len(_DECIDES) + 7))})"
)
_ROWS = (
    "INSERT INTO delivery (issue_id, reader_id, state, reason, due_at, next_at, briefing_id, "
    "once_a_week, preferences_version, fence, attempts) "
)
_CLEAR = (
    "DELETE FROM freeze_outcome WHERE id IN (SELECT freeze_outcome.id FROM freeze_outcome "
    "JOIN issue ON issue.id = freeze_outcome.issue_id WHERE issue.state <> 'freezing' LIMIT ?)"
)


class FreezeOutcomeRow(Table, table=True):
    """What one run of a freeze decided for readers who are alike; gone when the issue is open."""

    __tablename__ = "freeze_outcome"
    __table_args__ = (Index("ix_freeze_outcome_run", "run", *_DECIDES),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    issue_id: int = Field(sa_type=BigId)
    run: int = Field(sa_type=BigId)
    specializations: str
    plan_started_on: date | None = Field(default=None, sa_type=Day)
    timezone: str | None = None
    sections_off: str
    focus: str
    frequency: str
    plan_snoozes: int
    paused_until: date | None = Field(default=None, sa_type=Day)
    gone: bool
    suppressed: bool
    tier: str
    language: str
    state: str
    reason: str | None = None
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    briefing_id: int | None = Field(default=None, sa_type=BigId)
    once_a_week: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is frozen for a reader, and may be shared by many: see `FreezeRow`."""

    state: State
    reason: str | None
    due_at: datetime | None
    briefing_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Readers by number, above `after` up to `upto`, who confirmed before an instant."""

    after: int
    upto: int
    confirmed_before: datetime
    readers: int
    """How many there were when the span was measured."""


def next_span(
    tx: Transaction, *, after: int, limit: int, confirmed_before: datetime
) -> Span | None:
    """Measure the next so many readers, left and paused ones too; None when there are none."""
    ((upto, number),) = tx.fetch(_RANGE, (after, stored(confirmed_before), limit))
    if not number:
        return None
    return Span(after=after, upto=int(upto), confirmed_before=confirmed_before, readers=int(number))


def unknown(tx: Transaction, run: int, span: Span) -> dict[Likeness, int]:
    """Give what decides about readers of a span for whom no outcome is kept, and one of each."""
    found = tx.fetch(
        f"SELECT MIN(reader.id), {_VALUES} FROM reader LEFT JOIN freeze_outcome "  # noqa: S608 - our own text
        f"ON freeze_outcome.run = ? AND {_alike(tx)} "
        f"WHERE {_IN_RANGE} AND freeze_outcome.id IS NULL GROUP BY {_VALUES}",
        (run, *_bounds(span)),
    )
    return {tuple(row[1:]): int(row[0]) for row in found}


def keep(tx: Transaction, issue_id: int, run: int, outcomes: Mapping[Likeness, Outcome]) -> None:
    """Keep what was decided; `unknown` gave the keys."""
    if not outcomes:  # nearly every span, with the write lock held
        return
    week = issues.week_of_mail(tx, issue_id)
    tx.many(
        _KEEP,
        [
            (
                issue_id,
                run,
                *likeness,
                made.state.value,
                made.reason,
                stored(made.due_at),
                made.briefing_id,
                None if made.state is State.SKIPPED else week,
            )
            for likeness, made in outcomes.items()
        ],
    )
    if not tx.is_sqlite:
        # PostgreSQL takes a table that it does not know for an empty one, and would look for the
        # readers of each outcome in turn: 80 us a row instead of 4.
        tx.run("ANALYZE freeze_outcome", ())


def freeze_span(tx: Transaction, issue_id: int, run: int, span: Span) -> int:
    """Write the rows of all readers of a span whose outcome is kept; give how many were new.

    A reader whose preferences changed since `unknown` into something no outcome is kept for has
    no row afterwards; the count of the audience finds that. Safe to repeat (R7).

    Raises:
        Conflict: a reader has an unskipped regular or late row of the week (R4).
    """
    return tx.run(
        f"{_ROWS}SELECT ?, reader.id, freeze_outcome.state, freeze_outcome.reason, "
        "freeze_outcome.due_at, freeze_outcome.due_at, freeze_outcome.briefing_id, "
        "freeze_outcome.once_a_week, reader.preferences_version, 0, 0 "
        f"{_from(tx)} ON CONFLICT (issue_id, reader_id) DO NOTHING",
        (issue_id, run, *_bounds(span)),
    )


def skip_who_had_the_week(tx: Transaction, issue_id: int, run: int, span: Span, week: str) -> int:
    """Write skipped rows for readers with an unskipped regular or late row of another issue (R4).

    Of readers of a span whose outcome is kept; call it before `freeze_span`.
    """
    return tx.run(
        f"{_ROWS}SELECT ?, reader.id, 'skipped', ?, freeze_outcome.due_at, freeze_outcome.due_at, "  # noqa: S608 - our own text
        f"NULL, NULL, reader.preferences_version, 0, 0 {_from(tx)} AND EXISTS "
        "(SELECT 1 FROM delivery AS other WHERE other.once_a_week = ? "
        "AND other.reader_id = reader.id AND other.issue_id <> ?) "
        "ON CONFLICT (issue_id, reader_id) DO NOTHING",
        (issue_id, SkipReason.HAD_THE_WEEK.value, run, *_bounds(span), week, issue_id),
    )


def clear(tx: Transaction, limit: int) -> int:
    """Delete up to so many outcomes of issues that are not being frozen; give how many."""
    return tx.run(_CLEAR, (limit,))


def _from(tx: Transaction) -> str:
    """CROSS JOIN has SQLite visit each reader once, and look its outcome up."""
    return (
        "FROM reader CROSS JOIN freeze_outcome "
        f"WHERE freeze_outcome.run = ? AND {_alike(tx)} AND {_IN_RANGE}"
    )


def _alike(tx: Transaction) -> str:
    equal_or_both_null = "IS" if tx.is_sqlite else "IS NOT DISTINCT FROM"
    return " AND ".join(
        f"freeze_outcome.{column} {equal_or_both_null if column in _NULLABLE else '='} {value}"
        for column, value in _DECIDES.items()
    )


def _bounds(span: Span) -> tuple[Value, Value, Value]:
    return span.after, span.upto, stored(span.confirmed_before)
