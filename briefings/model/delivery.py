"""Issues, deliveries and their states; never how they are claimed or sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """States of a delivery. `accepted`: the next mail server took it; nobody knows more."""

    PENDING = "pending"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    UNSURE = "unsure"
    SKIPPED = "skipped"
    EXPIRED = "expired"


WORK_LEFT = (State.PENDING, State.CLAIMED, State.DEFERRED)
"""States of a delivery that may still lead to a mail."""


class SkipReason(StrEnum):
    """Why a confirmed reader gets nothing from an issue."""

    NOT_THEIR_WEEK = "not their week"
    PAUSED = "paused"
    LEFT = "left"
    SUPPRESSED = "suppressed"
    ALL_HELD = "all editions held"
    NOTHING_NEW = "nothing new"
    HAD_THE_WEEK = "had this week's mail"
    CANCELLED = "cancelled"
    UNUSABLE = "unusable row"


class IssueKind(StrEnum):
    """Kinds of issues."""

    REGULAR = "regular"
    LATE = "late"
    CORRECTION = "correction"
    WELCOME = "welcome"


class IssueState(StrEnum):
    """States of an issue; "finished" is not one of them: it is computed from rows (P6)."""

    FREEZING = "freezing"
    OPEN = "open"
    PAUSED = "paused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedsFirst:
    """An editor's choice: at most so many seed readers of an edition get it before all others.

    The others wait until a person releases them, or until `release_at`.
    """

    most: int
    release_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One mailing with a frozen, counted audience. `name` is e.g. `2026-W34-regular`.

    `seeds_first` says that its seed readers' mails go before the others, which wait until
    `released_at` is written by the act of `released_by`.
    """

    id: int
    name: str
    week: str
    kind: IssueKind
    n: int
    state: IssueState
    began: datetime
    audience: int
    opened_by_tick: bool
    reason: str | None = None
    seeds_first: bool = False
    release_at: datetime | None = None
    released_at: datetime | None = None
    released_by: str | None = None

    @property
    def seeds_only(self) -> bool:
        """Whether nothing but its seed readers' mails may leave now."""
        return self.seeds_first and self.released_at is None


class Claimed(NamedTuple):
    """A delivery claimed by this process, with what is read at claim time (R7).

    A named tuple, as one is made per mail (docs/decisions/0010-hot-path.md).
    """

    id: int
    issue_id: int
    reader_id: int
    briefing_id: int
    email: str
    name: str
    attempts: int
    first_attempt_at: datetime | None
    due_at: datetime
    preferences_version: int
    frozen_version: int


class Settled(NamedTuple):
    """The end of one attempt, to be written to its row under the claim's fence."""

    id: int
    state: State
    reason: str | None = None
    code: int | None = None
    next_at: datetime | None = None
