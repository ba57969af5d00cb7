"""Queue, withdraw and list items, with what that does to editions; it writes no news itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from briefings.assemble import reaches
from briefings.desk.unfinished import unfinished
from briefings.errors import Conflict, Misconfigured, NotFound, Remedy
from briefings.model.catalogue import Catalogue
from briefings.model.news import Item, ItemState
from briefings.pipeline.approve import void_approvals, weeks_of
from briefings.pipeline.chain import Chain
from briefings.pipeline.looking_ahead import assemble_again
from briefings.pipeline.prepare import load_catalogue
from briefings.store import editions, issues, items
from briefings.store.database import Transaction
from briefings.weeks import Week, stored_week


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An item as `items list` shows it."""

    item: Item
    label: str
    reaches: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """What withdrawing came to: approvals made void, and frozen issues that carry the item."""

    items: int
    voided: tuple[tuple[str, str], ...]
    gone: tuple[str, ...]


def listing(
    chain: Chain, *, week: str | None, state: str | None, limit: int
) -> tuple[list[Listed], int]:
    """Items by number, newest first, and how many there are in all."""
    wanted = _state(state) if state else None
    own = str(Week.parse(week)) if week else None
    with chain.db.read() as tx:
        catalogue = load_catalogue(tx)
        found = items.listing(tx, week=own, state=wanted, limit=limit)
        total = items.count(tx, week=own, state=wanted)
    return [_listed(item, catalogue) for item in found], total


def _state(text: str) -> ItemState:
    try:
        return ItemState(text)
    except ValueError:
        states = ", ".join(ItemState)
        raise Misconfigured(f"{text!r} is no state of an item; allowed: {states}") from None


def _listed(item: Item, catalogue: Catalogue) -> Listed:
    slugs = tuple(
        s.slug for s in catalogue.specializations if reaches(item.news, s.slug, catalogue)
    )
    label = item.news.change.value if item.news.change else item.news.kind.value
    return Listed(item=item, label=label, reaches=slugs)


def last_frozen(tx: Transaction) -> Week | None:
    """The newest week whose regular issue exists (R3)."""
    week = issues.last_regular_week(tx)
    return Week.parse(week) if week else None


def queue_items(
    chain: Chain, ids: Sequence[int], *, week: str | None, every: bool, by: str = ""
) -> list[tuple[int, str]]:
    """Queue drafts and store their week; `by` is who lets them in, empty for a program.

    Raises:
        Misconfigured: neither numbers nor `every`.
        NotFound: a number is no item.
        Conflict: the named week is frozen, or an item still holds `[[TK]]`.
    """
    if not ids and not every:
        raise Misconfigured("No draft is named.", Remedy.NAME_DRAFTS)
    own = Week.parse(week) if week else None
    with chain.db.write() as tx:
        frozen = last_frozen(tx)
        if own is not None and not every and frozen is not None and own <= frozen:
            raise Conflict(f"{own} is frozen: its issue exists. Choose a week after {frozen}.")
        if every:
            # --all --week W means the drafts that stand in W; they keep that week.
            chosen = items.listing(
                tx, week=str(own) if own else None, state=ItemState.DRAFT, limit=1_000_000
            )
        else:
            known = items.get(tx, ids)
            missing = [str(one) for one in ids if one not in known]
            if missing:
                raise NotFound(f"There is no item {', '.join(missing)}.", Remedy.SEE_ITEMS)
            chosen = list(known.values())
        for item in chosen:
            if left := unfinished(item.news):
                raise Conflict(
                    f"Item {item.id} is not finished: [[TK]] is left in {' and '.join(left)}."
                )
        done: list[tuple[int, str]] = []
        for item in chosen:
            stored = own or _queued_week(item, frozen)
            items.set_week(tx, item.id, str(stored))
            items.set_state(tx, [item.id], ItemState.QUEUED)
            done.append((item.id, str(stored)))
        items.set_queued_by(tx, [item_id for item_id, _ in done], by)
    return done


def _queued_week(item: Item, frozen: Week | None) -> Week:
    own = Week.parse(item.week)
    if frozen is None or own > frozen:
        return own
    return stored_week(item.news.date, frozen)


def withdraw_items(chain: Chain, ids: Sequence[int]) -> Withdrawn:
    """Withdraw items and void the approvals that carried them (P6).

    Raises:
        Misconfigured: no numbers.
        NotFound: a number is no item.
    """
    if not ids:
        raise Misconfigured("No item is named.", Remedy.NAME_ITEMS)
    with chain.db.write() as tx:
        known = items.get(tx, ids)
        missing = [str(one) for one in ids if one not in known]
        if missing:
            raise NotFound(f"There is no item {', '.join(missing)}.", Remedy.SEE_ITEMS)
        weeks = weeks_of(tx, ids)
        items.set_state(tx, ids, ItemState.WITHDRAWN)
        voided = void_approvals(tx, set(ids), weeks, now=chain.clock())
        gone = _frozen_with(tx, set(ids), weeks)
    assemble_again(chain, voided)
    return Withdrawn(items=len(known), voided=tuple(voided), gone=gone)


def _frozen_with(tx: Transaction, ids: set[int], weeks: Sequence[str]) -> tuple[str, ...]:
    names: list[str] = []
    for week in weeks:
        frozen = issues.find(tx, week=week)
        if frozen and any(
            p.item_id in ids for e in editions.of_week(tx, week).values() for p in e.placements
        ):
            names.extend(issue.name for issue in frozen)
    return tuple(names)
