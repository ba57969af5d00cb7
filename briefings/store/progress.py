"""Counts how far an issue has come, by wave and by minute; it changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from briefings.model.delivery import State
from briefings.store.instants import instant, instant_or_none, stored

if TYPE_CHECKING:
    from briefings.store.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveStates:
    """The deliveries of an issue that are due at one instant, counted by state."""

    due_at: datetime
    states: dict[State, int]

    @property
    def mails(self) -> int:
        """All of them."""
        return sum(self.states.values())


def waves(tx: Transaction, issue_id: int) -> list[WaveStates]:
    """Count an issue's rows by when they are due and by state; rows that never get a mail are out.

    One pass over the rows of the issue.
    """
    rows = tx.rows(
        "SELECT due_at, state, COUNT(*) FROM delivery "
        "WHERE issue_id = :id AND due_at IS NOT NULL GROUP BY due_at, state ORDER BY due_at",
        id=issue_id,
    )
    found: dict[int, dict[State, int]] = {}
    for due_at, state, number in rows:
        found.setdefault(int(due_at), {})[State(state)] = int(number)
    return [WaveStates(due_at=instant(due_at), states=states) for due_at, states in found.items()]


def settled_since(tx: Transaction, issue_id: int, since: datetime) -> tuple[int, datetime | None]:
    """Count the rows of an issue whose last attempt ended after an instant, however it ended.

    Gives also when the first of these attempts ended, None without any.
    """
    row = tx.one(
        "SELECT COUNT(*), MIN(settled_at) FROM delivery "
        "WHERE issue_id = :id AND settled_at > :since",
        id=issue_id,
        since=stored(since),
    )
    return (int(row[0]), instant_or_none(row[1])) if row else (0, None)
