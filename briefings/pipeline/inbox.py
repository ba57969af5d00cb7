"""The inbox of the desk: look through items, queue, withdraw, put back and join them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from briefings.assemble import reaches
from briefings.desk.alike import WINDOW, Alike, alike
from briefings.desk.unfinished import unfinished
from briefings.errors import Conflict, NotFound
from briefings.model.catalogue import Catalogue, Tool
from briefings.model.news import Item, ItemState
from briefings.pipeline.approve import void_approvals, weeks_of
from briefings.pipeline.chain import Chain
from briefings.pipeline.items import last_frozen, queue_items, withdraw_items
from briefings.pipeline.prepare import load_catalogue
from briefings.store import feeds, inbox, items
from briefings.store.database import Transaction
from briefings.store.inbox import Brief, Look, Origin
from briefings.weeks import stored_week

AT_ONCE = 50
_COMPARED = 3_000
_SUGGESTED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An item as the inbox shows it: whom it reaches, whence it came, what may be the same."""

    item: Item
    origin: Origin
    why: str
    reaches: tuple[str, ...]
    left: tuple[str, ...]
    alike: tuple[Alike, ...]
    joined: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of items, how many there are in all, and how many by origin."""

    rows: tuple[Row, ...]
    total: int
    by_origin: Mapping[Origin, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Triaged:
    """What an act over items came to: what was done, and what was passed over with the reason."""

    done: tuple[int, ...]
    passed_over: tuple[tuple[int, str], ...] = ()


def look_through(chain: Chain, look: Look, *, offset: int = 0) -> Page:
    """Give a page of the items that are looked for, newest first; drafts with their look-alikes."""
    with chain.db.read() as tx:
        catalogue = load_catalogue(tx)
        by_origin = inbox.counts_by_origin(tx, look)
        ids = inbox.page(tx, look, limit=AT_ONCE, offset=offset)
        found = items.get(tx, ids)
        rows = _rows(tx, [found[each] for each in ids if each in found], catalogue)
    total = by_origin.get(look.origin, 0) if look.origin else sum(by_origin.values())
    return Page(rows=rows, total=total, by_origin=by_origin)


def one_row(chain: Chain, item_id: int) -> Row:
    """Give one item as the inbox shows it; NotFound when there is none."""
    with chain.db.read() as tx:
        found = items.get(tx, [item_id])
        if item_id not in found:
            raise NotFound(f"There is no item {item_id}.")
        (row,) = _rows(tx, [found[item_id]], load_catalogue(tx))
        joined = tuple(inbox.joined_into(tx, item_id))
    return Row(
        item=row.item,
        origin=row.origin,
        why=row.why,
        reaches=row.reaches,
        left=row.left,
        alike=row.alike,
        joined=joined,
    )


def _rows(tx: Transaction, found: Sequence[Item], catalogue: Catalogue) -> tuple[Row, ...]:
    ids = [item.id for item in found]
    origins, reasons = inbox.origins(tx, ids), feeds.reasons(tx, ids)
    drafts = {item.id: _brief(item) for item in found if item.state is ItemState.DRAFT}
    known: dict[str, list[Brief]] = {}
    if drafts:
        days = [brief.day for brief in drafts.values()]
        about = [brief.about for brief in drafts.values() if brief.about]
        for brief in inbox.near(tx, about, min(days) - WINDOW, max(days) + WINDOW, limit=_COMPARED):
            known.setdefault(brief.about, []).append(brief)
    return tuple(
        Row(
            item=item,
            origin=origins.get(item.id, Origin.PERSON),
            why=reasons.get(item.id, ""),
            reaches=tuple(
                each.name
                for each in catalogue.specializations
                if reaches(item.news, each.slug, catalogue)
            ),
            left=unfinished(item.news),
            alike=tuple(alike(drafts[item.id], known.get(drafts[item.id].about, ())))[:_SUGGESTED]
            if item.id in drafts
            else (),
        )
        for item in found
    )


def _brief(item: Item) -> Brief:
    news = item.news
    return Brief(
        id=item.id,
        state=item.state,
        kind=news.kind,
        about=news.tool or news.role or "",
        version=news.version or "",
        headline=news.headline,
        day=news.date,
    )


def queue(chain: Chain, ids: Sequence[int], *, by: str) -> Triaged:
    """Queue drafts; those with `[[TK]]` left, and those that are no drafts, are passed over."""
    with chain.db.read() as tx:
        found = _found(tx, ids)
    passed: list[tuple[int, str]] = []
    good: list[int] = []
    for item in found:
        left = unfinished(item.news)
        if item.state is not ItemState.DRAFT:
            passed.append((item.id, f"it is {item.state}"))
        elif left:
            passed.append((item.id, f"[[TK]] is left in {' and '.join(left)}"))
        else:
            good.append(item.id)
    if good:
        queue_items(chain, good, week=None, every=False, by=by)
    return Triaged(done=tuple(good), passed_over=tuple(passed))


def withdraw(chain: Chain, ids: Sequence[int]) -> Triaged:
    """Withdraw items that are not withdrawn yet; approvals that carried them are void (P6)."""
    with chain.db.read() as tx:
        found = _found(tx, ids)
    good = [item.id for item in found if item.state is not ItemState.WITHDRAWN]
    passed = tuple((item.id, "it is withdrawn") for item in found if item.id not in good)
    if good:
        withdraw_items(chain, good)
    return Triaged(done=tuple(good), passed_over=passed)


def put_back(chain: Chain, ids: Sequence[int]) -> Triaged:
    """Make drafts of items again, and part what was joined; void approvals that carry them."""
    with chain.db.write() as tx:
        found = [item for item in _found(tx, ids) if item.state is not ItemState.DRAFT]
        good = [item.id for item in found]
        weeks = weeks_of(tx, good)
        void_approvals(tx, set(good), weeks, now=chain.clock())
        items.set_state(tx, good, ItemState.DRAFT)
        frozen = last_frozen(tx)
        for item in found:
            items.set_week(tx, item.id, str(stored_week(item.news.date, frozen)))
        inbox.part_again(tx, good)
    return Triaged(done=tuple(good))


def join(chain: Chain, item_id: int, into_id: int, *, by: str) -> None:
    """Withdraw a draft because another item tells of the same, and note which.

    Raises:
        NotFound: one of them is not there.
        Conflict: the first is no draft, the other was withdrawn, or both are one.
    """
    with chain.db.write() as tx:
        one, other = _found(tx, [item_id]), _found(tx, [into_id])
        if item_id == into_id:
            raise Conflict("An item cannot be joined into itself.")
        if one[0].state is not ItemState.DRAFT:
            raise Conflict(f"Only drafts are joined; item {item_id} is {one[0].state}.")
        if other[0].state is ItemState.WITHDRAWN:
            raise Conflict(f"Item {into_id} was withdrawn: join into one that goes.")
        items.set_state(tx, [item_id], ItemState.WITHDRAWN)
        inbox.join(tx, item_id, into_id, by=by, now=chain.clock())


def _found(tx: Transaction, ids: Sequence[int]) -> list[Item]:
    known = items.get(tx, ids)
    missing = [str(each) for each in ids if each not in known]
    if missing:
        raise NotFound(f"There is no item {', '.join(missing)}.")
    return [known[each] for each in dict.fromkeys(ids)]


def tools(chain: Chain) -> tuple[Tool, ...]:
    """The tools that items may be about."""
    with chain.db.read() as tx:
        return load_catalogue(tx).tools
