"""What the desk shows of a week and of one edition, out of the rows; it changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise

from briefings.assemble.rank import urgency
from briefings.errors import NotFound
from briefings.model.catalogue import Catalogue
from briefings.model.delivery import IssueKind
from briefings.model.edition import Choices, Edition, EditionState, LeftOut, Placement
from briefings.model.news import Change as Urgency
from briefings.model.news import Item, ItemState, Kind
from briefings.pipeline.approve import by_specialization, readers_of
from briefings.pipeline.chain import Chain
from briefings.pipeline.examine import Looked, examine
from briefings.pipeline.prepare import choices_of, load_catalogue, placed_items
from briefings.pipeline.runs import RunStatus, run_status
from briefings.pipeline.seeding import Foreseen, foresee
from briefings.pipeline.status import IssueStatus, issue_status
from briefings.pipeline.timetable import timetable
from briefings.store import approvals, audiences, choices, editions, issues, items, readers
from briefings.store.approvals import Approval
from briefings.store.choices import Change
from briefings.store.database import Transaction
from briefings.weeks import CUT_OFF_LEAD, Week

MOST_GROUPED = 100_000
"""Readers of whom groups are counted: a million would take longer than a page may."""
OPEN_STATES = (EditionState.DRAFT, EditionState.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionLine:
    """One edition on the page of its week. `edition` is None until it is assembled.

    `groups` counts its readers who differ in what makes a mail; 0 where nobody counted.
    """

    slug: str
    name: str
    role: str
    edition: Edition | None
    urgencies: Mapping[Urgency, int]
    updates: int
    pay: int
    readers: int
    groups: int
    approval: Approval | None

    @property
    def held(self) -> bool:
        """Whether somebody holds it."""
        return self.edition is not None and self.edition.state is EditionState.HELD

    @property
    def waiting(self) -> bool:
        """Whether a person has to look at it."""
        return self.edition is not None and self.edition.state in OPEN_STATES

    @property
    def seeds_first(self) -> bool:
        """Whether it is approved to go to seed readers first."""
        approved = self.edition is not None and self.edition.state is EditionState.APPROVED
        return approved and self.approval is not None and self.approval.seeds is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekView:
    """A week: its editions, its run, when it closes and leaves. `audience` counts readers once.

    `groups` is 0 where nobody counted them.
    """

    week: Week
    lines: tuple[EditionLine, ...]
    run: RunStatus
    cut_off: datetime
    first_due: datetime
    day: date
    audience: int
    groups: int
    drafts: int
    regular: IssueStatus | None
    last_issue: IssueStatus | None

    def of_state(self, state: EditionState) -> list[EditionLine]:
        """The editions in a state."""
        return [each for each in self.lines if each.edition and each.edition.state is state]

    @property
    def seeds_first(self) -> list[EditionLine]:
        """Approved editions that go to seed readers first: the whole issue waits for them."""
        return [each for each in self.lines if each.seeds_first]

    @property
    def waiting(self) -> list[EditionLine]:
        """Editions that a person has to look at."""
        return [each for each in self.lines if each.waiting]


def week_view(chain: Chain, week: Week) -> WeekView:
    """Look at a week."""
    now = chain.clock()
    with chain.db.read() as tx:
        alike = readers.count_by_specializations(tx)
        table = timetable(tx, chain)
        own = issues.find(tx, week=str(week), kind=IssueKind.REGULAR)
        newest = issues.find(tx)
        last = issue_status(tx, newest[-1]) if newest else None
        regular = last if own and last and own[0].id == last.issue.id else None
        audience = sum(alike.values())
        groups = _groups(tx) if audience <= MOST_GROUPED else {}
        return WeekView(
            week=week,
            lines=_lines(tx, week, by_specialization(alike), groups),
            run=run_status(tx, chain, week, now),
            cut_off=table.cut_off(week),
            first_due=table.cut_off(week) + CUT_OFF_LEAD,
            day=table.day(week),
            audience=audience,
            groups=sum(groups.values()),
            drafts=items.count(tx, state=ItemState.DRAFT),
            regular=regular or (issue_status(tx, own[0]) if own else None),
            last_issue=last,
        )


def _lines(
    tx: Transaction, week: Week, counts: Mapping[str, int], groups: Mapping[str, int]
) -> tuple[EditionLine, ...]:
    """The editions of a week, those first that an editor has to look at."""
    catalogue = load_catalogue(tx)
    stored = editions.of_week(tx, str(week))
    carried = placed_items(tx, stored)
    approved = approvals.approvals(tx, str(week))
    return tuple(
        _line(catalogue, each.slug, stored.get(each.slug), carried, counts, groups, approved)
        for each in sorted(
            catalogue.specializations, key=lambda s: _urgency_of(stored.get(s.slug), s.name)
        )
    )


def _groups(tx: Transaction) -> dict[str, int]:
    counts: dict[str, int] = {}
    for slugs, number in audiences.groups(tx).items():
        for slug in slugs:
            counts[slug] = counts.get(slug, 0) + number
    return counts


def _urgency_of(edition: Edition | None, name: str) -> tuple[int, str]:
    """What an editor has to look at comes first."""
    order = (EditionState.DRAFT, EditionState.HELD, EditionState.APPROVED, EditionState.PUBLISHED)
    at = order.index(edition.state) if edition and edition.state in order else len(order)
    return at, name


def _line(  # noqa: PLR0917 - what one row of the table is made of
    catalogue: Catalogue,
    slug: str,
    edition: Edition | None,
    carried: Mapping[tuple[int, int], Item],
    counts: Mapping[str, int],
    groups: Mapping[str, int],
    approved: Mapping[str, Approval],
) -> EditionLine:
    profile = catalogue.specialization(slug)
    placed = edition.placements if edition else ()
    kinds = [urgency(carried[p.item_id, p.revision].news) for p in placed]
    return EditionLine(
        slug=slug,
        name=profile.name,
        role="role" if profile.general else catalogue.role(profile.role).name,
        edition=edition,
        urgencies={each: kinds.count(each) for each in Urgency if each in kinds},
        updates=kinds.count(Kind.ROLE_UPDATE),
        pay=kinds.count(Kind.SALARY_NEWS),
        readers=counts.get(slug, 0),
        groups=groups.get(slug, 0),
        approval=approved.get(slug),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedItem:
    """An item at its place. `first` and `last` say that it cannot move further among its kind."""

    item: Item
    place: Placement
    pinned: bool
    first: bool
    last: bool
    newer: bool
    """Whether the item was changed since it was taken in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionView:
    """One edition as its page shows it; `n` is the number of its newest change."""

    week: Week
    slug: str
    name: str
    edition: Edition
    n: int
    choices: Choices
    placed: tuple[PlacedItem, ...]
    left_out: tuple[tuple[LeftOut, Item | None], ...]
    history: tuple[Change, ...]
    looked: Looked | None
    readers: int
    approval: Approval | None
    cut_off: datetime
    day: date
    closed: bool


