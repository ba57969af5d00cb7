"""The coming weeks for the desk: how full each edition is, and an item moved to another week."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from briefings.assemble.match import reached
from briefings.desk.board import Cell, reaching_nobody
from briefings.errors import Conflict, NotFound
from briefings.model.catalogue import Catalogue, Specialization
from briefings.model.edition import Edition, EditionState
from briefings.model.news import Item, ItemState
from briefings.pipeline.approve import by_specialization, void_approvals, weeks_of
from briefings.pipeline.board_cells import Reaching, cells
from briefings.pipeline.calendar import WEEKS_AHEAD, first_ahead
from briefings.pipeline.chain import Chain
from briefings.pipeline.items import last_frozen
from briefings.pipeline.looking_ahead import assemble_again
from briefings.pipeline.prepare import load_catalogue
from briefings.pipeline.recorded import Record
from briefings.pipeline.runs import RunStatus, run_status
from briefings.store import editions, items, readers
from briefings.weeks import Week


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One specialization over the coming weeks."""

    specialization: Specialization
    readers: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """One of the coming weeks, and where its run stands."""

    week: Week
    run: RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The coming weeks, a row for each specialization, and the queued items that nobody gets."""

    weeks: tuple[Coming, ...]
    rows: tuple[Row, ...]
    lost: tuple[tuple[Item, str], ...]
    minimum: int
    fill_days: int
    merge: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An item of a week with the specializations that it reaches, and the weeks it may move to."""

    item: Item
    reaches: tuple[str, ...]
    before: Week | None
    after: Week


def board(chain: Chain) -> Board:
    """Look at the coming weeks; nothing is written.

    Counts what assembling would place, without ranking or wording it.
    """
    now = chain.clock()
    with chain.db.read() as tx:
        first = first_ahead(tx, chain, now)
        weeks = [first.shift(number) for number in range(WEEKS_AHEAD)]
        catalogue = load_catalogue(tx)
        counted = by_specialization(readers.count_by_specializations(tx))
        waiting = {week: items.in_week(tx, str(week)) for week in weeks}
        by_week = cells(tx, chain.thin, catalogue, waiting)
        coming = tuple(Coming(week=week, run=run_status(tx, chain, week, now)) for week in weeks)
    queued = [item for found in waiting.values() for item in found]
    reaching = Reaching(catalogue)
    return Board(
        weeks=coming,
        rows=tuple(
            Row(
                specialization=each,
                readers=counted.get(each.slug, 0),
                cells=tuple(made[each.slug] for made in by_week),
            )
            for each in catalogue.specializations
        ),
        lost=tuple(
            reaching_nobody(queued, {item.id: reaching.slugs(item) for item in queued}, counted)
        ),
        minimum=chain.thin.minimum,
        fill_days=chain.thin.fill_days,
        merge=chain.thin.merge,
    )


def reached_by(item: Item, catalogue: Catalogue) -> tuple[str, ...]:
    """The slugs of the specializations that an item reaches, in the catalogue's order."""
    slugs = reached(item.news, catalogue)
    return tuple(each.slug for each in catalogue.specializations if each.slug in slugs)


def of_week(chain: Chain, week: Week, specialization: str = "") -> list[Placed]:
    """The queued items of a week, by date, of all specializations or of one.

    Raises:
        NotFound: there is no such specialization.
    """
    with chain.db.read() as tx:
        catalogue = load_catalogue(tx)
        if specialization and not catalogue.has_specialization(specialization):
            raise NotFound(f"There is no specialization {specialization!r}.")
        frozen = last_frozen(tx)
        found = items.in_week(tx, str(week))
    placed = [
        Placed(
            item=item,
            reaches=reached_by(item, catalogue),
            before=_open(week.previous(), frozen),
            after=week.next(),
        )
        for item in found
    ]
    return [one for one in placed if not specialization or specialization in one.reaches]


def _open(week: Week, frozen: Week | None) -> Week | None:
    return None if frozen is not None and week <= frozen else week


def move_item(record: Record, item_id: int, to: Week) -> tuple[Item, int]:
    """Let a queued item come in another week; gives it as it was, and how many approvals it voided.

    Editions of both weeks that are drafts are assembled anew.

    Raises:
        NotFound: there is no such item.
        Conflict: it is not queued, its week or the other one is frozen, or it is there already.
    """
    chain = record.chain
    with chain.db.write() as tx:
        item = items.get(tx, [item_id]).get(item_id)
        if item is None:
            raise NotFound(f"There is no item {item_id}.")
        if item.state is not ItemState.QUEUED:
            raise Conflict(f"Item {item_id} is {item.state}: only queued items stand in a week.")
        frozen = last_frozen(tx)
        for week in (Week.parse(item.week), to):
            if frozen is not None and week <= frozen:
                raise Conflict(f"{week} is frozen: its issue exists. Items move after {frozen}.")
        if item.week == str(to):
            raise Conflict(f"Item {item_id} stands in {to} already.")
        voided = void_approvals(tx, {item_id}, weeks_of(tx, [item_id]), now=chain.clock())
        items.set_week(tx, item_id, str(to))
        slugs = reached_by(item, load_catalogue(tx))
        drafts = [
            (week, slug)
            for week in (item.week, str(to))
            for slug in _drafts(editions.of_week(tx, week), slugs)
        ]
    assemble_again(chain, {*voided, *drafts})
    record.changed(f"item {item_id}", before=item.week, after=str(to))
    return item, len(voided)


def _drafts(stored: dict[str, Edition], reached: Collection[str]) -> list[str]:
    return [slug for slug in reached if slug in stored and stored[slug].state is EditionState.DRAFT]
