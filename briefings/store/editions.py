"""Keeps what each specialization carries in each week; it ranks nothing.

One edition per (specialization, week) is a unique key (P5); every change of state is one
conditional UPDATE whose row count is the answer.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from sqlmodel import Field, Index

from briefings.errors import Conflict
from briefings.model.edition import Edition, EditionFill, EditionState, Part, Placement
from briefings.store import edition_words
from briefings.store.approvals import Approval, approvals, approve, unapprove
from briefings.store.codec import nfc
from briefings.store.instants import Instant, stored
from briefings.store.tables import BigId, Table, parts, places

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from briefings.store.database import Row, Transaction

__all__ = ["Approval", "approvals", "approve", "unapprove"]

_COLUMNS = "id, specialization, week, state, reason, subject, intro, revision, preheader"
_PARTS = {part.value: part for part in Part}
"""A call of an enumeration takes as long as the rest of a row: a board reads 8,000."""
_CLOSED = {EditionState.APPROVED, EditionState.PUBLISHED}


class EditionRow(Table, table=True):
    """One edition; the `approved_` columns are filled while it is approved or published.

    `issue_id` is the mailing that it went with and `sent_subject` the subject of that mailing's
    plain mail; `held_at` is the freeze that left it behind, and stays when it goes later (R4).
    """

    __tablename__ = "edition"
    __table_args__ = (
        Index("uq_edition_specialization_week", "specialization", "week", unique=True),
        Index("ix_edition_week", "week"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    specialization: str
    week: str
    state: str
    reason: str | None = None
    subject: str = ""
    intro: str = ""
    preheader: str = ""
    revision: int = 1
    content_hash: str
    approved_hash: str | None = None
    approved_count: int | None = None
    approved_by: str | None = None
    approved_at: datetime | None = Field(default=None, sa_type=Instant)
    seeds_first: int | None = None
    release_at: datetime | None = Field(default=None, sa_type=Instant)
    sent_subject: str | None = None
    held_at: datetime | None = Field(default=None, sa_type=Instant)
    issue_id: int | None = Field(default=None, sa_type=BigId)
    updated_at: datetime = Field(sa_type=Instant)


class PlacementRow(Table, table=True):
    """An item revision at its place in an edition."""

    __tablename__ = "placement"

    edition_id: int = Field(primary_key=True, sa_type=BigId, foreign_key="edition.id")
    position: int = Field(primary_key=True)
    item_id: int = Field(sa_type=BigId)
    item_revision: int
    part: str
    why_you: str
    ranked: str


def content_hash(edition: Edition) -> str:
    """Give the SHA-256 (hex) of what readers see of an edition: items, order, words; no state."""
    content = [
        nfc(edition.subject),
        nfc(edition.intro),
        [(p.item_id, p.revision, p.part.value, nfc(p.why_you)) for p in edition.placements],
    ]
    if edition.preheader:  # what was approved before there was one keeps its hash
        content.append(nfc(edition.preheader))
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def put(tx: Transaction, edition: Edition, *, now: datetime) -> int:
    """Store an edition, or replace the draft that stands in its place; give its id.

    Equal content keeps the revision, other content makes the next one. A held edition takes new
    content and stays held. Raises Conflict when an approved or published edition would change:
    void the approval first.
    """
    found = of_week(tx, edition.week, (edition.specialization,)).get(edition.specialization)
    fingerprint = content_hash(edition)
    if found is None:
        return _insert(tx, edition, fingerprint, now)
    same = content_hash(found) == fingerprint
    if found.state in _CLOSED:
        if same:
            return _id_of(tx, edition.week, edition.specialization)
        raise Conflict(
            f"the edition {edition.specialization} {edition.week} is {found.state}: void its "
            "approval before changing it"
        )
    held = found.state is EditionState.HELD
    edition_id = _id_of(tx, edition.week, edition.specialization)
    tx.execute(
        "UPDATE edition SET state = :state, reason = :reason, subject = :subject, intro = :intro, "
        "preheader = :preheader, revision = :revision, content_hash = :hash, updated_at = :now "
        "WHERE id = :id",
        state=(found if held else edition).state.value,
        reason=(found if held else edition).reason,
        subject=nfc(edition.subject),
        intro=nfc(edition.intro),
        preheader=nfc(edition.preheader),
        revision=found.revision if same else found.revision + 1,
        hash=fingerprint,
        now=stored(now),
        id=edition_id,
    )
    tx.execute("DELETE FROM placement WHERE edition_id = :id", id=edition_id)
    _place(tx, edition_id, edition.placements)
    if not same:
        edition_words.keep(tx, edition_id)
    return edition_id


def _insert(tx: Transaction, edition: Edition, fingerprint: str, now: datetime) -> int:
    (row,) = tx.rows(
        "INSERT INTO edition (specialization, week, state, reason, subject, intro, "
        "preheader, revision, content_hash, updated_at) VALUES (:specialization, :week, :state, "
        ":reason, :subject, :intro, :preheader, :revision, :hash, :now) RETURNING id",
        specialization=edition.specialization,
        week=edition.week,
        state=edition.state.value,
        reason=edition.reason,
        subject=nfc(edition.subject),
        intro=nfc(edition.intro),
        preheader=nfc(edition.preheader),
        revision=edition.revision,
        hash=fingerprint,
        now=stored(now),
    )
    _place(tx, int(row[0]), edition.placements)
    edition_words.keep(tx, int(row[0]))
    return int(row[0])


def _place(tx: Transaction, edition_id: int, placements: Sequence[Placement]) -> None:
    tx.many(
        "INSERT INTO placement (edition_id, position, item_id, item_revision, part, why_you, "
        "ranked) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                edition_id,
                position,
                p.item_id,
                p.revision,
                p.part.value,
                nfc(p.why_you),
                nfc(p.ranked),
            )
            for position, p in enumerate(placements)
        ],
    )


def get(tx: Transaction, week: str, specialization: str) -> Edition | None:
    """Give the edition of a specialization for a week, or None."""
    return of_week(tx, week, (specialization,)).get(specialization)


def of_week(
    tx: Transaction, week: str, specializations: Sequence[str] | None = None
) -> dict[str, Edition]:
    """Give the editions of a week by specialization, all or these, in the order of the slugs."""
    chosen = (
        "" if specializations is None else (f" AND specialization IN ({places(specializations)})")
    )
    values = (week, *(specializations or ()))
    rows = tx.fetch(
        f"SELECT {_COLUMNS} FROM edition WHERE week = ?{chosen} ORDER BY specialization",  # noqa: S608 - only places
        values,
    )
    placed: dict[int, list[Placement]] = {row[0]: [] for row in rows}
    for row in tx.fetch(
        "SELECT edition_id, item_id, item_revision, part, why_you, ranked FROM placement "  # noqa: S608 - only places
        f"WHERE edition_id IN (SELECT id FROM edition WHERE week = ?{chosen}) "
        "ORDER BY edition_id, position",
        values,
    ):
        placed[row[0]].append(_placement(row))
    return {row[1]: _edition(row, placed[row[0]]) for row in rows}


def weeks(tx: Transaction) -> list[str]:
    """Give the weeks that have editions, newest first."""
    return [str(row[0]) for row in tx.rows("SELECT DISTINCT week FROM edition ORDER BY week DESC")]


def open_since(tx: Transaction, week: str) -> dict[str, list[str]]:
    """Give the specializations whose edition is a draft or held, by week, from a week on."""
    found: dict[str, list[str]] = {}
    for when, slug in tx.rows(
        "SELECT week, specialization FROM edition WHERE week >= :week "
        "AND state IN ('draft', 'held') ORDER BY week, specialization",
        week=week,
    ):
        found.setdefault(when, []).append(slug)
    return found


def content_hash_of(tx: Transaction, week: str, specialization: str) -> str | None:
    """Give the hash of the stored content, or None when there is no such edition."""
    row = tx.one(
        "SELECT content_hash FROM edition WHERE week = :week AND specialization = :slug",
        week=week,
        slug=specialization,
    )
    return None if row is None else str(row[0])


def set_state(  # noqa: PLR0917 - which edition, from where, to where, why
    tx: Transaction,
    week: str,
    specialization: str,
    from_states: Collection[EditionState],
    to: EditionState,
    reason: str | None = None,
) -> bool:
    """Move an edition from one of these states to another; False when it was in none of them."""
    return (
        tx.run(
            f"UPDATE edition SET state = ?, reason = ? "  # noqa: S608 - only places
            f"WHERE week = ? AND specialization = ? AND state IN ({places(from_states)})",
            (to.value, reason, week, specialization, *(state.value for state in from_states)),
        )
        == 1
    )


def carried(tx: Transaction, specialization: str, before_week: str) -> set[int]:
    """Give the items that published editions of a specialization carried before a week."""
    rows = tx.rows(
        "SELECT DISTINCT placement.item_id FROM edition "
        "JOIN placement ON placement.edition_id = edition.id "
        "WHERE edition.specialization = :slug AND edition.week < :week "
        "AND edition.state = 'published'",
        slug=specialization,
        week=before_week,
    )
    return {int(row[0]) for row in rows}


def fills(tx: Transaction, first: str, last: str) -> dict[str, dict[str, EditionFill]]:
    """Give how much the editions of a span of weeks carry, by week and specialization."""
    found: dict[str, dict[str, EditionFill]] = {}
    for week, slug, state, reason, placed, own in tx.fetch(
        "SELECT edition.week, edition.specialization, edition.state, edition.reason, "
        "COUNT(placement.item_id), "
        "SUM(CASE WHEN placement.part = 'week' THEN 1 ELSE 0 END) "
        "FROM edition LEFT JOIN placement ON placement.edition_id = edition.id "
        "WHERE edition.week >= ? AND edition.week <= ? GROUP BY edition.id",
        (first, last),
    ):
        found.setdefault(week, {})[slug] = EditionFill(
            state=EditionState(state), reason=reason, own=own, earlier=placed - own
        )
    return found


def carried_since(tx: Transaction, week: str) -> list[tuple[str, str, int]]:
    """Give what published editions of a week and later carried: specialization, week, item.

    The oldest week comes first.
    """
    rows = tx.fetch(
        "SELECT edition.specialization, edition.week, placement.item_id FROM edition "
        "JOIN placement ON placement.edition_id = edition.id "
        "WHERE edition.week >= ? AND edition.state = 'published' ORDER BY edition.week",
        (week,),
    )
    return cast("list[tuple[str, str, int]]", rows)


def owing_since(tx: Transaction, week: str, merged: str) -> bool:
    """Say whether an edition of a week or later was held at its freeze or merged with the next.

    `merged` is the reason that a merged one has.
    """
    row = tx.one(
        "SELECT 1 FROM edition WHERE week >= :week AND (held_at IS NOT NULL OR reason = :merged) "
        "LIMIT 1",
        week=week,
        merged=merged,
    )
    return row is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Where an edition stands; `left_behind` says that it was held at its freeze, gone or not."""

    state: EditionState
    reason: str | None
    left_behind: bool


