"""Gathers the tables of all nouns, for migrations and for the test that compares them."""

from __future__ import annotations

from briefings.store import (
    blocks,
    catalogue,
    changes,
    consents,
    deliveries,
    editions,
    figures,
    imports,
    instance,
    issues,
    items,
    letters,
    moves,
    processes,
    quotas,
    readers,
    received,
    signups,
    suppression,
)
from briefings.store.tables import Table

METADATA = Table.metadata
MODULES = (
    blocks,
    catalogue,
    changes,
    consents,
    deliveries,
    editions,
    figures,
    imports,
    instance,
    issues,
    items,
    letters,
    moves,
    processes,
    quotas,
    readers,
    received,
    signups,
    suppression,
)
"""Every module that owns tables."""