def edition_view(chain: Chain, week: Week, slug: str) -> EditionView:
    """Look at an edition, preflight included.

    Raises:
        NotFound: there is no such specialization, or nobody assembled its edition yet.
    """
    with chain.db.read() as tx:
        catalogue = load_catalogue(tx)
        if not catalogue.has_specialization(slug):
            raise NotFound(f"There is no specialization {slug!r}.")
        edition = editions.get(tx, str(week), slug)
        if edition is None:
            raise NotFound(f"{slug} has no edition for {week} yet: assemble the week first.")
        carried = placed_items(tx, {slug: edition})
        n, decided = choices_of(tx, week, slug)
        left = [each.item_id for each in decided.left_out]
        current = items.get(tx, [*(p.item_id for p in edition.placements), *left])
        table = timetable(tx, chain)
        seen = EditionView(
            week=week,
            slug=slug,
            name=catalogue.specialization(slug).name,
            edition=edition,
            n=n,
            choices=decided,
            placed=_placed(edition, carried, current, decided),
            left_out=tuple((each, current.get(each.item_id)) for each in decided.left_out),
            history=tuple(choices.history(tx, str(week), slug)),
            looked=None,
            readers=_readers(tx, slug),
            approval=approvals.approvals(tx, str(week)).get(slug),
            cut_off=table.cut_off(week),
            day=table.day(week),
            closed=table.cut_off(week) <= chain.clock(),
        )
    looked = examine(chain, week, (slug,)).get(slug)
    return replace(seen, looked=looked)


