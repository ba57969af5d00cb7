"""Keeps the people of the desk and the browsers they are signed in with; it knows no permission."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field, Index

from briefings.model.user import DeskRole, Session, User
from briefings.store.instants import Instant, instant, stored
from briefings.store.mailbox import mailbox_key
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefings.store.database import Row, Transaction

_USER = "u.id, u.email, u.name, u.roles, u.may_approve_own, u.added_at"
_SESSION = f"s.id, s.browser, s.created_at, s.expires_at, {_USER}"
_OF_USER = "FROM desk_session s JOIN desk_user u ON u.id = s.user_id"
_SESSION_FIELDS = 4


class UserRow(Table, table=True):
    """One person of the desk; `mailbox` is the key of the address, so that spellings are one."""

    __tablename__ = "desk_user"
    __table_args__ = (Index("uq_desk_user_mailbox", "mailbox", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    email: str
    mailbox: str
    name: str
    roles: str
    may_approve_own: bool
    added_at: datetime = Field(sa_type=Instant)


class SessionRow(Table, table=True):
    """One signed-in browser; the token is kept as its SHA-256, the letter so that it works once."""

    __tablename__ = "desk_session"
    __table_args__ = (
        Index("uq_desk_session_token", "token", unique=True),
        Index("uq_desk_session_letter", "letter_id", "letter_at", unique=True),
        Index("ix_desk_session_user_id", "user_id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    user_id: int = Field(sa_type=BigId)
    token: str
    letter_id: int = Field(sa_type=BigId)
    letter_at: datetime = Field(sa_type=Instant)
    browser: str
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


def put(
    tx: Transaction,
    email: str,
    *,
    name: str,
    roles: Sequence[DeskRole],
    may_approve_own: bool,
    now: datetime,
) -> User:
    """Add a person, or give somebody with that mailbox this name and these roles."""
    row = tx.rows(
        "INSERT INTO desk_user (email, mailbox, name, roles, may_approve_own, added_at) "
        "VALUES (:email, :mailbox, :name, :roles, :own, :now) ON CONFLICT (mailbox) DO UPDATE "
        "SET email = excluded.email, name = excluded.name, roles = excluded.roles, "
        "may_approve_own = excluded.may_approve_own "
        "RETURNING id, email, name, roles, may_approve_own, added_at",
        email=email,
        mailbox=mailbox_key(email),
        name=name,
        roles=";".join(role.value for role in roles),
        own=may_approve_own,
        now=stored(now),
    )[0]
    return _user(row)


def get(tx: Transaction, user_id: int) -> User | None:
    """Give a person by number, or None."""
    row = tx.one(f"SELECT {_USER} FROM desk_user u WHERE u.id = :id", id=user_id)  # noqa: S608 - our own text
    return None if row is None else _user(row)


def by_email(tx: Transaction, email: str) -> User | None:
    """Give a person by address, however it is spelled, or None."""
    row = tx.one(
        f"SELECT {_USER} FROM desk_user u WHERE u.mailbox = :mailbox",  # noqa: S608 - our own text
        mailbox=mailbox_key(email),
    )
    return None if row is None else _user(row)


def everybody(tx: Transaction) -> list[User]:
    """Give all people, by address."""
    return [_user(row) for row in tx.rows(f"SELECT {_USER} FROM desk_user u ORDER BY u.mailbox")]  # noqa: S608 - our own text


def remove(tx: Transaction, user_id: int) -> bool:
    """Delete a person and sign every browser of theirs out; False when there is none."""
    tx.execute("DELETE FROM desk_session WHERE user_id = :id", id=user_id)
    return tx.execute("DELETE FROM desk_user WHERE id = :id", id=user_id) > 0


def open_session(
    tx: Transaction,
    user_id: int,
    *,
    token: str,
    letter_id: int,
    letter_at: datetime,
    browser: str,
    now: datetime,
    expires_at: datetime,
) -> int | None:
    """Open a session under a hashed token; None when that letter has opened one before."""
    row = tx.one(
        "INSERT INTO desk_session "
        "(user_id, token, letter_id, letter_at, browser, created_at, expires_at) "
        "VALUES (:user, :token, :letter, :letter_at, :browser, :now, :expires) "
        "ON CONFLICT (letter_id, letter_at) DO NOTHING RETURNING id",
        user=user_id,
        token=token,
        letter=letter_id,
        letter_at=stored(letter_at),
        browser=browser,
        now=stored(now),
        expires=stored(expires_at),
    )
    return None if row is None else int(row[0])


def session(tx: Transaction, token: str, now: datetime) -> Session | None:
    """Give the open session of a hashed token, or None."""
    row = tx.one(
        f"SELECT {_SESSION} {_OF_USER} "
        "WHERE s.token = :token AND s.ended_at IS NULL AND s.expires_at > :now",
        token=token,
        now=stored(now),
    )
    return None if row is None else _session(row)


def sessions(tx: Transaction, now: datetime, *, user_id: int | None = None) -> list[Session]:
    """Give the open sessions, of one person or of all, newest first."""
    whose = "" if user_id is None else f"AND s.user_id = {int(user_id)} "
    rows = tx.rows(
        f"SELECT {_SESSION} {_OF_USER} WHERE s.ended_at IS NULL AND s.expires_at > :now {whose}"
        "ORDER BY s.created_at DESC, s.id DESC",
        now=stored(now),
    )
    return [_session(row) for row in rows]


def end_session(tx: Transaction, session_id: int, now: datetime) -> bool:
    """End an open session; False when it is over already."""
    return (
        tx.execute(
            "UPDATE desk_session SET ended_at = :now WHERE id = :id AND ended_at IS NULL",
            id=session_id,
            now=stored(now),
        )
        > 0
    )


def forget_sessions(tx: Transaction, before: datetime) -> int:
    """Delete the sessions that ended by themselves before an instant; give how many."""
    return tx.execute("DELETE FROM desk_session WHERE expires_at < :before", before=stored(before))


def _user(row: Row) -> User:
    return User(
        id=row[0],
        email=row[1],
        name=row[2],
        roles=tuple(DeskRole(role) for role in str(row[3]).split(";") if role),
        may_approve_own=bool(row[4]),
        added_at=instant(row[5]),
    )


def _session(row: Row) -> Session:
    return Session(
        id=row[0],
        browser=row[1],
        created_at=instant(row[2]),
        expires_at=instant(row[3]),
        user=_user(row[_SESSION_FIELDS:]),
    )
