"""People who work at the desk, and what each does there; readers are other people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DeskRole(StrEnum):
    """What somebody does at the desk; a person may have several of these."""

    VIEWER = "viewer"
    AUTHOR = "author"
    EDITOR = "editor"
    SENDER = "sender"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may sign in. `may_approve_own` says whether over their own items, too."""

    id: int
    email: str
    name: str
    roles: tuple[DeskRole, ...]
    may_approve_own: bool
    added_at: datetime

    @property
    def called(self) -> str:
        """The name, or else the address."""
        return self.name or self.email


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One browser that somebody signed in with; it ends by itself at `expires_at`."""

    id: int
    user: User
    browser: str
    """What the browser called itself, cut short; never trusted."""
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the audit log before it is written: who did what to what."""

    by: str
    """An address, or `name at the terminal`."""
    route: str
    """The route that did it, as `POST /desk/people`, or the command."""
    act: str
    subject: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the audit log."""

    id: int
    at: datetime
    change: Change
