"""Approve editions: freeze their content hash and today's count (P6); it opens no issue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from briefings.errors import Refused
from briefings.model.delivery import IssueKind
from briefings.model.edition import EditionState
from briefings.pipeline.chain import Chain
from briefings.pipeline.prepare import chosen, load_catalogue, prepare
from briefings.pipeline.timetable import timetable
from briefings.store import editions, issues, items, readers
from briefings.store.database import Transaction
from briefings.weeks import Week

OPEN_TO_APPROVAL = (EditionState.DRAFT, EditionState.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What approving came to: slugs approved, those passed over with the reason, and readers."""

    editions: tuple[str, ...]
    passed_over: tuple[tuple[str, str], ...]
    readers: int


def approve(chain: Chain, week: Week, only: Sequence[str] = (), *, by: str) -> Approved:
    """Approve the week's drafts (or those named), assembling first what was never assembled.

    Raises:
        Refused: editions were named and one of them cannot be approved; nothing is approved then.
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
    approved: list[str] = []
    passed: list[tuple[str, str]] = []
    with chain.db.write() as tx:
        known = editions.of_week(tx, str(week))
        audience = audience_by_specialization(tx)
        for slug in slugs:
            edition = known[slug]
            if edition.state not in OPEN_TO_APPROVAL:
                reason = f"{edition.state}{f' ({edition.reason})' if edition.reason else ''}"
                passed.append((slug, reason))
                continue
            if closed is not None:
                passed.append((slug, f"{edition.state}: {closed}"))
                continue
            editions.approve(
                tx,
                str(week),
                slug,
                content_hash=editions.content_hash(edition),
                count=audience.get(slug, 0),
                by=by,
                now=now,
            )
            approved.append(slug)
        if (
            only
            and not approved
            and any("approved" not in r and "published" not in r for _, r in passed)
        ):
            slug, reason = passed[0]
            raise Refused(f"{slug} of {week} cannot be approved: it is {reason}.")
        return Approved(
            editions=tuple(approved),
            passed_over=tuple(passed),
            readers=sum(
                n
                for chosen_by, n in readers.count_by_specializations(tx).items()
                if set(chosen_by) & set(approved)
            ),
        )


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


def audience_by_specialization(tx: Transaction) -> dict[str, int]:
    """Count confirmed readers per specialization; a reader of two counts in both."""
    counts: dict[str, int] = {}
    for slugs, number in readers.count_by_specializations(tx).items():
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
