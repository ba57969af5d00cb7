"""Gathers the tables of all nouns, for migrations and for the test that compares them."""

from __future__ import annotations

from briefings.store import (
    alerts,
    answers,
    archive,
    blocks,
    catalogue,
    changes,
    consents,
    corrections,
    deliveries,
    editions,
    figures,
    grants,
    imports,
    instance,
    issues,
    items,
    letters,
    moves,
    presses,
    processes,
    quotas,
    readers,
    received,
    runs,
    signups,
    suppression,
)
from briefings.store.tables import Table

METADATA = Table.metadata
MODULES = (
    alerts,
    answers,
    archive,
    blocks,
    catalogue,
    changes,
    consents,
    corrections,
    deliveries,
    editions,
    figures,
    grants,
    imports,
    instance,
    issues,
    items,
    letters,
    moves,
    presses,
    processes,
    quotas,
    readers,
    received,
    runs,
    signups,
    suppression,
)
"""Every module that owns tables."""
