"""Readers as the stages see them; never their consent papers or their tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from briefings.model.frequency import Frequency


class Section(StrEnum):
    """Parts of a mail that a reader may switch off."""

    TOOL_CHANGES = "tool_changes"
    ROLE_UPDATES = "role_updates"
    PAY = "pay"
    PLAN = "plan"
    RELATED = "related"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What decides a reader's list of blocks; readers with equal preferences can share a group.

    `focus` is a skill area of the primary role (R10), empty for none.
    """

    specializations: tuple[str, ...]
    frequency: Frequency = Frequency.WEEKLY
    sections_off: tuple[Section, ...] = ()
    language: str = "en"
    focus: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A subscriber. Times are UTC-aware; `timezone` is an IANA name, or None for the default."""

    id: int
    email: str
    name: str
    preferences: Preferences
    timezone: str | None = None
    plan_started_on: date | None = None
    plan_snoozes: int = 0
    tier: str = "free"
    confirmed_at: datetime | None = None
    left_at: datetime | None = None
    paused_until: date | None = None
    suppressed: bool = False
    preferences_version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReader:
    """A reader about to be stored by an import; `line` is the row in the file, for messages."""

    email: str
    name: str
    specializations: tuple[str, ...]
    timezone: str | None
    plan_started_on: date | None
    line: int
