"""Keeps sign-ups that wait for their confirmation, one per mailbox; it never makes a reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field, Index

from briefings.model.assessment import Carried
from briefings.store.codec import dumps, loads
from briefings.store.instants import Instant, instant, stored
from briefings.store.mailbox import mailbox_key
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from briefings.store.database import Row, Transaction

_COLUMNS = (
    "id, email, specializations, timezone, source, consent_text, asked_at, asked_from, expires_at, "
    "assessed"
)


class SignUpRow(Table, table=True):
    """One mailbox that was typed into the form and has not confirmed."""

    __tablename__ = "sign_up"
    __table_args__ = (
        Index("uq_sign_up_email_key", "email_key", unique=True),
        Index("ix_sign_up_expires_at", "expires_at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    email: str
    email_key: str
    specializations: str
    timezone: str | None = None
    source: str
    consent_text: str
    asked_at: datetime = Field(sa_type=Instant)
    asked_from: str
    expires_at: datetime = Field(sa_type=Instant)
    assessed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSignUp:
    """What a visitor asked for. `asked_from` is an IP address, `consent_text` a text's version.

    `carried` comes along from the result of an assessment.
    """

    email: str
    specializations: tuple[str, ...]
    timezone: str | None
    source: str
    consent_text: str
    asked_at: datetime
    asked_from: str
    expires_at: datetime
    carried: Carried | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp(NewSignUp):
    """A stored sign-up."""

    id: int


def put(tx: Transaction, asked: NewSignUp) -> int:
    """Store a sign-up in place of an earlier one of the same mailbox, whose number it keeps."""
    rows = tx.rows(
        "INSERT INTO sign_up (email, email_key, specializations, timezone, source, consent_text, "
        "asked_at, asked_from, expires_at, assessed) VALUES (:email, :key, :specializations, "
        ":timezone, :source, :consent_text, :asked_at, :asked_from, :expires_at, :assessed) "
        "ON CONFLICT (email_key) DO UPDATE SET email = excluded.email, "
        "specializations = excluded.specializations, timezone = excluded.timezone, "
        "source = excluded.source, consent_text = excluded.consent_text, "
        "asked_at = excluded.asked_at, asked_from = excluded.asked_from, "
        "expires_at = excluded.expires_at, assessed = excluded.assessed RETURNING id",
        email=asked.email,
        key=mailbox_key(asked.email),
        specializations=";".join(asked.specializations),
        timezone=asked.timezone,
        source=asked.source,
        consent_text=asked.consent_text,
        asked_at=stored(asked.asked_at),
        asked_from=asked.asked_from,
        expires_at=stored(asked.expires_at),
        assessed=dumps(asked.carried) if asked.carried is not None else "",
    )
    return int(rows[0][0])


def get(tx: Transaction, sign_up_id: int) -> SignUp | None:
    """Give a sign-up by number; None when it was confirmed, or expired and was cleared away."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM sign_up WHERE id = :id{tx.for_update}",  # noqa: S608 - our own text
        id=sign_up_id,
    )
    return None if row is None else _sign_up(row)


def by_email(tx: Transaction, email: str) -> SignUp | None:
    """Give the sign-up of a mailbox, however it is spelled, or None."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM sign_up WHERE email_key = :key",  # noqa: S608 - our own text
        key=mailbox_key(email),
    )
    return None if row is None else _sign_up(row)


def drop(tx: Transaction, email: str) -> bool:
    """Delete the sign-up of a mailbox: it was confirmed, or its reader was erased."""
    return tx.execute("DELETE FROM sign_up WHERE email_key = :key", key=mailbox_key(email)) > 0


def expire(tx: Transaction, now: datetime) -> int:
    """Delete the sign-ups that nobody confirmed in time; give how many."""
    return tx.execute("DELETE FROM sign_up WHERE expires_at <= :now", now=stored(now))


def _sign_up(row: Row) -> SignUp:
    return SignUp(
        id=row[0],
        email=row[1],
        specializations=tuple(row[2].split(";")) if row[2] else (),
        timezone=row[3],
        source=row[4],
        consent_text=row[5],
        asked_at=instant(row[6]),
        asked_from=row[7],
        expires_at=instant(row[8]),
        carried=loads(Carried, row[9]) if row[9] else None,
    )
