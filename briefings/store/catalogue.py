"""Keeps the catalogue as it was last loaded, one row per thing; it never reads a file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.model.catalogue import (
    Assessment,
    Catalogue,
    Fact,
    Industry,
    Product,
    Role,
    Specialization,
    Tier,
    Tool,
)
from briefings.store.codec import dumps, loads
from briefings.store.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed import DataclassInstance

    from briefings.store.database import Transaction

_PRODUCT = "product"


class CatalogueEntry(Table, table=True):
    """One role, specialization, tool and so on, as JSON, at its place among its kind."""

    __tablename__ = "catalogue_entry"

    kind: str = Field(primary_key=True)
    slug: str = Field(primary_key=True)
    position: int
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueReport:
    """What a load changed; each name is `kind slug`."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]
    gone: tuple[str, ...]


def save(tx: Transaction, catalogue: Catalogue) -> CatalogueReport:
    """Make the stored catalogue equal to this one; the same one twice changes nothing."""
    new = _documents(catalogue)
    old = {
        (row[0], row[1]): (row[2], row[3])
        for row in tx.rows("SELECT kind, slug, position, document FROM catalogue_entry")
    }
    gone = [key for key in old if key not in new]
    tx.many("DELETE FROM catalogue_entry WHERE kind = ? AND slug = ?", gone)
    tx.many(
        "INSERT INTO catalogue_entry (kind, slug, position, document) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (kind, slug) DO UPDATE "
        "SET position = excluded.position, document = excluded.document",
        [(*key, *entry) for key, entry in new.items() if old.get(key) != entry],
    )
    return CatalogueReport(
        added=_names(key for key in new if key not in old),
        changed=_names(key for key in new if key in old and old[key][1] != new[key][1]),
        same=_names(key for key in new if key in old and old[key][1] == new[key][1]),
        gone=_names(gone),
    )


def load(tx: Transaction) -> Catalogue:
    """Give the stored catalogue, an empty one before the first load.

    Pages ask for it with every request: it is read each time and taken apart (2.6 ms) only when
    it says something else than before.
    """
    rows = tx.fetch("SELECT kind, document FROM catalogue_entry ORDER BY kind, position", ())
    return _decoded(tuple((str(kind), str(document)) for kind, document in rows))


def fingerprint(tx: Transaction) -> str:
    """Name what the stored catalogue says by a hash of it."""
    rows = tx.fetch("SELECT kind, slug, document FROM catalogue_entry ORDER BY kind, position", ())
    return hashlib.sha256(repr(rows).encode()).hexdigest()


@lru_cache(maxsize=4)
def _decoded(rows: tuple[tuple[str, str], ...]) -> Catalogue:
    documents: dict[str, list[str]] = {}
    for kind, document in rows:
        documents.setdefault(kind, []).append(document)
    product = documents.get(_PRODUCT)
    return Catalogue(
        industries=tuple(loads(Industry, text) for text in documents.get("industry", ())),
        roles=tuple(loads(Role, text) for text in documents.get("role", ())),
        specializations=tuple(
            loads(Specialization, text) for text in documents.get("specialization", ())
        ),
        tools=tuple(loads(Tool, text) for text in documents.get("tool", ())),
        assessments=tuple(loads(Assessment, text) for text in documents.get("assessment", ())),
        tiers=tuple(loads(Tier, text) for text in documents.get("tier", ())),
        context=tuple(loads(Fact, text) for text in documents.get("fact", ())),
        product=loads(Product, product[0]) if product else Product(),
    )


def is_empty(tx: Transaction) -> bool:
    """Say whether no catalogue was ever loaded."""
    return tx.one("SELECT 1 FROM catalogue_entry LIMIT 1") is None


def _documents(catalogue: Catalogue) -> dict[tuple[str, str], tuple[int, str]]:
    """Write the catalogue as (kind, slug) -> (position, JSON)."""
    entries: list[tuple[str, str, DataclassInstance]] = [
        *(("industry", thing.slug, thing) for thing in catalogue.industries),
        *(("role", thing.slug, thing) for thing in catalogue.roles),
        *(("specialization", thing.slug, thing) for thing in catalogue.specializations),
        *(("tool", thing.slug, thing) for thing in catalogue.tools),
        *(("assessment", thing.role, thing) for thing in catalogue.assessments),
        *(("tier", thing.slug, thing) for thing in catalogue.tiers),
        *(("fact", str(number), fact) for number, fact in enumerate(catalogue.context)),
    ]
    if catalogue.product != Product():
        entries.append((_PRODUCT, _PRODUCT, catalogue.product))
    return {
        (kind, slug): (position, dumps(thing))
        for position, (kind, slug, thing) in enumerate(entries)
    }


def _names(keys: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"{kind} {slug}" for kind, slug in keys)
