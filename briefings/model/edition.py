"""The content of one specialization for one week, and what a reader gets out of it; never bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from briefings.model.catalogue import PlanWeek, Role, Specialization, Tool
from briefings.model.news import Item


class EditionState(StrEnum):
    """draft -> approved -> published (its issue is open), or held / skipped with a reason."""

    DRAFT = "draft"
    APPROVED = "approved"
    PUBLISHED = "published"
    HELD = "held"
    SKIPPED = "skipped"


class Part(StrEnum):
    """Where in an edition an item stands."""

    WEEK = "week"
    EARLIER = "earlier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """An item revision at its place, with the words for the reader and for the desk.

    `why_you` is the reader's line without its label ("MLOps Engineer covers model serving.");
    `ranked` explains the place to editors ("breaking; tool of the role; high; 21 Aug").
    """

    item_id: int
    revision: int
    part: Part
    why_you: str
    ranked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionFill:
    """How much an edition carries, and where it stands: `own` items of its week, `earlier` ones."""

    state: EditionState
    reason: str | None
    own: int
    earlier: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What one specialization carries in one week. Empty words mean: make them from the items."""

    specialization: str
    week: str
    placements: tuple[Placement, ...]
    state: EditionState = EditionState.DRAFT
    reason: str | None = None
    subject: str = ""
    intro: str = ""
    revision: int = 1
    preheader: str = ""

    @property
    def fill(self) -> EditionFill:
        """How much it carries."""
        own = sum(place.part is Part.WEEK for place in self.placements)
        earlier = len(self.placements) - own
        return EditionFill(state=self.state, reason=self.reason, own=own, earlier=earlier)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """That an editor left an item out of an edition, and why."""

    item_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What an editor decided about an edition; empty is: as it is assembled.

    `order` are item ids as the editor put them, `pinned` those that stand first whatever comes.
    `skipped` is the reason why the edition does not go. A choice about an item
    that the week does not bring any more is kept, and does nothing.
    """

    subject: str = ""
    preheader: str = ""
    intro: str = ""
    order: tuple[int, ...] = ()
    pinned: tuple[int, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    skipped: str = ""


# --- what a reader gets: plain data for one block each; equal specs are one rendering (R1) ---


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadBlock:
    """Masthead, title and lead of a mail (R2); a `public` one greets nobody."""

    week: str
    specialization: str
    subject: str
    title: str
    preheader: str
    intro: str
    public: bool = False
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemBlock:
    """One item card or pay box. `past` quiets the urgency label (items under "Earlier").

    Without `drawn` a pay item is told in words alone: a box weighs as much as four cards.
    """

    item: Item
    why_you: str
    past: bool
    tool: Tool | None = None
    role_name: str = ""
    growth_note: str = ""
    drawn: bool = True
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadingBlock:
    """A heading between items: "Earlier", or the name of another specialization."""

    text: str
    note: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverflowBlock:
    """One line that says how many items did not fit, with a link to them."""

    count: int
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleBlock:
    """Risk as a gauge and the tasks at risk on a line of years; `today` is the mail's Monday."""

    role: Role
    specialization: Specialization
    today: date
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBlock:
    """This week's step of the 12-week plan."""

    specialization: str
    step: PlanWeek
    tool: Tool
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingBlock:
    """Stands once where week 13 would be: the plan is done, and what next.

    `others` are names of specializations with a plan of their own.
    """

    specialization: str
    portfolio_evidence: tuple[str, ...]
    others: tuple[str, ...] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedBlock:
    """Related roles with their risk: (name, level or None, category word or None)."""

    roles: tuple[tuple[str, int | None, str | None], ...]
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class FootBlock:
    """Why you got this, preferences, unsubscribe, postal address; closes the document.

    A `public` one stands in the archive: it knows nobody, and says how to get the next one.
    One that `asks` asks first whether the mail was worth it.
    """

    public: bool = False
    asks: bool = False
    language: str = "en"


BlockSpec = (
    HeadBlock
    | ItemBlock
    | HeadingBlock
    | OverflowBlock
    | RoleBlock
    | PlanBlock
    | ClosingBlock
    | RelatedBlock
    | FootBlock
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """The ordered blocks of one group; `carried` item ids count as received, `left_over` do not."""

    head: HeadBlock
    blocks: tuple[BlockSpec, ...]
    carried: tuple[int, ...]
    left_over: tuple[int, ...]
    editions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A rendered block, quoted-printable encoded with open slots; the key is a hash of the content.

    Both parts end on a line break and have no line that begins with a dot.
    """

    key: str
    kind: str
    html: bytes
    text: bytes
