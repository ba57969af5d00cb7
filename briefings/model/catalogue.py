"""What a catalogue says about roles, specializations, tools and plans; it never reads a file.

The folder `catalogue/` is read and checked by `briefings.intake.catalogue`; everything here is
frozen, holds tuples instead of dicts, and uses empty tuples and empty strings for "not known".
"""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from briefings.errors import NotFound
from briefings.model.assessment import Assessment
from briefings.model.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PLAN_WEEKS = 12
PLAN_HOURS = (3, 6)
PLAN_TASKS = (2, 4)


class RiskCategory(StrEnum):
    """How strongly AI changes a role: low is level 0-3, medium 4-6, high 7-10."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @classmethod
    def of_level(cls, level: int) -> RiskCategory:
        """Give the category of a risk level from 0 to 10; ValueError outside it."""
        if not 0 <= level <= 10:  # noqa: PLR2004 - the scale itself
            raise ValueError(f"risk level {level} is outside 0 to 10")
        if level <= 3:  # noqa: PLR2004 - the scale itself
            return cls.LOW
        return cls.MEDIUM if level <= 6 else cls.HIGH  # noqa: PLR2004 - the scale itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Industry:
    """A branch of work that groups roles."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A statement that stands in the catalogue, never without its source."""

    fact: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What the product offers, in the words that pages may use; empty where not known."""

    action_plan: str = ""
    assessment: str = ""
    pricing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAtRisk:
    """A task that machines take over between the first and the last year, and why."""

    task: str
    first_year: int
    last_year: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Salary:
    """What the role profile (not the survey) says about pay; the two are never averaged.

    Growth is in percent per year, senior pay per year. `senior_note` qualifies the senior range,
    `note` the whole.
    """

    growth_low: int | None = None
    growth_high: int | None = None
    senior_low: Money | None = None
    senior_high: Money | None = None
    senior_note: str = ""
    note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A job. Empty fields are not known, and their headings disappear from pages and mails.

    `also_known_as` are other names of this very job; `found_by` are neighbouring jobs, by whose
    names people look for it. Only the search of the pages reads those.
    """

    slug: str
    name: str
    industry: str
    also_known_as: tuple[str, ...] = ()
    found_by: tuple[str, ...] = ()
    risk_level: int | None = None
    risk_category: RiskCategory | None = None
    overview: str = ""
    tasks_at_risk: tuple[TaskAtRisk, ...] = ()
    tasks_safe: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    salary: Salary | None = None
    adaptation: tuple[str, ...] = ()
    certifications: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTask:
    """Something to do in a plan week, and the result by which it can be checked."""

    task: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWeek:
    """One of the twelve weeks of a plan: one tool (by slug), 3 to 6 hours, one skill."""

    number: int
    headline: str
    text: str
    tasks: tuple[PlanTask, ...]
    tool: str
    hours: int
    skill: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """Words for the line "Why you" when an item's tool area or tag is `area`."""

    area: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skills:
    """Three kinds of skills that a specialization asks for."""

    ai_tools: tuple[str, ...] = ()
    technical: tuple[str, ...] = ()
    human: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Specialization:
    """A direction inside a role; `general` for the one that carries the role's own slug."""

    slug: str
    role: str
    name: str
    general: bool
    risk_category: RiskCategory | None = None
    overview: str = ""
    tasks_automated: tuple[str, ...] = ()
    tasks_augmented: tuple[str, ...] = ()
    horizon_1_2_years: str = ""
    horizon_3_5_years: str = ""
    skills: Skills = field(default_factory=Skills)
    opportunities: tuple[str, ...] = ()
    positioning: str = ""
    portfolio_evidence: tuple[str, ...] = ()
    covers: tuple[Cover, ...] = ()
    plan: tuple[PlanWeek, ...] = ()

    def plan_week(self, number: int) -> PlanWeek | None:
        """Give the step of that week, or None without a plan and outside 1 to 12."""
        return next((week for week in self.plan if week.number == number), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool that the news is about; `concerns` holds slugs of specializations (our judgement)."""

    slug: str
    name: str
    aliases: tuple[str, ...] = ()
    project_url: str
    release_feed: str = ""
    source_name: str
    area: str
    concerns: tuple[str, ...] = ()


class Billing(StrEnum):
    """The time that a price is for."""

    MONTH = "month"
    YEAR = "year"


FREE_TIER = "free"
"""The tier that every reader begins with."""


class Extra(StrEnum):
    """What a tier may leave out: whole blocks of the mail and whole pages, nothing else."""

    PLAN_STEP = "plan_step"
    PLAN_PAGE = "plan_page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """What a reader pays for; `price` None means free. It holds everything but `without`."""

    slug: str
    name: str
    price: Money | None = None
    billing: Billing | None = None
    summary: str = ""
    includes: tuple[str, ...] = ()
    without: tuple[Extra, ...] = ()


def plain_name(text: str) -> str:
    """Fold a name for comparison: compatibility caseless (Unicode, D146), white space as one space.

    Folding what is folded changes nothing.
    """
    folded = unicodedata.normalize("NFD", text).casefold()
    folded = unicodedata.normalize("NFKD", folded).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


_T = TypeVar("_T", Role, Specialization, Tool, Industry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything the catalogue says, with look-ups by slug and by any known name.

    Look-ups by slug raise NotFound with the closest slug; look-ups by name give None, because a
    row about a role that we do not carry is set aside and is not an error.
    """

    industries: tuple[Industry, ...] = ()
    roles: tuple[Role, ...] = ()
    specializations: tuple[Specialization, ...] = ()
    tools: tuple[Tool, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    tiers: tuple[Tier, ...] = ()
    context: tuple[Fact, ...] = ()
    product: Product = field(default_factory=Product)
    _role_names: Mapping[str, Role] = field(init=False, repr=False, compare=False)
    _tool_names: Mapping[str, Tool] = field(init=False, repr=False, compare=False)
    _specializations: Mapping[str, Specialization] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the names once: imports ask for them a million times."""
        roles = {plain_name(n): r for r in self.roles for n in (r.slug, r.name, *r.also_known_as)}
        tools = {plain_name(n): t for t in self.tools for n in (t.slug, t.name, *t.aliases)}
        by_slug = {s.slug: s for s in self.specializations}
        object.__setattr__(self, "_role_names", roles)
        object.__setattr__(self, "_tool_names", tools)
        object.__setattr__(self, "_specializations", by_slug)

    def role(self, slug: str) -> Role:
        """Give the role with that slug; NotFound names the closest one."""
        return _by_slug(self.roles, slug, "role")

    def specialization(self, slug: str) -> Specialization:
        """Give the specialization with that slug; NotFound names the closest one."""
        found = self._specializations.get(slug)
        return found or _by_slug(self.specializations, slug, "specialization")

    def tool(self, slug: str) -> Tool:
        """Give the tool with that slug; NotFound names the closest one."""
        return _by_slug(self.tools, slug, "tool")

    def industry(self, slug: str) -> Industry:
        """Give the industry with that slug; NotFound names the closest one."""
        return _by_slug(self.industries, slug, "industry")

    def has_specialization(self, slug: str) -> bool:
        """Say whether readers can subscribe to that slug."""
        return slug in self._specializations

    def role_named(self, name: str) -> Role | None:
        """Find a role by slug, name or a name it is also known as; None if we do not carry it."""
        return self._role_names.get(plain_name(name))

    def tool_named(self, name: str) -> Tool | None:
        """Find a tool by slug, name or alias; None if we do not watch it."""
        return self._tool_names.get(plain_name(name))

    def specializations_of(self, role: str) -> tuple[Specialization, ...]:
        """Give all specializations of a role (by slug), the general one first."""
        own = [s for s in self.specializations if s.role == role]
        return tuple(sorted(own, key=lambda s: not s.general))

    def specializations_concerned(self, tool: Tool) -> tuple[Specialization, ...]:
        """Give the specializations that news about the tool reaches, in the tool's order."""
        return tuple(self.specialization(slug) for slug in tool.concerns)

    def assessment(self, role: str) -> Assessment | None:
        """Give the assessment of a role (by slug), or None."""
        return next((a for a in self.assessments if a.role == role), None)

    def why(self, specialization: Specialization, tool: Tool | None, tags: Iterable[str]) -> str:
        """Say in one sentence why an item reaches a specialization, without any tag's name.

        The specialization's words for the tool's area come first, then those for a tag of the
        item, in the order of its covers; then that it works with the tool (R10). A general
        specialization that nobody wrote has no covers, so the tool's own area speaks for it.
        """
        name = specialization.name
        words = {cover.area: cover.words for cover in specialization.covers}
        if tool is not None and tool.area in words:
            return f"{name} covers {words[tool.area]}."
        wanted = set(tags)
        for cover in specialization.covers:
            if cover.area in wanted:
                return f"{name} covers {cover.words}."
        if tool is None:
            return f"You follow {name}."
        return f"{name} works with {tool.name}." if words else f"{name} covers {tool.area}."


def _by_slug(things: tuple[_T, ...], slug: str, kind: str) -> _T:
    for thing in things:
        if thing.slug == slug:
            return thing
    close = difflib.get_close_matches(slug, [t.slug for t in things], n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"the catalogue has {len(things)}"
    raise NotFound(f"no {kind} {slug!r} in the catalogue: {hint}")
