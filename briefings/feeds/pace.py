"""Says when a feed is asked again; pure."""

from __future__ import annotations

from datetime import timedelta

USUAL_HOURS = 6
LONGEST = timedelta(days=7)
_DOUBLINGS = 8


def next_check(every: timedelta, failures: int, wait: timedelta | None = None) -> timedelta:
    """Give the time to the next check: the feed's own, doubled per failure up to a week.

    `wait` is what the server asked for (`Retry-After`); it is kept to, up to a week.
    """
    backed_off = min(LONGEST, every * 2 ** min(failures, _DOUBLINGS))
    return max(backed_off, min(LONGEST, wait or timedelta(0)), every)