def _readers(tx: Transaction, slug: str) -> int:
    return by_specialization(readers.count_by_specializations(tx)).get(slug, 0)


def _placed(
    edition: Edition,
    carried: Mapping[tuple[int, int], Item],
    current: Mapping[int, Item],
    decided: Choices,
) -> tuple[PlacedItem, ...]:
    """The items in the order of the mail: this week's by kind, then those under "Earlier"."""

    def section(place: Placement) -> tuple[int, int]:
        kind = carried[place.item_id, place.revision].news.kind
        week = place.part.value == "week"
        return (0 if week else 1, list(Kind).index(kind) if week else 0)

    shown = sorted(edition.placements, key=section)
    groups = [
        (section(p), carried[p.item_id, p.revision].news.kind, p.item_id in decided.pinned)
        for p in shown
    ]
    edges = [True, *(one != other for one, other in pairwise(groups)), True]
    return tuple(
        PlacedItem(
            item=carried[place.item_id, place.revision],
            place=place,
            pinned=place.item_id in decided.pinned,
            first=edges[at],
            last=edges[at + 1],
            newer=place.item_id in current and current[place.item_id].revision != place.revision,
        )
        for at, place in enumerate(shown)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalView:
    """What a person is about to say yes to: editions with their hash, each counted, and in all."""

    week: Week
    lines: tuple[tuple[EditionLine, str, Looked], ...]
    apart: tuple[EditionLine, ...]
    """Editions that are left to somebody else."""
    blocked: tuple[tuple[EditionLine, Looked], ...]
    readers: int
    cut_off: datetime
    day: date
    seeds: Foreseen
    wait_already: tuple[str, ...]
    """Editions for which the issue waits whatever is chosen now, by name."""

    @property
    def hashes(self) -> dict[str, str]:
        """The content hash of every edition, blocked ones too."""
        seen = [look for _, _, look in self.lines] + [look for _, look in self.blocked]
        return {e.edition.specialization: editions.content_hash(e.edition) for e in seen}


def approval_view(
    chain: Chain, week: Week, only: Sequence[str], *, apart: Collection[str] = ()
) -> ApprovalView:
    """Look over what would be approved: the drafts of a week, or those named, but for some."""
    with chain.db.read() as tx:
        alike = readers.count_by_specializations(tx)
        lines = _lines(tx, week, by_specialization(alike), {})
        table = timetable(tx, chain)
    chosen = [e for e in lines if e.waiting and ((not only and not e.held) or e.slug in only)]
    left = tuple(each for each in chosen if each.slug in apart)
    chosen = [each for each in chosen if each.slug not in apart]
    looked = examine(chain, week, [e.slug for e in chosen]) if chosen else {}
    free = [e for e in chosen if e.slug in looked and not looked[e.slug].blocking]
    with chain.db.read() as tx:
        return ApprovalView(
            week=week,
            lines=tuple(
                (e, editions.content_hash(looked[e.slug].edition), looked[e.slug]) for e in free
            ),
            apart=left,
            blocked=tuple(
                (e, looked[e.slug]) for e in chosen if e.slug in looked and looked[e.slug].blocking
            ),
            readers=readers_of(alike, [e.slug for e in free]),
            cut_off=table.cut_off(week),
            day=table.day(week),
            seeds=foresee(tx, [e.slug for e in free]),
            wait_already=tuple(e.name for e in lines if e.seeds_first),
        )
