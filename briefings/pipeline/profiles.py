"""What the pages about roles need out of catalogue and store; it changes and draws nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from briefings.assemble import reaches
from briefings.errors import NotFound
from briefings.model.catalogue import Catalogue, Role, Specialization, Tool
from briefings.model.edition import Composition, ItemBlock, PlanBlock
from briefings.model.news import Item, ItemState, Kind
from briefings.model.reader import Preferences
from briefings.pipeline.chain import Chain
from briefings.pipeline.preview import SAMPLE_PLAN_WEEK
from briefings.pipeline.simulate import audience_of
from briefings.readers.figures import MetricTable, PaySeries, metric_tables, pay_series
from briefings.readers.search import Findable, Index
from briefings.store import catalogue as catalogues
from briefings.store import figures, items, publishing
from briefings.weeks import Week

MOST_CHANGES = 2_000
"""Newest tool changes that are looked through; a tool that is quiet for longer has none to show."""
CHANGES_PER_TOOL = 2
NEWS = 4
SAMPLE_WEEKS = 8
"""A sample is at most this old: what it shows is meant to look like the next mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolNews:
    """A tool by the profile's name, what it is if we watch it, and its newest changes."""

    name: str
    tool: Tool | None
    changes: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A specialization, its role and all that is known about both.

    `pay` and the tables are of the role, so they stand on the page of its general specialization.
    """

    role: Role
    specialization: Specialization
    industry: str
    siblings: tuple[Specialization, ...]
    related: tuple[Role, ...]
    tools: tuple[ToolNews, ...]
    news: tuple[Item, ...]
    pay: tuple[PaySeries, ...]
    tables: tuple[MetricTable, ...]
    has_assessment: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the pages about roles say, as it was at one instant."""

    catalogue: Catalogue
    index: Index
    changes: tuple[Item, ...]
    pay: Mapping[str, tuple[PaySeries, ...]]
    tables: Mapping[str, tuple[MetricTable, ...]]

    def profile(self, slug: str) -> Profile:
        """Give a specialization with its role.

        Raises:
            NotFound: there is none of that slug.
        """
        catalogue = self.catalogue
        found = catalogue.specialization(slug)
        role = catalogue.role(found.role)
        return Profile(
            role=role,
            specialization=found,
            industry=next((i.name for i in catalogue.industries if i.slug == role.industry), ""),
            siblings=tuple(s for s in catalogue.specializations_of(role.slug) if s is not found),
            related=tuple(
                sorted(
                    (each for each in catalogue.roles if each.slug in role.related),
                    key=lambda each: (each.risk_level is None, each.risk_level or 0),
                )
            ),
            tools=tuple(self._tools(role, found)),
            news=tuple(i for i in self.changes if reaches(i.news, slug, catalogue))[:NEWS],
            pay=self.pay.get(role.slug, ()) if found.general else (),
            tables=self.tables.get(role.slug, ()) if found.general else (),
            has_assessment=catalogue.assessment(role.slug) is not None,
        )

    def role(self, slug: str) -> Profile:
        """Give a role with its general specialization.

        Raises:
            NotFound: there is none of that slug.
        """
        return self.profile(self.catalogue.role(slug).slug)

    def _tools(self, role: Role, found: Specialization) -> Iterable[ToolNews]:
        """The tools that the profile names, then the others that concern the specialization."""
        named = {name: self.catalogue.tool_named(name) for name in role.tools if found.general}
        others = (t for t in self.catalogue.tools if found.slug in t.concerns)
        for name, tool in named.items():
            yield self._tool_news(name if tool is None else tool.name, tool)
        known = {tool.slug for tool in named.values() if tool is not None}
        for tool in others:
            if tool.slug not in known:
                yield self._tool_news(tool.name, tool)

    def _tool_news(self, name: str, tool: Tool | None) -> ToolNews:
        own = (item for item in self.changes if tool is not None and item.news.tool == tool.slug)
        return ToolNews(name=name, tool=tool, changes=tuple(own)[:CHANGES_PER_TOOL])


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleMail:
    """What the newest mail of a specialization said to a reader in a week of the plan."""

    week: Week
    specialization: Specialization
    subject: str
    preheader: str
    cards: tuple[ItemBlock, ...]
    step: PlanBlock | None


def gather_facts(chain: Chain) -> Facts:
    """Read what the pages about roles say; an empty catalogue makes empty pages, not an error."""
    with chain.db.read() as tx:
        catalogue = catalogues.load(tx)
        changes = items.listing(
            tx, kind=Kind.TOOL_CHANGE, state=ItemState.QUEUED, limit=MOST_CHANGES
        )
        pay = figures.pay(tx)
        metrics = figures.metrics(tx)
    roles = [role.slug for role in catalogue.roles]
    return Facts(
        catalogue=catalogue,
        index=index_of(catalogue),
        changes=tuple(changes),
        pay={slug: pay_series(each for each in pay if each.role == slug) for slug in roles},
        tables={
            slug: metric_tables(each for each in metrics if each.role == slug) for slug in roles
        },
    )


def index_of(catalogue: Catalogue) -> Index:
    """Make roles and directions findable; a general specialization is found as its role."""
    return Index(_findables(catalogue))


def _findables(catalogue: Catalogue) -> Iterable[Findable]:
    for role in catalogue.roles:
        yield Findable(key=role.slug, names=(role.name, *role.also_known_as), near=role.found_by)
    for each in catalogue.specializations:
        if not each.general:
            yield Findable(key=each.slug, names=(each.name,))


def sample_mail(chain: Chain, until: Week) -> SampleMail | None:
    """Compose the newest published mail that has most to show, as its readers got it; or None.

    It is the composition of real mails, for a reader of one specialization in week 5 of its plan.
    """
    with chain.db.read() as tx:
        since = until.shift(-SAMPLE_WEEKS)
        published = publishing.newest_published(tx, str(until), str(since))
        if not published or catalogues.is_empty(tx):
            return None
        newest = max(edition.week for edition in published.values())
        catalogue = catalogues.load(tx)
        audience, _frozen = audience_of(tx, chain, Week.parse(newest))
    choice = [
        (bool(profile.plan), profile.general, len(edition.placements), profile)
        for slug, edition in published.items()
        if edition.week == newest and (profile := _known(catalogue, slug)) is not None
    ]
    if not choice:
        return None
    *_, profile = max(choice, key=lambda each: each[:3])
    step = SAMPLE_PLAN_WEEK if profile.plan else None
    made = audience.composition((Preferences(specializations=(profile.slug,)), step, frozenset()))
    if not isinstance(made, Composition):
        return None
    return SampleMail(
        week=Week.parse(newest),
        specialization=profile,
        subject=made.head.subject,
        preheader=made.head.preheader,
        cards=tuple(block for block in made.blocks if isinstance(block, ItemBlock)),
        step=next((block for block in made.blocks if isinstance(block, PlanBlock)), None),
    )


def _known(catalogue: Catalogue, slug: str) -> Specialization | None:
    try:
        return catalogue.specialization(slug)
    except NotFound:
        return None