def ends_since(tx: Transaction, week: str) -> dict[tuple[str, str], End]:
    """Give where the editions of a week and later stand, by week and specialization."""
    rows = tx.fetch(
        "SELECT week, specialization, state, reason, held_at FROM edition WHERE week >= ?", (week,)
    )
    return {
        (row[0], row[1]): End(
            state=EditionState(row[2]), reason=row[3], left_behind=row[4] is not None
        )
        for row in rows
    }


def last_subjects(
    tx: Transaction, specializations: Sequence[str], before_week: str
) -> dict[str, str | None]:
    """Give the subject under which each one's newest published edition before a week went.

    None where none was published before.
    """
    found: dict[str, str | None] = {}
    for part in parts(specializations):
        values = ", ".join(["(CAST(? AS TEXT))"] * len(part))
        rows = tx.fetch(
            "SELECT asked.column1, (SELECT COALESCE(sent_subject, subject) FROM edition "  # noqa: S608 - only places
            "WHERE specialization = asked.column1 AND week < ? AND state = 'published' "
            f"ORDER BY week DESC LIMIT 1) FROM (VALUES {values}) AS asked",
            (before_week, *part),
        )
        found.update((str(slug), subject) for slug, subject in rows)
    return found


def _id_of(tx: Transaction, week: str, specialization: str) -> int:
    (row,) = tx.rows(
        "SELECT id FROM edition WHERE week = :week AND specialization = :slug",
        week=week,
        slug=specialization,
    )
    return int(row[0])


def _placement(row: Row) -> Placement:
    return Placement(
        item_id=row[1], revision=row[2], part=_PARTS[row[3]], why_you=row[4], ranked=row[5]
    )


def _edition(row: Row, placed: Sequence[Placement]) -> Edition:
    return Edition(
        specialization=row[1],
        week=row[2],
        placements=tuple(placed),
        state=EditionState(row[3]),
        reason=row[4],
        subject=row[5],
        intro=row[6],
        revision=row[7],
        preheader=row[8],
    )
