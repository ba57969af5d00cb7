"""Why APScheduler only ticks here: each loss that it is known for, beside what our tick does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from apscheduler.events import EVENT_JOB_EXECUTED, EVENT_JOB_MISSED
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import STATE_RUNNING
from apscheduler.triggers.cron import CronTrigger

from briefings.schedule.ticking import TICK_SECONDS, add_tick
from briefings.weeks import SendAt, next_run

Scheduler: Any = BackgroundScheduler  # it has no types of its own
Cron: Any = CronTrigger
SOON = 20.0
"""Seconds to wait for a thread at most; what is waited for comes in milliseconds."""


def fires(trigger: Any, since: datetime, weeks: int) -> list[datetime]:
    """When a plain weekly CronTrigger fires, in UTC."""
    found: list[datetime] = []
    last, now = None, since
    while now < since + timedelta(weeks=weeks):
        last = trigger.get_next_fire_time(last, now)
        found.append(last.astimezone(UTC))
        now = last + timedelta(seconds=1)
    return found


@pytest.mark.parametrize(
    ("zone", "day", "jump"),
    [
        ("Asia/Beirut", "sun", datetime(2026, 3, 29, tzinfo=UTC)),  # 00:00 becomes 01:00
        ("Africa/Cairo", "fri", datetime(2026, 4, 24, tzinfo=UTC)),
        ("America/Santiago", "sun", datetime(2026, 9, 6, tzinfo=UTC)),
    ],
)
def test_a_cron_trigger_at_hour_0_loses_a_week_that_ours_keeps(
    zone: str, day: str, jump: datetime
) -> None:
    where = ZoneInfo(zone)
    since = jump - timedelta(days=16)
    plain = fires(Cron(day_of_week=day, hour=0, timezone=where), since, 5)
    gaps = [later - earlier for earlier, later in pairwise(plain)]
    assert max(gaps) > timedelta(days=8), "APScheduler was mended: decision 0017 can be revisited"
    ours, now = list[datetime](), since
    for _ in range(5):
        now = next_run(now, SendAt.parse(f"{day.upper()} 00:00"), where)
        ours.append(now)
    steps = [later - earlier for earlier, later in pairwise(ours)]
    assert all(abs(step - timedelta(weeks=1)) <= timedelta(hours=1) for step in steps)


def _happen(event: threading.Event, _what: object) -> None:
    event.set()


@contextmanager
def started(add: Callable[[Any], None]) -> Generator[dict[int, threading.Event]]:
    """Start a scheduler with a job; gives an event to wait for each thing that can happen to it."""
    scheduler = Scheduler(timezone="UTC")
    seen = {code: threading.Event() for code in (EVENT_JOB_EXECUTED, EVENT_JOB_MISSED)}
    for code, happened in seen.items():
        scheduler.add_listener(partial(_happen, happened), code)
    add(scheduler)
    scheduler.start()
    try:
        yield seen
    finally:
        scheduler.shutdown()


def test_a_cron_run_two_seconds_late_is_dropped_and_a_tick_is_not() -> None:
    done: list[str] = []
    late = datetime.now(UTC) - timedelta(seconds=2)

    def plain(scheduler: Any) -> None:
        trigger = Cron(day_of_week="mon", hour=8, timezone="UTC")
        scheduler.add_job(done.append, trigger, args=["plain"], next_run_time=late)

    def ours(scheduler: Any) -> None:
        add_tick(scheduler, done.append, ["tick"], first=late)

    with started(plain) as seen:
        assert seen[EVENT_JOB_MISSED].wait(SOON)
    assert done == []
    with started(ours) as seen:
        assert seen[EVENT_JOB_EXECUTED].wait(SOON)
        assert not seen[EVENT_JOB_MISSED].is_set()
    assert done == ["tick"]


def test_ticks_that_were_missed_for_days_come_as_one() -> None:
    done: list[str] = []
    first = datetime.now(UTC) - timedelta(days=3, seconds=TICK_SECONDS / 2)

    def ours(scheduler: Any) -> None:
        add_tick(scheduler, done.append, ["tick"], first=first)

    with started(ours) as seen:
        assert seen[EVENT_JOB_EXECUTED].wait(SOON)
    assert done == ["tick"]


class KilledBeforeSaving(MemoryJobStore):
    """A job store whose process ends between handing a job over and writing that it did."""

    def update_job(self, job: object) -> None:
        del job
        raise KeyboardInterrupt


def test_a_job_is_handed_over_before_that_is_saved_so_a_restart_does_it_twice() -> None:
    """What a plain job would do twice; our tick asks the rows, and they say it is done."""
    sent: list[str] = []
    made: set[str] = set()
    late = datetime.now(UTC)

    def mail() -> None:
        sent.append("2026-W34")

    def tick() -> None:
        made.add("2026-W34")

    for act in (mail, tick):
        for _restart in range(2):
            scheduler = Scheduler(timezone="UTC")
            scheduler.add_jobstore(KilledBeforeSaving())
            scheduler.add_job(act, "interval", days=7, next_run_time=late)
            scheduler.start(paused=True)
            scheduler.state = STATE_RUNNING
            with pytest.raises(KeyboardInterrupt):
                scheduler._process_jobs()  # one turn of its loop, on this thread
            scheduler.shutdown(wait=True)
    assert sent == ["2026-W34", "2026-W34"], "APScheduler was mended"
    assert made == {"2026-W34"}
