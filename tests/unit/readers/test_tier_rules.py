"""What a tier holds, decided without a store."""

from __future__ import annotations

import pytest

from briefings.model.catalogue import Billing, Catalogue, Extra, Tier
from briefings.model.money import Money
from briefings.readers.tiers import all_free, holds

FREE = Tier(slug="free", name="Free", without=(Extra.PLAN_STEP,))
PAID = Tier(slug="plan", name="With plan", price=Money.of(9, "USD"), billing=Billing.MONTH)
CATALOGUE = Catalogue(tiers=(FREE, PAID))


@pytest.mark.parametrize(
    ("tier", "extra", "has"),
    [
        ("free", Extra.PLAN_STEP, False),
        ("free", Extra.PLAN_PAGE, True),
        ("plan", Extra.PLAN_STEP, True),
        ("gone-from-the-files", Extra.PLAN_STEP, True),
    ],
)
def test_a_tier_holds_everything_but_what_it_names(tier: str, extra: Extra, has: bool) -> None:
    assert holds(CATALOGUE, tier, extra) is has


def test_pages_know_whether_anything_costs_something() -> None:
    assert all_free((FREE,))
    assert not all_free(CATALOGUE.tiers)
