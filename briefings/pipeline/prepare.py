"""Turn the queued items of a week into draft editions; it approves nothing and mails nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from briefings.assemble import Skip, ThinRules, assemble
from briefings.assemble.choices import laid_over, without_left_out
from briefings.assemble.edition import MERGED
from briefings.errors import NotFound, Remedy
from briefings.model.catalogue import Catalogue
from briefings.model.edition import Choices, Edition, EditionState
from briefings.model.news import Item, ItemState
from briefings.pipeline.chain import Chain
from briefings.store import catalogue as catalogues
from briefings.store import choices as choice_store
from briefings.store import editions, items, publishing, runs
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
        raise NotFound("The catalogue is empty.", Remedy.LOAD_CATALOGUE)
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


def choices_of(tx: Transaction, week: Week, slug: str) -> tuple[int, Choices]:
    """Give the number of the newest change of an edition, 0 before the first, and its choices."""
    newest = choice_store.newest(tx, str(week), slug)
    if newest is None:
        return 0, _words_of(editions.get(tx, str(week), slug))
    return newest.n, newest.choices


def draft(
    tx: Transaction,
    chain: Chain,
    week: Week,
    only: Sequence[str] = (),
    *,
    trying: Mapping[str, Choices] | None = None,
) -> Prepared:
    """Assemble editions in memory out of what is stored; nothing is written.

    The editors' choices are laid over them, those in `trying` in the place of the stored ones: such
    editions are made anew even where they are approved.
    """
    catalogue = load_catalogue(tx)
    monday = week.mail_monday
    current = items.in_week(tx, str(week))
    until = monday - timedelta(days=1)
    older = items.between(tx, monday - timedelta(days=chain.thin.never_older_days), until)
    earlier = [item for item in older if item.week < str(week)]
    stored = editions.of_week(tx, str(week))
    decided = {slug: one.choices for slug, one in choice_store.of_week(tx, str(week)).items()}
    if trying is not None:
        decided = {**decided, **trying}
    made: list[Edition] = []
    skipped: list[Skip] = []
    kept: list[Edition] = []
    for slug in chosen(catalogue, only):
        known = stored.get(slug)
        if known is not None and known.state in FIXED and slug not in (trying or {}):
            kept.append(known)
            continue
        choices = decided.get(slug) or _words_of(known)
        if choices.skipped:
            skipped.append(Skip(specialization=slug, week=str(week), reason=choices.skipped))
            continue
        outcome = assemble(
            week,
            catalogue.specialization(slug),
            without_left_out(current, choices),
            earlier=without_left_out(earlier, choices),
            carried=editions.carried(tx, slug, str(week)),
            joined=without_left_out(_joined(tx, slug, week, chain.thin), choices),
            catalogue=catalogue,
            rules=chain.thin,
        )
        if isinstance(outcome, Skip):
            skipped.append(outcome)
        else:
            made.append(laid_over(outcome, choices))
    return Prepared(made=tuple(made), skipped=tuple(skipped), kept=tuple(kept))


def _words_of(known: Edition | None) -> Choices:
    """The choices behind an edition that nobody changed at the desk: no more than its words."""
    if known is None:
        return Choices()
    return Choices(subject=known.subject, intro=known.intro, preheader=known.preheader)


def _joined(tx: Transaction, slug: str, week: Week, rules: ThinRules) -> list[Item]:
    """The items that weeks before owe this specialization: they come under "Earlier" (R4).

    That is what stands in an edition held at its freeze, also when it went late, and everything of
    weeks that made no mail: merged with the next, or skipped by a person.
    """
    owed: dict[int, Item] = {}
    for back in range(1, rules.never_older_days // 7 + 1):
        before = str(week.shift(-back))
        edition = editions.get(tx, before, slug)
        if edition is not None and slug in publishing.left_behind(tx, before):
            owed.update(items.get(tx, [p.item_id for p in edition.placements]))
            break  # what it was owed itself stands in it already
        if edition is not None and edition.state is EditionState.PUBLISHED:
            break
        merged = edition is not None and edition.reason == MERGED
        run = runs.of_week(tx, before)
        unsent = run is not None and run.decision is not None and run.decided_by != runs.RESTORE
        if merged or unsent:
            owed.update((item.id, item) for item in items.in_week(tx, before))
    return [item for item in owed.values() if item.state is ItemState.QUEUED]


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
    everything = [*prepared.made, *(as_edition(skip) for skip in prepared.skipped)]
    with chain.db.write() as tx:
        for done, edition in enumerate(everything, 1):
            editions.put(tx, edition, now=now)
            progress(done, len(everything))
    return prepared


def as_edition(skip: Skip) -> Edition:
    """Give a skip the form in which it is stored."""
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
