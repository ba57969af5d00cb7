"""Keeps the proof of readers' consent: who said yes to which words, when and from where.

Rows are only added, until a reader is erased; it never decides whether a consent is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field, Index

from briefings.store.instants import Instant, instant, stored
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from briefings.store.database import Transaction


class ConsentRow(Table, table=True):
    """One confirmed consent."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_reader_id", "reader_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    reader_id: int = Field(sa_type=BigId)
    text_version: str
    source: str
    specializations: str
    asked_at: datetime = Field(sa_type=Instant)
    asked_from: str
    confirmed_at: datetime = Field(sa_type=Instant)
    confirmed_from: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A proof: both steps with their instants and IP addresses, and the text that was agreed to."""

    text_version: str
    source: str
    specializations: tuple[str, ...]
    asked_at: datetime
    asked_from: str
    confirmed_at: datetime
    confirmed_from: str


def add(tx: Transaction, reader_id: int, consent: Consent) -> None:
    """Write a proof down."""
    tx.execute(
        "INSERT INTO consent (reader_id, text_version, source, specializations, asked_at, "
        "asked_from, confirmed_at, confirmed_from) VALUES (:reader_id, :text_version, :source, "
        ":specializations, :asked_at, :asked_from, :confirmed_at, :confirmed_from)",
        reader_id=reader_id,
        text_version=consent.text_version,
        source=consent.source,
        specializations=";".join(consent.specializations),
        asked_at=stored(consent.asked_at),
        asked_from=consent.asked_from,
        confirmed_at=stored(consent.confirmed_at),
        confirmed_from=consent.confirmed_from,
    )


def of_reader(tx: Transaction, reader_id: int) -> list[Consent]:
    """Give the proofs of a reader, oldest first."""
    rows = tx.rows(
        "SELECT text_version, source, specializations, asked_at, asked_from, confirmed_at, "
        "confirmed_from FROM consent WHERE reader_id = :reader_id ORDER BY id",
        reader_id=reader_id,
    )
    return [
        Consent(
            text_version=row[0],
            source=row[1],
            specializations=tuple(row[2].split(";")) if row[2] else (),
            asked_at=instant(row[3]),
            asked_from=row[4],
            confirmed_at=instant(row[5]),
            confirmed_from=row[6],
        )
        for row in rows
    ]


def erase(tx: Transaction, reader_id: int) -> None:
    """Delete the proofs of a reader who is being erased."""
    tx.execute("DELETE FROM consent WHERE reader_id = :reader_id", reader_id=reader_id)
