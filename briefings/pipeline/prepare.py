"""Turn the queued items of a week into draft editions; it approves nothing and mails nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from briefings.assemble import Skip, assemble
from briefings.errors import NotFound
from briefings.model.catalogue import Catalogue
from briefings.model.edition import Edition, EditionState
from briefings.model.news import Item
from briefings.pipeline.chain import Chain
from briefings.store import catalogue as catalogues
from briefings.store import editions, items
from briefings.store.database import Transaction
from briefings.weeks import Week

FIXED = (EditionState.APPROVED, EditionState.PUBLISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What assembling came to; `kept` editions were approved or published and stay as they are."""

    made: tuple[Edition, ...]
    skipped: tuple[Skip, ...]
    kept: tuple[Edition, ...]


def load_catalogue(tx: Transaction) -> Catalogue:
    """Return the stored catalogue.

    Raises:
        NotFound: none was loaded yet.
    """
    if catalogues.is_empty(tx):
        raise NotFound("The catalogue is empty: run `briefings catalogue load catalogue` first.")
    return catalogues.load(tx)


def chosen(catalogue: Catalogue, only: Sequence[str]) -> tuple[str, ...]:
    """Return the slugs to work on: all, or those named.

    Raises:
        NotFound: a name is not a specialization.
    """
    for slug in only:
        if not catalogue.has_specialization(slug):
            known = ", ".join(s.slug for s in catalogue.specializations)
            raise NotFound(f"There is no specialization {slug!r}; there are: {known}")
    return tuple(only) or tuple(s.slug for s in catalogue.specializations)


def draft(tx: Transaction, chain: Chain, week: Week, only: Sequence[str] = ()) -> Prepared:
    """Assemble editions in memory out of what is stored; nothing is written."""
    catalogue = load_catalogue(tx)
    monday = week.mail_monday
    current = items.in_week(tx, str(week))
    until = monday - timedelta(days=1)
    older = items.between(tx, monday - timedelta(days=chain.thin.never_older_days), until)
    earlier = [item for item in older if item.week < str(week)]
    stored = editions.of_week(tx, str(week))
    made: list[Edition] = []
    skipped: list[Skip] = []
    kept: list[Edition] = []
    for slug in chosen(catalogue, only):
        known = stored.get(slug)
        if known is not None and known.state in FIXED:
            kept.append(known)
            continue
        outcome = assemble(
            week,
            catalogue.specialization(slug),
            current,
            earlier=earlier,
            carried=editions.carried(tx, slug, str(week)),
            joined=_held_before(tx, slug, week),
            catalogue=catalogue,
            rules=chain.thin,
        )
        if isinstance(outcome, Skip):
            skipped.append(outcome)
        else:
            made.append(_keep_words(outcome, known))
    return Prepared(made=tuple(made), skipped=tuple(skipped), kept=tuple(kept))


def _keep_words(edition: Edition, known: Edition | None) -> Edition:
    """An editor's subject and intro survive a new assembling of the same draft."""
    if known is None:
        return edition
    return replace(edition, subject=known.subject, intro=known.intro)


def _held_before(tx: Transaction, slug: str, week: Week) -> list[Item]:
    """The items of this specialization's edition that was held at last week's freeze (R4)."""
    before = editions.get(tx, str(week.previous()), slug)
    if before is None or before.state is not EditionState.HELD:
        return []
    keys = [(p.item_id, p.revision) for p in before.placements]
    return list(items.at(tx, keys).values())


def prepare(
    chain: Chain,
    week: Week,
    only: Sequence[str] = (),
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Prepared:
    """Assemble a week and store its draft editions; approved and published ones are left alone."""
    now = chain.clock()
    with chain.db.read() as tx:
        prepared = draft(tx, chain, week, only)
    everything = [*prepared.made, *(_as_edition(skip) for skip in prepared.skipped)]
    with chain.db.write() as tx:
        for done, edition in enumerate(everything, 1):
            editions.put(tx, edition, now=now)
            progress(done, len(everything))
    return prepared


def _as_edition(skip: Skip) -> Edition:
    return Edition(
        specialization=skip.specialization,
        week=str(skip.week),
        placements=(),
        state=EditionState.SKIPPED,
        reason=skip.reason,
    )


def placed_items(tx: Transaction, chosen: Mapping[str, Edition]) -> dict[tuple[int, int], Item]:
    """Load every item revision that the editions carry."""
    keys = {(p.item_id, p.revision) for e in chosen.values() for p in e.placements}
    return dict(items.at(tx, sorted(keys)))
