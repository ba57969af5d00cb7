"""Delete the rows about one reader and keep the keyed hash of the mailbox; it writes no log."""

from __future__ import annotations

from datetime import datetime

from briefings.model.reader import Reader
from briefings.pipeline.mailboxes import ERASED
from briefings.store import (
    consents,
    deliveries,
    grants,
    kept_assessments,
    letters,
    moves,
    own_addresses,
    plan_marks,
    readers,
    seeds,
    signups,
)
from briefings.store.database import Transaction


def forget(tx: Transaction, mailbox: str, reader: Reader, now: datetime) -> None:
    """Empty a reader's row, which keeps its number (R13); `mailbox` is the hash of the address."""
    readers.suppress(tx, mailbox, ERASED, now)
    consents.erase(tx, reader.id)
    grants.forget(tx, reader.id)
    moves.drop(tx, reader.id)
    plan_marks.erase(tx, reader.id)
    own_addresses.erase(tx, reader.id)
    seeds.unmark(tx, reader.id)
    kept_assessments.erase(tx, reader.id)
    signups.drop(tx, reader.email)
    letters.forget_mailbox(tx, reader.email)
    deliveries.forget_replies(tx, reader.id)
    readers.erase(tx, reader.id, now)
