"""Says why a reader gets no mail of a week whatever is in it; it knows nothing of content."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from briefings.model.delivery import SkipReason
from briefings.model.reader import Reader
from briefings.weeks import Week, in_slot


def silence(
    reader: Reader, week: Week, due: datetime, where: ZoneInfo, *, every_slot: bool = False
) -> SkipReason | None:
    """Why a reader has no mail of a week that is due at an instant, or None (R7, R9).

    A pause ends on the day that it names, by the clock in `where`. `every_slot` is for mailings
    that readers of all frequencies have.
    """
    if reader.left_at is not None:
        return SkipReason.LEFT
    if reader.suppressed:
        return SkipReason.SUPPRESSED
    if reader.paused_until is not None and reader.paused_until > due.astimezone(where).date():
        return SkipReason.PAUSED
    if not every_slot and not in_slot(reader.preferences.frequency, week):
        return SkipReason.NOT_THEIR_WEEK
    return None
