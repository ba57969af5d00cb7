"""Counts what readers answer about items and mails, and departures; never who answered what.

A code made from the mail and the question says that it was answered, so that nobody is counted
twice. The answer does not stand beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.model.feedback import WHOLE_MAIL, Answer
from briefings.store.tables import BigId, Table, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefings.store.database import Transaction


class AnswerTotal(Table, table=True):
    """How often an answer was given about an item of an issue; item 0 is the mail as a whole."""

    __tablename__ = "answer_total"

    issue_id: int = Field(
        primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False}
    )
    item_id: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    answer: str = Field(primary_key=True)
    number: int


class Answered(Table, table=True):
    """A mail's question was answered; the code can be made from a link, and not turned back."""

    __tablename__ = "answered"
    __table_args__ = ({"sqlite_with_rowid": False},)

    code: str = Field(primary_key=True)


def count(tx: Transaction, code: str, issue_id: int, item_id: int, answer: Answer) -> bool:
    """Count an answer; False when this code was counted before, whatever it answered."""
    fresh = tx.execute(
        "INSERT INTO answered (code) VALUES (:code) ON CONFLICT DO NOTHING", code=code
    )
    if fresh:
        _add(tx, issue_id, item_id, answer, 1)
    return fresh == 1


def any_known(tx: Transaction, codes: Sequence[str]) -> bool:
    """Say whether one of these codes was counted: those that older secret keys make."""
    return bool(
        codes
        and tx.fetch(
            f"SELECT 1 FROM answered WHERE code IN ({places(codes)}) LIMIT 1",  # noqa: S608 - only places
            codes,
        )
    )


def count_departure(tx: Transaction, issue_id: int, by: int) -> None:
    """Count a reader who left, or came back (-1), by a link of this issue's mails."""
    _add(tx, issue_id, WHOLE_MAIL, Answer.LEFT, by)


def of_issue(tx: Transaction, issue_id: int) -> dict[tuple[int, Answer], int]:
    """Give the totals of an issue by item, 0 for the mail as a whole, and answer."""
    rows = tx.rows(
        "SELECT item_id, answer, number FROM answer_total WHERE issue_id = :id AND number > 0 "
        "ORDER BY item_id, answer",
        id=issue_id,
    )
    return {(int(row[0]), Answer(row[1])): int(row[2]) for row in rows}


def of_items(tx: Transaction) -> dict[tuple[int, Answer], int]:
    """Give the totals of every item over all issues."""
    rows = tx.rows(
        "SELECT item_id, answer, SUM(number) FROM answer_total WHERE item_id > 0 "
        "GROUP BY item_id, answer ORDER BY item_id, answer"
    )
    return {(int(row[0]), Answer(row[1])): int(row[2]) for row in rows}


def _add(tx: Transaction, issue_id: int, item_id: int, answer: Answer, by: int) -> None:
    tx.execute(
        "INSERT INTO answer_total (issue_id, item_id, answer, number) "
        "VALUES (:issue_id, :item_id, :answer, :by) ON CONFLICT (issue_id, item_id, answer) "
        "DO UPDATE SET number = answer_total.number + excluded.number",
        issue_id=issue_id,
        item_id=item_id,
        answer=answer.value,
        by=by,
    )
