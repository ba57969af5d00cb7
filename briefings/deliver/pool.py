"""All lanes to one mail server: opens them slowly, fewer when told, waits when it is down.

It never decides which mail goes, and burns no reader for what the server does to a connection.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from briefings.deliver.departures import Departures
from briefings.deliver.lane import Lane, LaneEnd, Opening
from briefings.deliver.terms import Callbacks, Limits
from briefings.model.reply import Accepted, PauseIssue, PauseLane, StopLane

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from briefings.deliver.rate import TokenBucket
    from briefings.deliver.relay import Relay
    from briefings.deliver.send_log import SendLog
    from briefings.deliver.wire import Outgoing
    from briefings.model.reply import Outcome


RATE_STEP = 0.01
"""Seconds after which lanes that a rate held up go on, together: one by one costs a round each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How fast lanes open, wait and close; seconds, and accepted mails."""

    open_every: float = 1.0
    """The next lane opens after this long, once the server has accepted a mail."""
    open_after: int = 20
    """Or earlier, when the server accepted this many since the last lane opened."""
    open_soonest: float = 0.05
    first_wait: float = 1.0
    longest_wait: float = 60.0
    regrow_after: float = 60.0
    """A pool made smaller by the server tries one lane more after this long."""
    drain_within: float = 30.0
    farewell: float = 1.0
    """Connections that do not close for this long after the last mail are cut."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Caps:
    """What a server let us do before: lanes at a time and mails on one connection; 0 = unknown."""

    lanes: int = 0
    mails: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class PoolEnd:
    """Why the pool ended; `trouble` is for the operator, `stopped` means this process must stop."""

    reason: str
    accepted: int
    trouble: PauseIssue | StopLane | None = None
    stopped: bool = False
    failure: OSError | None = None


