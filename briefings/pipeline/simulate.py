"""Who would get what, when and why: the decisions of the freeze, on paper; it writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from briefings.model.delivery import IssueKind
from briefings.model.edition import Edition, EditionState
from briefings.model.news import Item
from briefings.pipeline.audience import GOES, Audience, gather
from briefings.pipeline.chain import Chain
from briefings.pipeline.open_issue import issue_audience
from briefings.pipeline.prepare import draft, load_catalogue
from briefings.store import deliveries, editions, issues, readers
from briefings.store.database import Transaction
from briefings.weeks import Week

BATCH = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What one confirmed reader would get; `skipped` is the reason when there is no mail."""

    email: str
    due_at: datetime
    specializations: tuple[str, ...]
    items: tuple[str, ...]
    skipped: str | None


def _candidates(tx: Transaction, chain: Chain, week: Week) -> dict[str, Edition]:
    stored = editions.of_week(tx, str(week))
    fresh = draft(tx, chain, week)
    candidates = {e.specialization: e for e in (*fresh.made, *fresh.kept)}
    for skip in fresh.skipped:
        candidates[skip.specialization] = Edition(
            specialization=skip.specialization,
            week=str(week),
            placements=(),
            state=EditionState.SKIPPED,
            reason=skip.reason,
        )
    # A person's word (a stored draft as assembled, a hold, a skip) stands over a new assembling.
    return {**candidates, **stored}


def audience_of(tx: Transaction, chain: Chain, week: Week) -> tuple[Audience, bool]:
    """The audience as a freeze would see it if all drafts were approved; whether it is frozen."""
    regular = issues.find(tx, week=str(week), kind=IssueKind.REGULAR)
    if regular:
        return issue_audience(tx, chain, regular[0]), True
    candidates = _candidates(tx, chain, week)
    return gather(tx, chain, week, load_catalogue(tx), candidates, going=GOES), False


def simulate(chain: Chain, week: Week) -> Iterator[Planned]:
    """Yield every reader confirmed today, by id.

    Items that the reader got in issues of this week or later do not count as received, so a past
    week shows what it was.
    """
    with chain.db.read() as tx:
        audience, _ = audience_of(tx, chain, week)
        ids = audience.item_ids
    today = chain.clock()
    after = 0
    while True:
        with chain.db.read() as tx:
            batch = readers.batch(tx, after_id=after, limit=BATCH, confirmed_before=today)
            if not batch:
                return
            got = deliveries.received(tx, ids, batch[0].id, batch[-1].id, before_week=str(week))
        for reader in batch:
            made = audience.decide(reader, got.get(reader.id, frozenset()))
            composition = made.composition
            yield Planned(
                email=reader.email,
                due_at=made.due_at,
                specializations=reader.preferences.specializations,
                items=tuple(headlines(audience.items, composition.carried)) if composition else (),
                skipped=made.reason.value if made.reason else None,
            )
        after = batch[-1].id


def headlines(loaded: Mapping[tuple[int, int], Item], carried: Sequence[int]) -> list[str]:
    """The headlines of carried items in the mail's order."""
    by_id = {item_id: item.news.headline for (item_id, _), item in loaded.items()}
    return [by_id[item_id] for item_id in carried]
