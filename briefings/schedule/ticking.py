"""A timer that only ticks: it may be late, doubled or lost, and no tick knows what it is for.

APScheduler is used for that and for nothing else (docs/decisions/0017-the-schedule-only-ticks.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, cast

from apscheduler.schedulers.background import BackgroundScheduler

TICK_SECONDS = 30


class Timer(Protocol):
    """What is used of a scheduler of APScheduler, which has no types of its own."""

    def add_job(self, func: Callable[..., object], trigger: str, **options: object) -> object:
        """Call a function again and again."""
        ...

    def start(self) -> None:
        """Begin."""
        ...

    def shutdown(self, *, wait: bool) -> None:
        """End, after what runs has run."""
        ...


def timer() -> Timer:
    """Make a timer that calls from a thread of its own."""
    return cast("Timer", BackgroundScheduler(timezone="UTC"))


def add_tick(
    on: Timer, tick: Callable[..., object], arguments: Sequence[object], *, first: datetime
) -> None:
    """Tick every 30 seconds, first at an instant that may be over.

    Several that were missed come as one (`coalesce`), however late (`misfire_grace_time=None`: the
    default drops a run that is one second late), never two at once.
    """
    on.add_job(
        tick,
        "interval",
        args=tuple(arguments),
        seconds=TICK_SECONDS,
        next_run_time=first,
        coalesce=True,
        misfire_grace_time=None,
        max_instances=1,
    )