class LearnedCaps:
    """The caps of each mail server, in a small JSON file; a lost or broken file costs a lesson."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, relay: Relay) -> Caps:
        """Return what is known about a server."""
        known = self._load().get(str(relay), {})
        return Caps(lanes=known.get("lanes", 0), mails=known.get("mails", 0))

    def learn(self, relay: Relay, caps: Caps) -> None:
        """Write down what a server let us do; an unwritable file is no reason to stop."""
        known = self._load()
        known[str(relay)] = {"lanes": caps.lanes, "mails": caps.mails}
        fresh = self._path.with_suffix(".new")
        with suppress(OSError):
            fresh.write_text(json.dumps(known, indent=1, sort_keys=True), "utf-8")
            fresh.replace(self._path)

    def _load(self) -> dict[str, dict[str, int]]:
        try:
            found = cast("object", json.loads(self._path.read_text("utf-8")))
        except (OSError, ValueError):
            return {}
        known: dict[str, dict[str, int]] = {}
        if isinstance(found, dict):
            for host, caps in cast("dict[str, object]", found).items():
                if isinstance(caps, dict):
                    pairs = cast("dict[str, object]", caps).items()
                    known[host] = {k: n for k, n in pairs if isinstance(n, int) and n > 0}
        return known


class LanePool:
    """Keeps up to `most` lanes busy until it is drained or the server makes it pointless."""

    def __init__(
        self,
        *,
        relay: Relay,
        calls: Callbacks,
        log: SendLog,
        most: int,
        learned: LearnedCaps | None = None,
        bucket: TokenBucket | None = None,
        limits: Limits | None = None,
        opening: Opening | None = None,
        pace: Pace | None = None,
        jitter: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`jitter` gives numbers in [0, 1) that lengthen a wait by up to a quarter."""
        self._relay = relay
        self._log = log
        self._departures = Departures(log, calls)
        self._most = most
        self._learned = learned
        self._bucket = bucket
        self._limits = limits or Limits()
        self._opening = opening
        self._pace = pace or Pace()
        self._jitter = jitter
        self._feed = calls.feed
        self._done = calls.done
        self._clock = calls.clock
        self._calls = replace(calls, feed=self._next, done=self._settled)
        self._lanes: dict[asyncio.Task[LaneEnd], Lane] = {}
        self._closing: list[Lane] = []
        self._changed = asyncio.Event()
        caps = learned.of(relay) if learned else Caps()
        self._allowed = min(most, caps.lanes + 1) if caps.lanes else most
        self._mails = caps.mails
        self._ended_after = 0
        self._wanted = True
        self._draining = False
        self._end: PoolEnd | None = None
        self._failures = 0
        self._not_before = self._opened_at = self._shrunk_at = float("-inf")
        self._accepted = self._accepted_at_opening = 0
        self._rate_timer: asyncio.TimerHandle | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self.trouble: str | None = None
        """Why nothing goes at the moment, for `status`; None while the server accepts."""

    # ---- what the sender calls ----------------------------------------------------------

    async def run(self) -> PoolEnd:
        """Send until drained, or until nothing can be sent; every mail taken is settled by then."""
        try:
            while self._lanes or not (self._draining or self._end):
                self._changed.clear()
                wait = self._open_what_is_due()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), wait)
                self._reap()
        finally:
            await self._close()
        return self._end or PoolEnd(reason="drained", accepted=self._accepted)

    def wake(self) -> None:
        """Tell the lanes that `feed` has mail again."""
        self._wanted = True
        self._changed.set()
        for lane in tuple(self._lanes.values()):
            lane.wake()

    def drain(self) -> None:
        """Take no new mail; open ones get `drain_within` seconds, then they are unsure."""
        if self._draining:
            return
        self._draining = True
        self._changed.set()
        for lane in tuple(self._lanes.values()):
            lane.drain()
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self._pace.drain_within, self._give_up)

    @property
    def open_lanes(self) -> int:
        """Count the lanes whose connection is open."""
        return sum(lane.talking for lane in self._lanes.values())

    @property
    def accepted(self) -> int:
        """Count the mails accepted since the pool was made."""
        return self._accepted

    # ---- what the lanes call ------------------------------------------------------------

    def _next(self) -> Outgoing | None:
        if self._rate_timer is not None:  # asked already, and there was nothing
            return None
        if self._bucket is not None and not self._bucket.take():
            wait = max(self._bucket.wait(), RATE_STEP)
            self._rate_timer = asyncio.get_running_loop().call_later(wait, self._rate_allows)
            return None
        mail = self._feed()
        if mail is None:
            self._wanted = False
            if self._bucket is not None:
                self._bucket.give_back()
        return mail

    def _settled(self, mail: Outgoing, outcome: Outcome) -> None:
        if isinstance(outcome, Accepted):
            self._accepted += 1
        self._done(mail, outcome)

    def _rate_allows(self) -> None:
        self._rate_timer = None
        self.wake()

    # ---- opening and closing ------------------------------------------------------------

    def _open_what_is_due(self) -> float | None:
        """Open a lane if it is time; return the seconds until the next look, None for no need."""
        if self._draining or self._end is not None or not self._wanted:
            return None
        now = self._clock()
        if now - self._shrunk_at >= self._pace.regrow_after and self._allowed < self._most:
            self._allowed += 1
            self._shrunk_at = now
        wait = max(self._not_before - now, self._time_to_grow(now))
        if len(self._lanes) >= self._allowed:
            return self._pace.regrow_after if self._allowed < self._most else None
        if wait > 0:
            return wait
        self._open(now)
        return self._pace.open_soonest

    def _time_to_grow(self, now: float) -> float:
        """Return the seconds until one more lane may open: slow while the server is untried."""
        if not self._lanes:
            return 0.0
        gained = self._accepted - self._accepted_at_opening
        since = now - self._opened_at
        if gained >= self._pace.open_after:
            return self._pace.open_soonest - since
        left = self._pace.open_every - since
        if left > 0:
            return min(left, self._pace.open_soonest)
        return 0.0 if gained else self._pace.open_soonest

    def _open(self, now: float) -> None:
        mails = min(self._limits.mails, self._mails or self._limits.mails)
        lane = Lane(
            relay=self._relay,
            calls=self._calls,
            log=self._log,
            departures=self._departures,
            limits=replace(self._limits, mails=mails),
            opening=self._opening,
        )
        task = asyncio.get_running_loop().create_task(lane.run())
        self._lanes[task] = lane
        task.add_done_callback(lambda _: self._changed.set())
        self._opened_at = now
        self._accepted_at_opening = self._accepted

    def _reap(self) -> None:
        for task in [task for task in self._lanes if task.done()]:
            lane = self._lanes.pop(task)
            self._closing = [one for one in (*self._closing, lane) if one.connected]
            self._learn_from(task.result())

    def _learn_from(self, end: LaneEnd) -> None:
        if end.accepted:
            self._failures = 0
            self.trouble = None
        if end.stopped:
            self._stop(PoolEnd(reason=end.reason, accepted=0, stopped=True, failure=end.failure))
        elif isinstance(end.trouble, PauseLane):
            self._back_off(end, end.trouble)
        elif end.trouble is not None and self.open_lanes and isinstance(end.trouble, PauseIssue):
            self._shrink(len(self._lanes))  # 5xx for one more while others work: that is a cap
        elif end.trouble is not None:
            self._stop(PoolEnd(reason=end.reason, accepted=0, trouble=end.trouble))

    def _back_off(self, end: LaneEnd, why: PauseLane) -> None:
        now = self._clock()
        self.trouble = why.reason
        if not end.opened and self.open_lanes:
            self._shrink(self.open_lanes)
            return
        if end.accepted and end.accepted == self._ended_after:
            self._mails = end.accepted  # twice in a row after as many mails: that is a rule
            self._remember()
        self._ended_after = end.accepted
        wait = min(self._pace.first_wait * 2 ** min(self._failures, 16), self._pace.longest_wait)
        self._failures += 1
        self._not_before = now + wait * (1 + self._jitter() / 4)
        if end.opened and self._lanes:
            self._shrink(len(self._lanes))

    def _shrink(self, lanes: int) -> None:
        self._allowed = max(1, min(lanes, self._allowed))
        self._shrunk_at = self._clock()
        self._remember()

    def _remember(self) -> None:
        if self._learned is not None:
            lanes = self._allowed if self._allowed < self._most else 0
            self._learned.learn(self._relay, Caps(lanes=lanes, mails=self._mails))

    def _stop(self, end: PoolEnd) -> None:
        if self._end is None:
            self._end = end
            self.trouble = end.reason
        self.drain()

    def _give_up(self) -> None:
        for lane in tuple(self._lanes.values()):
            lane.give_up("the mail server left it unanswered while we were shutting down")

    async def _close(self) -> None:
        for timer in (self._rate_timer, self._deadline):
            if timer is not None:
                timer.cancel()
        for task in self._lanes:
            task.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)
        left = [*self._closing, *self._lanes.values()]
        self._lanes.clear()
        await asyncio.gather(*(lane.hung_up(self._pace.farewell) for lane in left))
        if self._end is not None:
            self._end = replace(self._end, accepted=self._accepted)
