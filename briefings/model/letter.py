"""Letters: single mails that answer somebody's act or call an operator; never how they are sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class LetterKind(StrEnum):
    """Kinds of letters; each but those in WHOLE has a template of its name."""

    CONFIRM = "confirm"
    SIGNIN = "signin"
    WELCOME = "welcome"
    ADDRESS_OLD = "address-old"
    ADDRESS_NEW = "address-new"
    EXPORT = "export"
    ERASE = "erase"
    ALERT = "alert"
    DESK = "desk"
    TEST_MAIL = "test-mail"


WHOLE = frozenset({LetterKind.TEST_MAIL})
"""Kinds that are stored as they leave; they have no template."""

WHILE_STOPPED = frozenset({LetterKind.DESK, LetterKind.ALERT})
"""Kinds that go also while everything is stopped: links into the desk, and calls to the operator.

Without them who could let it go on would neither hear of trouble nor get in; no reader gets one.
"""

ALERTS_LAST = timedelta(days=2)
"""An alert older than that tells an operator nothing that `briefings status` does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLetter:
    """A letter to be queued. `key` makes it unique: a second one with the same key is not queued.

    `subject_id` is whom its link is about: a reader, for CONFIRM a sign-up, for DESK a user of
    the desk; 0 for nobody.
    `payload` is what its template or its page needs, in words of ours and never of a visitor.
    """

    key: str
    kind: LetterKind
    recipient: str
    subject_id: int
    payload: Mapping[str, str]
    expires_at: datetime
    skipped: str = ""
    """Why it is written down and not sent; empty for one that is to be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A queued letter; `created_at` is also the instant at which its link was issued."""

    id: int
    kind: LetterKind
    recipient: str
    subject_id: int
    payload: Mapping[str, str]
    created_at: datetime
    expires_at: datetime
    attempts: int
