"""Write items at the desk: save with a lock on the revision, restore, keep unsaved words."""

from __future__ import annotations

import json
from dataclasses import dataclass

from briefings.assemble.match import reaches
from briefings.errors import Conflict, NotFound
from briefings.model.catalogue import Catalogue
from briefings.model.news import Item, ItemState, News
from briefings.pipeline.approve import by_specialization, readers_of, void_approvals, weeks_of
from briefings.pipeline.chain import Chain
from briefings.pipeline.item_form import FIELDS, Form
from briefings.pipeline.items import last_frozen
from briefings.pipeline.prepare import load_catalogue
from briefings.store import inbox, items, readers
from briefings.store.database import Transaction
from briefings.weeks import stored_week


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whom news would reach today: specializations with their readers, and readers in all."""

    specializations: tuple[tuple[str, int], ...]
    readers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Somebody saved meanwhile: what they wrote, at which revision, and by whom."""

    item: Item
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What saving came to: the item, its revision, and the approvals that it made void."""

    id: int
    revision: int
    voided: tuple[tuple[str, str], ...] = ()


def save(chain: Chain, item_id: int, revision: int, news: News, *, by: str) -> Saved | Clash:
    """Save a new item (number 0), or a new revision if nobody saved since `revision`.

    The week of a draft follows its date (R3); approvals that carried the item are void (P6).

    Raises:
        NotFound: there is no such item.
    """
    now = chain.clock()
    with chain.db.write() as tx:
        inbox.drop_unsaved(tx, item_id, by)
        week = str(stored_week(news.date, last_frozen(tx)))
        if item_id == 0:
            made = items.add(tx, news, week=week, state=ItemState.DRAFT, now=now, by=by)
            return Saved(id=made, revision=1)
        known = items.get(tx, [item_id])
        if item_id not in known:
            raise NotFound(f"There is no item {item_id}.")
        current = known[item_id]
        if current.revision != revision:
            return Clash(item=current, by=items.writer(tx, item_id, current.revision))
        if current.news == news:
            return Saved(id=item_id, revision=revision)
        made = items.revise(tx, item_id, news, now=now, by=by)
        if current.state is ItemState.DRAFT:
            items.set_week(tx, item_id, week)
        voided = void_approvals(tx, {item_id}, weeks_of(tx, [item_id]), now=now)
    return Saved(id=item_id, revision=made, voided=tuple(voided))


def keep_unsaved(chain: Chain, item_id: int, revision: int, form: Form, *, by: str) -> None:
    """Keep what somebody typed; it becomes nobody's item."""
    kept = {name: list(form[name]) for name in FIELDS if name in form}
    with chain.db.write() as tx:
        inbox.put_unsaved(
            tx, item_id, by, revision=revision, fields=json.dumps(kept), now=chain.clock()
        )


def restore(chain: Chain, item_id: int, number: int, revision: int, *, by: str) -> Saved | Clash:
    """Make an old revision's words the newest.

    Raises:
        NotFound: there is no such revision.
    """
    with chain.db.read() as tx:
        old = items.at(tx, [(item_id, number)])
    if (item_id, number) not in old:
        raise NotFound(f"Item {item_id} has no revision {number}.")
    return save(chain, item_id, revision, old[item_id, number].news, by=by)


def reach_of(tx: Transaction, news: News, catalogue: Catalogue) -> Reach:
    """Count whom news would reach today; a reader of two specializations counts once in all."""
    slugs = {
        each.slug: each.name
        for each in catalogue.specializations
        if reaches(news, each.slug, catalogue)
    }
    alike = readers.count_by_specializations(tx)
    counts = by_specialization(alike)
    return Reach(
        specializations=tuple((name, counts.get(slug, 0)) for slug, name in slugs.items()),
        readers=readers_of(alike, slugs),
    )


def catalogue_of(chain: Chain) -> Catalogue:
    """The stored catalogue."""
    with chain.db.read() as tx:
        return load_catalogue(tx)


def forget_unsaved(chain: Chain, item_id: int, *, by: str) -> None:
    """Forget what somebody typed; Conflict when there is nothing."""
    with chain.db.write() as tx:
        if not inbox.drop_unsaved(tx, item_id, by):
            raise Conflict("There are no words of yours here that were not saved.")


def unsaved(chain: Chain, item_id: int, *, by: str) -> inbox.Unsaved | None:
    """Give what somebody typed and did not save."""
    with chain.db.read() as tx:
        return inbox.unsaved(tx, item_id, by)


def history(chain: Chain, item_id: int) -> list[items.Revision]:
    """Give the revisions of an item, newest first."""
    with chain.db.read() as tx:
        return items.history(tx, item_id)
