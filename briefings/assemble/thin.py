"""Rules for weeks with little news: what fills them and what is too old (R5, R6); never ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefings.weeks import age_days

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from briefings.model.news import Item
    from briefings.weeks import Week


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinRules:
    """How thin weeks are handled; ages are days from an item's date to the mail's Monday.

    `merge`: an edition with some items, but fewer than `minimum`, waits once for the next week.
    """

    minimum: int = 3
    fill_days: int = 28
    never_older_days: int = 56
    merge: bool = False


def sendable(items: Iterable[Item], week: Week, rules: ThinRules) -> list[Item]:
    """Leave out what is too old for the mail of this week, also when it is stored in the week."""
    return [i for i in items if age_days(i.news.date, week) <= rules.never_older_days]


def fillers(
    earlier: Iterable[Item], week: Week, carried: AbstractSet[int], rules: ThinRules
) -> list[Item]:
    """Give the items that may fill a thin week: young enough and never carried before."""
    oldest = min(rules.fill_days, rules.never_older_days)
    return [
        item
        for item in earlier
        if item.id not in carried and age_days(item.news.date, week) <= oldest
    ]
