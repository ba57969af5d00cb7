"""Who would get what, when and why: the decisions of the freeze, on paper; it writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from briefings.config import Settings
from briefings.model.delivery import IssueKind
from briefings.model.edition import Edition, EditionState
from briefings.model.news import Item
from briefings.pipeline.audience import GOES, Audience, gather
from briefings.pipeline.chain import Chain
from briefings.pipeline.open_issue import issue_audience
from briefings.pipeline.prepare import draft, load_catalogue
from briefings.pipeline.runs import SINCE, judge, run_status, unmade
from briefings.pipeline.timetable import timetable
from briefings.store import deliveries, editions, instance, issues, readers
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


def candidates_of(tx: Transaction, chain: Chain, week: Week) -> dict[str, Edition]:
    """The editions of a week as stored, and in memory those that nobody assembled yet."""
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
    candidates = candidates_of(tx, chain, week)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One reader's plan of a week beside that of the week before."""

    before: Planned
    planned: Planned

    @property
    def change(self) -> str | None:
        """What became different in kind, in words; None for a mail after a mail."""
        was, now = self.before.skipped, self.planned.skipped
        if was == now:
            return None
        if now is None:
            return f"gets a mail; the week before none ({was})"
        return f"gets none ({now}); the week before " + (f"none ({was})" if was else "a mail")


def compare(chain: Chain, week: Week) -> Iterator[Difference]:
    """Yield every reader's plan beside that of the week before, by id; nothing is gathered."""
    both = zip(simulate(chain, week.previous()), simulate(chain, week), strict=False)
    for before, planned in both:
        yield Difference(before=before, planned=planned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What a tick at an instant would make of a week: planned, made, make, hold or skip."""

    week: Week
    outcome: str
    cut_off: datetime
    reason: str


def foresee(chain: Chain, settings: Settings, week: Week, now: datetime) -> list[Foreseen]:
    """Say which runs a tick at `now` would find and what it would do, and where `week` stands."""
    with chain.db.read() as tx:
        began = datetime.fromisoformat(instance.get(tx, SINCE) or now.isoformat())
        table = timetable(tx, chain)
        found = {one: judge(tx, chain, settings, one, now) for one in unmade(tx, chain, now, began)}
        status = run_status(tx, chain, week, now)
    weeks = {
        one: Foreseen(
            week=one,
            outcome=judged.verdict.value,
            cut_off=table.cut_off(one),
            reason=judged.reason,
        )
        for one, judged in found.items()
    }
    asked = Foreseen(
        week=week, outcome=status.state, cut_off=status.cut_off, reason=status.reason or ""
    )
    return [one for _, one in sorted({week: asked, **weeks}.items())]


def headlines(loaded: Mapping[tuple[int, int], Item], carried: Sequence[int]) -> list[str]:
    """The headlines of carried items in the mail's order."""
    by_id = {item_id: item.news.headline for (item_id, _), item in loaded.items()}
    return [by_id[item_id] for item_id in carried]
