"""Say in a few words where pay went, never more than the figures carry (R14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefings.model.money import Direction, PayChange, compare

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefings.model.catalogue import Role
    from briefings.model.news import News, PayRow

_MOVED = {
    Direction.FLAT: ("Pay is flat.", "Pay has not moved"),
    Direction.UP: ("Pay is up.", "Pay has gone up"),
    Direction.DOWN: ("Pay is down.", "Pay has gone down"),
}
_GUARDED = {
    Direction.FLAT: "Pay looks flat",
    Direction.UP: "Pay looks higher",
    Direction.DOWN: "Pay looks lower",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PayWords:
    """A sentence for the preview line, and a clause without its full stop for the intro."""

    short: str
    clause: str


NEW_FIGURES = PayWords(short="New pay figures.", clause="There are new pay figures")


def pay_words(news: Iterable[News]) -> PayWords:
    """Say where the median went over all rows that can be compared; samples under 30 never count.

    Rows that disagree, and first figures, are just "new pay figures". Periods that are cut
    differently are said as a caveat, so the words never claim more than the comparison.
    """
    changes = [change for each in news for row in each.pay for change in _change(row)]
    if len(directions := {change.direction for change in changes}) != 1:
        return NEW_FIGURES
    direction = directions.pop()
    caveats = dict.fromkeys(note.partition(":")[0] for each in changes for note in each.caveats)
    if not caveats:
        short, clause = _MOVED[direction]
        return PayWords(short=short, clause=clause)
    guarded = _GUARDED[direction]
    return PayWords(
        short=f"{guarded}, with a caveat.",
        clause=f"{guarded}, with a caveat ({'; '.join(caveats)})",
    )


def growth_note(role: Role | None) -> str:
    """Set the profile's own expectation beside the survey: two sources, never averaged."""
    pay = role.salary if role is not None else None
    if role is None or pay is None or pay.growth_low is None or pay.growth_high is None:
        return ""
    low, high = pay.growth_low, pay.growth_high
    span = f"{low}" if low == high else f"{low}\N{EN DASH}{high}"
    source = pay.source or role.source
    named = f" ({source})" if source else ""
    return f"Our role profile{named} expects growth of {span} % a year: two sources, not averaged."


def _change(row: PayRow) -> tuple[PayChange, ...]:
    if row.before is None or row.now.small_sample or row.before.small_sample:
        return ()
    try:
        return (compare(row.now, row.before),)
    except ValueError:  # another currency or region than before: there is nothing to compare
        return ()
