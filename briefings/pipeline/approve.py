"""Approve editions: freeze their content hash and today's count (P6); it opens no issue."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from briefings.assemble.subject import one_line
from briefings.errors import Refused
from briefings.model.delivery import IssueKind, SeedsFirst
from briefings.model.edition import Edition, EditionState
from briefings.pipeline.chain import Chain
from briefings.pipeline.examine import Looked, examine
from briefings.pipeline.noting import note
from briefings.pipeline.prepare import chosen, load_catalogue, prepare
from briefings.pipeline.seeding import foreseen, refuse_hour
from briefings.pipeline.timetable import timetable
from briefings.store import editions, issues, items, readers
from briefings.store.database import Transaction
from briefings.weeks import Week

CHANGED = "changed while it was looked over: look at it again"
DONE = (EditionState.APPROVED, EditionState.PUBLISHED)
OPEN_TO_APPROVAL = (EditionState.DRAFT, EditionState.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What approving came to: slugs approved, those passed over with the reason, and readers.

    `seeds` of the readers get it before all others; `at` is the instant of these approvals.
    """

    editions: tuple[str, ...]
    passed_over: tuple[tuple[str, str], ...]
    readers: int
    at: datetime
    blocked: tuple[str, ...] = ()
    seeds: int = 0


def approve(
    chain: Chain,
    week: Week,
    only: Sequence[str] = (),
    *,
    by: str,
    despite: str = "",
    hold_blocked: bool = False,
    seen: Mapping[str, str] | None = None,
    seeds: SeedsFirst | None = None,
) -> Approved:
    """Approve the week's drafts (or those named), assembling first what was never assembled.

    What preflight blocks is passed over, with the list, and held with `hold_blocked`. `despite` is
    a person's reason to let it go all the same; it is kept with the edition, and findings that are
    final stop it still. `seen` holds content hashes by specialization: an edition is approved only
    as it was looked at. With `seeds` the issue goes to seed readers first.

    Raises:
        Refused: editions were named and none of them can be approved; none of them has a seed
            reader who would get it first, or the hour of their release cannot be.
    """
    with chain.db.read() as tx:
        known = editions.of_week(tx, str(week))
        slugs = chosen(load_catalogue(tx), only)
    fresh = [slug for slug in slugs if slug not in known]
    if fresh:
        prepare(chain, week, fresh)
    now = chain.clock()
    with chain.db.read() as tx:
        closed = _closed(tx, chain, week, now)
    looked = examine(chain, week, slugs if only else ())
    despite = one_line(despite)
    approved: list[str] = []
    blocked: list[str] = []
    passed: list[tuple[str, str]] = []
    with chain.db.write() as tx:
        known = editions.of_week(tx, str(week))
        alike = readers.count_by_specializations(tx)
        audience = by_specialization(alike)
        refuse_hour(tx, chain, week, seeds)
        for slug in slugs:
            look = looked.get(slug)
            if (why := _not_open(known[slug], look, closed)) is not None or look is None:
                passed.append((slug, why or CHANGED))
                continue
            if why := _stops(look, despite):
                blocked.append(slug)
                passed.append((slug, why))
                if hold_blocked:
                    held = EditionState.HELD
                    editions.set_state(tx, str(week), slug, OPEN_TO_APPROVAL, held, why)
                continue
            if not editions.approve(
                tx,
                str(week),
                slug,
                content_hash=(seen or {}).get(slug) or editions.content_hash(look.edition),
                count=audience.get(slug, 0),
                by=by,
                now=now,
                seeds=seeds,
            ):
                passed.append((slug, CHANGED))
                continue
            approved.append(slug)
            if look.blocking:
                note(tx, week, slug, f"approved it despite preflight: {despite}", by, now)
        first = foreseen(tx, approved, seeds)
        wrong = [(s, r) for s, r in passed if known[s].state not in DONE]
        if only and wrong and not approved and not hold_blocked:
            slug, reason = wrong[0]
            raise Refused(f"{slug} of {week} cannot be approved: it is {reason.rstrip('.')}.")
        return Approved(
            editions=tuple(approved),
            passed_over=tuple(passed),
            blocked=tuple(blocked),
            readers=readers_of(alike, approved),
            at=now,
            seeds=first,
        )


def _not_open(edition: Edition, seen: Looked | None, closed: str | None) -> str | None:
    """Say why an edition cannot be approved whatever stands in it."""
    if edition.state not in OPEN_TO_APPROVAL:
        return f"{edition.state}{f' ({edition.reason})' if edition.reason else ''}"
    if closed is not None:
        return f"{edition.state}: {closed}"
    return None if seen is not None else CHANGED


def _stops(seen: Looked, despite: str) -> str | None:
    """Say what preflight blocks, unless a person said why it may go all the same."""
    stops = [found for found in seen.blocking if found.final or not despite]
    return f"blocked by preflight: {' '.join(each.line() for each in stops)}" if stops else None


def readers_of(alike: Mapping[tuple[str, ...], int], slugs: Collection[str]) -> int:
    """Count readers of any of these specializations, each once, of those counted by their list."""
    chosen = frozenset(slugs)
    return sum(number for listed, number in alike.items() if not chosen.isdisjoint(listed))


def _closed(tx: Transaction, chain: Chain, week: Week, now: datetime) -> str | None:
    """Say why a week takes no approval any more: what is approved after a freeze goes late (R4)."""
    frozen = issues.find(tx, week=str(week), kind=IssueKind.REGULAR)
    end = timetable(tx, chain).closes(week)
    if not frozen or now < end:
        return None
    return (
        f"{week} has gone out, and late issues of it ended at the next cut-off "
        f"({end:%Y-%m-%d %H:%M} UTC): what it held comes with the next edition under Earlier."
    )


def by_specialization(alike: Mapping[tuple[str, ...], int]) -> dict[str, int]:
    """Count readers per specialization, of those counted by their list; one of two counts twice."""
    counts: dict[str, int] = {}
    for slugs, number in alike.items():
        for slug in slugs:
            counts[slug] = counts.get(slug, 0) + number
    return counts


def void_approvals(
    tx: Transaction, item_ids: set[int], weeks: Sequence[str], *, now: datetime
) -> list[tuple[str, str]]:
    """Take back approvals of editions that carry a changed item; (week, slug) of each (P6)."""
    voided: list[tuple[str, str]] = []
    for week in weeks:
        for slug, edition in editions.of_week(tx, week).items():
            carries = any(p.item_id in item_ids for p in edition.placements)
            if carries and edition.state is EditionState.APPROVED:
                editions.unapprove(tx, week, slug, now=now)
                voided.append((week, slug))
    return voided


def weeks_of(tx: Transaction, item_ids: Sequence[int]) -> tuple[str, ...]:
    """The weeks whose editions may carry these items: their own and the four after (R6)."""
    weeks: set[str] = set()
    for item in items.get(tx, item_ids).values():
        own = Week.parse(item.week)
        weeks.update(str(own.shift(n)) for n in range(9))
    return tuple(sorted(weeks))
