"""Keeps the audit log of the desk: who changed what, from what, to what; it alters nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field, Index

from briefings.model.user import Change, Entry
from briefings.store.instants import Instant, instant, stored
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from briefings.store.database import Transaction


class AuditRow(Table, table=True):
    """One change."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_subject", "subject"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    at: datetime = Field(sa_type=Instant)
    by: str
    route: str
    act: str
    subject: str
    before: str
    after: str


def add(tx: Transaction, change: Change, now: datetime) -> None:
    """Write one entry, in the unit of the change itself."""
    tx.execute(
        'INSERT INTO audit (at, "by", route, act, subject, before, after) '
        "VALUES (:now, :by, :route, :act, :subject, :before, :after)",
        now=stored(now),
        by=change.by,
        route=change.route,
        act=change.act,
        subject=change.subject,
        before=change.before,
        after=change.after,
    )


def newest(
    tx: Transaction, *, limit: int, before: int | None = None, subject: str = ""
) -> list[Entry]:
    """Give the newest entries, those below a number, about one subject or about all."""
    rows = tx.rows(
        'SELECT id, at, "by", route, act, subject, before, after FROM audit '
        "WHERE id < :before AND (:subject = '' OR subject = :subject) "
        "ORDER BY id DESC LIMIT :limit",
        before=before if before is not None else 2**62,
        subject=subject,
        limit=limit,
    )
    return [
        Entry(
            id=row[0],
            at=instant(row[1]),
            change=Change(
                by=row[2], route=row[3], act=row[4], subject=row[5], before=row[6], after=row[7]
            ),
        )
        for row in rows
    ]
