"""The weeks ahead as an editor wants to see them: editions, warnings, waves; it writes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from briefings.model.edition import Edition, Part
from briefings.model.frequency import Frequency
from briefings.pipeline.chain import Chain
from briefings.pipeline.runs import RunStatus, run_status
from briefings.pipeline.simulate import candidates_of
from briefings.pipeline.timetable import timetable
from briefings.store import audiences
from briefings.store.database import Transaction
from briefings.weeks import Week, in_slot

WEEKS_AHEAD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """The mails that are due at one instant. `readers` is how many live by that hour today."""

    due_at: datetime
    readers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """One week ahead. `thin` and `empty` name editions with too little news of the week, and none.

    What fills them under "Earlier" does not count: news may still come.
    """

    week: Week
    run: RunStatus
    editions: tuple[Edition, ...]
    thin: tuple[str, ...]
    empty: tuple[str, ...]
    waves: tuple[Wave, ...]


def calendar(chain: Chain, weeks: int = WEEKS_AHEAD) -> list[Ahead]:
    """Look at the next weeks, from the first whose mail has not left everywhere yet.

    Editions that nobody assembled yet are assembled in memory out of today's items. Waves count
    readers by zone and rhythm; who pauses or gets nothing new is counted too.
    """
    now = chain.clock()
    with chain.db.read() as tx:
        people = audiences.count_by_zone(tx)
        first = first_ahead(tx, chain, now)
        return [_ahead(tx, chain, first.shift(n), people, now) for n in range(weeks)]


def first_ahead(tx: Transaction, chain: Chain, now: datetime) -> Week:
    """The first week whose mail has not left everywhere yet."""
    week = Week.of(now).previous()
    while timetable(tx, chain).day(week) < now.date():
        week = week.next()
    return week


def _ahead(
    tx: Transaction,
    chain: Chain,
    week: Week,
    people: dict[tuple[str | None, Frequency], int],
    now: datetime,
) -> Ahead:
    table = timetable(tx, chain)
    stored = candidates_of(tx, chain, week)
    sizes = {slug: own_news(edition) for slug, edition in sorted(stored.items())}
    waves: Counter[datetime] = Counter()
    for (name, frequency), number in people.items():
        if in_slot(frequency, week):
            waves[table.due(week, name)] += number
    return Ahead(
        week=week,
        run=run_status(tx, chain, week, now),
        editions=tuple(edition for _, edition in sorted(stored.items())),
        thin=tuple(slug for slug, size in sizes.items() if 0 < size < chain.thin.minimum),
        empty=tuple(slug for slug, size in sizes.items() if not size),
        waves=tuple(Wave(due_at=at, readers=waves[at]) for at in sorted(waves)),
    )


def own_news(edition: Edition) -> int:
    """Count the items of an edition that are of its own week."""
    return sum(place.part is Part.WEEK for place in edition.placements)


def as_document(ahead: list[Ahead]) -> dict[str, object]:
    """The form of `calendar --json`; instants are ISO 8601 UTC."""
    return {
        "weeks": [
            {
                "week": str(one.week),
                "days": one.week.label(),
                "run": run_document(one.run),
                "editions": [
                    {
                        "specialization": edition.specialization,
                        "state": edition.state.value,
                        "reason": edition.reason,
                        "items": len(edition.placements),
                        "of_the_week": own_news(edition),
                    }
                    for edition in one.editions
                ],
                "thin": list(one.thin),
                "empty": list(one.empty),
                "waves": [
                    {"due_at": zulu(wave.due_at), "readers": wave.readers} for wave in one.waves
                ],
            }
            for one in ahead
        ]
    }


def run_document(run: RunStatus) -> dict[str, object]:
    """A run as it stands in JSON."""
    return {
        "week": run.week,
        "state": run.state,
        "reason": run.reason,
        "cut_off": zulu(run.cut_off),
        "moved_to": run.moved_to,
    }


def zulu(moment: datetime) -> str:
    """Write an instant like 2026-08-24T06:00:00Z."""
    return moment.isoformat().replace("+00:00", "Z")
