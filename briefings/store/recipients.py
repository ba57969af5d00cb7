"""Tells who got an item, in which issue, and how their mail stands; it corrects nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefings.model.delivery import State
from briefings.store.tables import parts, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefings.store.database import Transaction

_OF_ITEM = (
    "FROM received JOIN delivery ON delivery.id = received.delivery_id "
    "JOIN issue ON issue.id = delivery.issue_id WHERE received.item_id = :item "
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One reader whose mail carries, or will carry, an item; `email` is empty when erased."""

    reader_id: int
    email: str
    issue: str
    state: State


def by_issue(tx: Transaction, item_id: int) -> dict[str, dict[State, int]]:
    """Count the mails that carry an item, by the issue's name and by state, oldest issue first."""
    rows = tx.rows(
        f"SELECT issue.id, issue.name, delivery.state, COUNT(*) {_OF_ITEM}"
        "GROUP BY issue.id, issue.name, delivery.state ORDER BY issue.id",
        item=item_id,
    )
    found: dict[str, dict[State, int]] = {}
    for _, name, state, number in rows:
        found.setdefault(str(name), {})[State(state)] = int(number)
    return found


def count(tx: Transaction, item_ids: Sequence[int]) -> dict[int, int]:
    """Count the readers of each item; items that nobody got are left out."""
    found: dict[int, int] = {}
    for part in parts(item_ids):
        rows = tx.fetch(
            "SELECT item_id, COUNT(*) FROM received "  # noqa: S608 - only places
            f"WHERE item_id IN ({places(part)}) GROUP BY item_id",
            part,
        )
        found.update((int(row[0]), int(row[1])) for row in rows)
    return found


def page(tx: Transaction, item_id: int, *, after: int, limit: int) -> list[Recipient]:
    """Give the next readers by number whose mail carries an item; `after` is the last one's."""
    rows = tx.rows(
        "SELECT received.reader_id, COALESCE(reader.email, ''), issue.name, delivery.state "
        "FROM received JOIN delivery ON delivery.id = received.delivery_id "
        "JOIN issue ON issue.id = delivery.issue_id "
        "LEFT JOIN reader ON reader.id = received.reader_id "
        "WHERE received.item_id = :item AND received.reader_id > :after "
        "ORDER BY received.reader_id LIMIT :limit",
        item=item_id,
        after=after,
        limit=limit,
    )
    return [
        Recipient(reader_id=row[0], email=row[1], issue=row[2], state=State(row[3])) for row in rows
    ]
