"""Keeps who approved which content of an edition for how many readers (P6); it judges nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from briefings.model.delivery import SeedsFirst
from briefings.store.instants import instant, instant_or_none, stored

if TYPE_CHECKING:
    from briefings.store.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What was approved: the content by its hash, for how many readers, by whom, when (UTC).

    `seeds` says that seed readers get it before all others.
    """

    content_hash: str
    count: int
    by: str
    at: datetime
    seeds: SeedsFirst | None = None


def approve(
    tx: Transaction,
    week: str,
    specialization: str,
    *,
    content_hash: str,
    count: int,
    by: str,
    now: datetime,
    seeds: SeedsFirst | None = None,
) -> bool:
    """Approve a draft or held edition as it was looked at; False when it changed meanwhile.

    `content_hash` is what `content_hash_of` gave with the content that the editor saw, `count`
    today's number of readers (P6).
    """
    return (
        tx.execute(
            "UPDATE edition SET state = 'approved', reason = NULL, approved_hash = :hash, "
            "approved_count = :count, approved_by = :by, approved_at = :now, updated_at = :now, "
            "seeds_first = :most, release_at = :release_at "
            "WHERE week = :week AND specialization = :slug AND state IN ('draft', 'held') "
            "AND content_hash = :hash",
            hash=content_hash,
            count=count,
            by=by,
            now=stored(now),
            most=None if seeds is None else seeds.most,
            release_at=None if seeds is None else stored(seeds.release_at),
            week=week,
            slug=specialization,
        )
        == 1
    )


def unapprove(tx: Transaction, week: str, specialization: str, *, now: datetime) -> bool:
    """Void an approval: the edition is a draft again; False when it was not approved."""
    return (
        tx.execute(
            "UPDATE edition SET state = 'draft', approved_hash = NULL, approved_count = NULL, "
            "approved_by = NULL, approved_at = NULL, seeds_first = NULL, release_at = NULL, "
            "updated_at = :now "
            "WHERE week = :week AND specialization = :slug AND state = 'approved'",
            now=stored(now),
            week=week,
            slug=specialization,
        )
        == 1
    )


def approvals(tx: Transaction, week: str) -> dict[str, Approval]:
    """Give who approved what in a week, by specialization."""
    rows = tx.rows(
        "SELECT specialization, approved_hash, approved_count, approved_by, approved_at, "
        "seeds_first, release_at "
        "FROM edition WHERE week = :week AND approved_at IS NOT NULL ORDER BY specialization",
        week=week,
    )
    return {
        row[0]: Approval(
            content_hash=row[1],
            count=row[2],
            by=row[3],
            at=instant(row[4]),
            seeds=None
            if row[5] is None
            else SeedsFirst(most=row[5], release_at=instant_or_none(row[6])),
        )
        for row in rows
    }
