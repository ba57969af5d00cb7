"""One piece of news: role update, tool change or salary news; never how it is stored or drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from briefings.model.money import PayFigure


class Kind(StrEnum):
    """The three kinds of items."""

    TOOL_CHANGE = "tool_change"
    ROLE_UPDATE = "role_update"
    SALARY_NEWS = "salary_news"


class Change(StrEnum):
    """What a tool change does to its users, in the order in which a mail shows it."""

    SECURITY = "security"
    BREAKING = "breaking"
    DEPRECATION = "deprecation"
    PRICING = "pricing"
    RELEASE = "release"

    @property
    def words(self) -> str:
        """What mails and pages call it."""
        return _CHANGE_WORDS[self]


_CHANGE_WORDS = {
    Change.SECURITY: "Security fix",
    Change.BREAKING: "Breaking change",
    Change.DEPRECATION: "Deprecation",
    Change.PRICING: "Pricing",
    Change.RELEASE: "Release",
}
_INKED = frozenset({Change.SECURITY, Change.BREAKING, Change.DEPRECATION})
_KIND_WORDS = {
    Kind.TOOL_CHANGE: "Tool news",
    Kind.ROLE_UPDATE: "Role update",
    Kind.SALARY_NEWS: "Pay",
}


class ItemState(StrEnum):
    """draft -> queued -> withdrawn; editing makes a new revision and keeps the state."""

    DRAFT = "draft"
    QUEUED = "queued"
    WITHDRAWN = "withdrawn"


class Confidence(StrEnum):
    """How sure the editors are of an item."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


CONFIDENCE_ORDER = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayRow:
    """One level in one region: the newest figure and, where there is one, the period before it."""

    now: PayFigure
    before: PayFigure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """The content of one item revision, as a person or an import wrote it.

    `targets` are specialization slugs that the writer named; `tool` reaches its `concerns` on top.
    `do` is what the reader should do, empty when there is nothing; `date` is the date of the event.
    """

    kind: Kind
    headline: str
    summary: str
    date: date
    source_name: str
    source_url: str
    do: str = ""
    confidence: Confidence = Confidence.HIGH
    targets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    tool: str | None = None
    version: str | None = None
    change: Change | None = None
    role: str | None = None
    pay: tuple[PayRow, ...] = ()

    @property
    def label(self) -> str:
        """What kind of news it is, in the words of mails and pages."""
        if self.kind is Kind.TOOL_CHANGE and self.change is not None:
            return self.change.words
        return _KIND_WORDS[self.kind]

    @property
    def inked(self) -> Change | None:
        """The change whose label is drawn in full; pricing and release stay bare words."""
        return self.change if self.change in _INKED else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A stored item at one of its revisions. `week` is an ISO week text (`2026-W34`)."""

    id: int
    revision: int
    state: ItemState
    week: str
    news: News
