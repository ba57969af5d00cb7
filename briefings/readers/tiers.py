"""What a tier holds; pure, and it never says who has which.

A tier switches whole blocks and pages, nothing else. What nobody leaves out, everybody has: a
tier that the catalogue does not know (any more) holds everything, because a change of the files
must not take away what somebody was given.
"""

from __future__ import annotations

from briefings.model.catalogue import Catalogue, Extra, Tier


def tier_of(catalogue: Catalogue, slug: str) -> Tier | None:
    """Give the tier of that slug, or None."""
    return next((tier for tier in catalogue.tiers if tier.slug == slug), None)


def holds(catalogue: Catalogue, slug: str, extra: Extra) -> bool:
    """Say whether readers of a tier have this block or page."""
    tier = tier_of(catalogue, slug)
    return tier is None or extra not in tier.without


def all_free(tiers: tuple[Tier, ...]) -> bool:
    """Say whether nothing costs anything: pages then need not speak of paying."""
    return all(tier.price is None for tier in tiers)
