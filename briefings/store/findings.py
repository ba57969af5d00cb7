"""Keeps what preflight found in an edition under a key of all that it depends on; it finds nothing.

One row per edition: what was found last. Who reads it asks with the key of today, and another key
finds nothing, so a row that is out of date is never believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.store.tables import BigId, Table, parts, places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefings.store.database import Transaction


class EditionFindings(Table, table=True):
    """What was found in an edition, as JSON, and the key under which that is true."""

    __tablename__ = "edition_findings"

    edition_id: int = Field(primary_key=True, sa_type=BigId, foreign_key="edition.id")
    key: str
    document: str


def keep(tx: Transaction, week: str, found: Mapping[str, tuple[str, str]]) -> None:
    """Keep (key, document) of editions of a week, by specialization, in place of older ones."""
    for slug, (key, document) in found.items():
        tx.run(
            "INSERT INTO edition_findings (edition_id, key, document) "
            "SELECT id, CAST(? AS TEXT), CAST(? AS TEXT) FROM edition "
            "WHERE week = ? AND specialization = ? ON CONFLICT (edition_id) DO UPDATE "
            "SET key = excluded.key, document = excluded.document",
            (key, document, week, slug),
        )


def kept(tx: Transaction, week: str, keys: Mapping[str, str]) -> dict[str, str]:
    """Give the documents of editions of a week that are kept under exactly these keys."""
    found: dict[str, str] = {}
    for part in parts(sorted(keys)):
        rows = tx.fetch(
            "SELECT edition.specialization, edition_findings.key, edition_findings.document "  # noqa: S608 - only places
            "FROM edition JOIN edition_findings ON edition_findings.edition_id = edition.id "
            f"WHERE edition.week = ? AND edition.specialization IN ({places(part)})",
            (week, *part),
        )
        found.update((slug, document) for slug, key, document in rows if keys[slug] == key)
    return found
