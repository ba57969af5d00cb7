"""Moves editions out of a freeze: with which issue each went, or that it stayed behind (P5, R4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from briefings.model.edition import Edition
from briefings.model.news import News
from briefings.store import edition_words, editions
from briefings.store.codec import loads
from briefings.store.instance import next_number
from briefings.store.instants import stored
from briefings.store.issues import RELEASED
from briefings.store.tables import parts, places

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from briefings.store.database import Transaction


_TOLD = (
    "FROM edition JOIN placement ON placement.edition_id = edition.id "
    "JOIN item ON item.id = placement.item_id "
    "WHERE edition.state = 'published' AND edition.week >= ? AND edition.week < ?"
)


def publish(
    tx: Transaction, week: str, slug: str, *, issue_id: int, subject: str | None, now: datetime
) -> bool:
    """Let an approved edition go with an issue; False when it is not approved any more.

    `subject` is that of the plain mail: what next week's must differ from. None without a mail.
    """
    rows = tx.rows(
        "UPDATE edition SET state = 'published', reason = NULL, issue_id = :issue_id, "
        "sent_subject = :subject, updated_at = :now "
        "WHERE week = :week AND specialization = :slug AND state = 'approved' RETURNING id",
        issue_id=issue_id,
        subject=subject,
        now=stored(now),
        week=week,
        slug=slug,
    )
    for (edition_id,) in rows:
        edition_words.keep(tx, int(edition_id))
    return bool(rows)


def leave_behind(tx: Transaction, week: str, *, reason: str, now: datetime) -> None:
    """Hold what is a draft at the freeze, and mark all that is held as left behind (R4)."""
    tx.execute(
        "UPDATE edition SET state = 'held', reason = :reason WHERE week = :week "
        "AND state = 'draft'",
        reason=reason,
        week=week,
    )
    tx.execute(
        "UPDATE edition SET held_at = :now WHERE week = :week AND state = 'held' "
        "AND held_at IS NULL",
        now=stored(now),
        week=week,
    )


def left_behind(tx: Transaction, week: str) -> frozenset[str]:
    """Give the specializations whose edition of a week was held at its freeze, gone or not."""
    rows = tx.rows(
        "SELECT specialization FROM edition WHERE week = :week AND held_at IS NOT NULL", week=week
    )
    return frozenset(str(row[0]) for row in rows)


def gone_with(tx: Transaction, week: str) -> dict[str, int]:
    """Give the issue that each published edition of a week went with, by specialization."""
    rows = tx.rows(
        "SELECT specialization, issue_id FROM edition WHERE week = :week "
        "AND state = 'published' AND issue_id IS NOT NULL",
        week=week,
    )
    return {str(row[0]): int(row[1]) for row in rows}


def newest_published(tx: Transaction, until_week: str, from_week: str) -> dict[str, Edition]:
    """Give each specialization's newest published edition in a range of weeks, ends included.

    What only seed readers may have so far is left out.
    """
    rows = tx.rows(
        "SELECT specialization, MAX(week) FROM edition WHERE state = 'published' "  # noqa: S608 - our own text
        f"AND week BETWEEN :since AND :until AND {RELEASED} "
        "GROUP BY specialization ORDER BY specialization",
        since=from_week,
        until=until_week,
    )
    by_week: dict[str, list[str]] = {}
    for slug, week in rows:
        by_week.setdefault(str(week), []).append(str(slug))
    found: dict[str, Edition] = {}
    for week, slugs in by_week.items():
        found.update(editions.of_week(tx, week, slugs))
    return dict(sorted(found.items()))


def carrying(tx: Transaction, item_id: int) -> list[tuple[str, str]]:
    """Give (week, specialization) of every edition that carries an item, oldest first."""
    rows = tx.rows(
        "SELECT edition.week, edition.specialization FROM placement "
        "JOIN edition ON edition.id = placement.edition_id WHERE placement.item_id = :id "
        "ORDER BY edition.week, edition.specialization",
        id=item_id,
    )
    return [(str(row[0]), str(row[1])) for row in rows]


def change_placement(
    tx: Transaction,
    edition: Edition,
    item_id: int,
    to_revision: int | None,
    *,
    by: str,
    now: datetime,
) -> None:
    """Give an edition another revision of an item, or none with None, in whatever state it is.

    Where the edition is approved or published, its approval is renewed in the same act (R12).
    """
    kept = tuple(
        replace(p, revision=to_revision) if p.item_id == item_id and to_revision else p
        for p in edition.placements
        if p.item_id != item_id or to_revision is not None
    )
    fingerprint = editions.content_hash(replace(edition, placements=kept))
    here = (
        "item_id = :item_id AND edition_id = "
        "(SELECT id FROM edition WHERE week = :week AND specialization = :slug)"
    )
    if to_revision is None:
        tx.execute(
            f"DELETE FROM placement WHERE {here}",  # noqa: S608 - our own text
            item_id=item_id,
            week=edition.week,
            slug=edition.specialization,
        )
    else:
        tx.execute(
            f"UPDATE placement SET item_revision = :revision WHERE {here}",  # noqa: S608 - our own text
            revision=to_revision,
            item_id=item_id,
            week=edition.week,
            slug=edition.specialization,
        )
    for (edition_id,) in tx.rows(
        "UPDATE edition SET revision = revision + 1, content_hash = :hash, updated_at = :now "
        "WHERE week = :week AND specialization = :slug RETURNING id",
        hash=fingerprint,
        now=stored(now),
        week=edition.week,
        slug=edition.specialization,
    ):
        edition_words.keep(tx, int(edition_id))
    tx.execute(
        "UPDATE edition SET approved_hash = :hash, approved_by = :by, approved_at = :now "
        "WHERE week = :week AND specialization = :slug AND state IN ('approved', 'published')",
        hash=fingerprint,
        by=by,
        now=stored(now),
        week=edition.week,
        slug=edition.specialization,
    )
    next_number(tx, "content")


def approved_after_freeze(tx: Transaction) -> list[str]:
    """Give the weeks that wait for a late issue: frozen, with an approved edition or half made."""
    rows = tx.rows(
        "SELECT DISTINCT edition.week FROM edition JOIN issue ON issue.week = edition.week "
        "AND issue.kind = 'regular' AND issue.state <> 'freezing' "
        "WHERE edition.state = 'approved' "
        "UNION SELECT week FROM issue WHERE kind = 'late' AND state = 'freezing' ORDER BY 1"
    )
    return [str(row[0]) for row in rows]


def content_version(tx: Transaction) -> int:
    """Give a number that grows whenever published content changes: corrections do that (R12)."""
    row = tx.one("SELECT value FROM counter WHERE name = 'content'")
    return 0 if row is None else int(row[0])


def versions_told(
    tx: Transaction, slugs: Sequence[str], from_week: str, before_week: str
) -> dict[str, dict[str, list[str]]]:
    """Give the versions of each tool that published editions told of, by specialization and tool.

    `from_week` is the first week that counts, `before_week` the first that does not; as it was
    published. Words are read only of items that changed since: 26 weeks of 200 editions carry
    40,000.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for part in parts(sorted(set(slugs))):
        values = (from_week, before_week, *part)
        for slug, tool, version in tx.fetch(
            f"SELECT DISTINCT edition.specialization, item.about, item.version {_TOLD} "
            "AND item.revision = placement.item_revision AND item.kind = 'tool_change' "
            f"AND item.version <> '' AND edition.specialization IN ({places(part)})",
            values,
        ):
            found.setdefault(slug, {}).setdefault(tool, []).append(version)
        for slug, text in tx.fetch(
            "SELECT edition.specialization, (SELECT news FROM item_revision "  # noqa: S608 - only places
            "WHERE item_revision.item_id = placement.item_id "
            f"AND item_revision.revision = placement.item_revision) {_TOLD} "
            "AND item.revision <> placement.item_revision "
            f"AND edition.specialization IN ({places(part)})",
            values,
        ):
            news = loads(News, text)
            if news.tool and news.version:
                found.setdefault(slug, {}).setdefault(news.tool, []).append(news.version)
    return found


def published(
    tx: Transaction, slugs: Collection[str], from_week: str, before_week: str
) -> dict[str, list[tuple[int, int]]]:
    """Give number and revision of what was published in a span of weeks, by specialization.

    As long as this and `content_version` stay, so does what `versions_told` says of the span.
    """
    found: dict[str, list[tuple[int, int]]] = {}
    for slug, number, revision in tx.fetch(
        "SELECT specialization, id, revision FROM edition "
        "WHERE week >= ? AND week < ? AND state = 'published' ORDER BY week",
        (from_week, before_week),
    ):
        if slug in slugs:
            found.setdefault(slug, []).append((number, revision))
    return found
