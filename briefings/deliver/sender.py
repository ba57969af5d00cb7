"""The loop between claimed rows and the lanes: feed, collect, settle; it knows no database.

Nothing here awaits per mail. Lanes pull with `feed` and hand back with `done`, both on the loop
thread; claims and settles are short calls on the same thread (DESIGN 5: that is what leaves other
writers room). Every mail taken from `Rows.claim` reaches `Rows.settle` exactly once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from briefings.deliver.pool import PoolEnd
from briefings.deliver.protocol import Permission
from briefings.deliver.wire import Outgoing
from briefings.errors import DatabaseBusy
from briefings.model.reply import Outcome, PauseIssue, Returned

LOOK_EVERY = 0.1
"""Seconds between looks at who left (P4 allows 250 ms), and at results that wait to be settled."""
SETTLE_AT = 256


class Rows(Protocol):
    """The store's side, as the sender needs it; every call is short and made on the loop thread."""

    def claim(self) -> Sequence[Outgoing]:
        """Claim and fill the next batch; empty when nothing is due now."""
        ...

    def settle(self, done: Sequence[tuple[Outgoing, Outcome]]) -> None:
        """Write outcomes to their rows; raises DatabaseBusy and may be called again."""
        ...

    def gone(self) -> Collection[int]:
        """Delivery ids, claimed here, whose reader left or changed since they were claimed (P4)."""
        ...

    def may_send(self) -> bool:
        """Whether this process may still write: its lease has not lapsed by its own clock (P5)."""
        ...


class Post(Protocol):
    """Where mails go: lanes to a mail server, or a Maildir."""

    async def run(self) -> PoolEnd:
        """Take mails until drained, or until nothing can be sent any more."""
        ...

    def wake(self) -> None:
        """There is mail again."""
        ...

    def drain(self) -> None:
        """Take no new mail and end."""
        ...


class Sender:
    """Moves mails from `Rows` to a `Post` until nothing is due, or until stopped."""

    def __init__(self, rows: Rows, *, forever: bool = False) -> None:
        self._rows = rows
        self._forever = forever
        self._queue: deque[Outgoing] = deque()
        self._results: list[tuple[Outgoing, Outcome]] = []
        self._gone: set[int] = set()
        self._out = 0
        self._dry = False
        self._stopping = False
        self._post: Post | None = None

    # ---- what the lanes call ------------------------------------------------------------

    def feed(self) -> Outgoing | None:
        """The next mail, or None when there is none now."""
        if self._stopping:
            return None
        if not self._queue and not self._dry:
            self._refill()
        while self._queue:
            mail = self._queue.popleft()
            if mail.delivery_id not in self._gone:
                self._out += 1
                return mail
            self._results.append((mail, Returned("the reader changed meanwhile")))
        return None

    def done(self, mail: Outgoing, outcome: Outcome) -> None:
        """Take in what became of a mail."""
        self._out -= 1
        self._results.append((mail, outcome))
        if isinstance(outcome, PauseIssue):
            self._hand_back()
        if len(self._results) >= SETTLE_AT:
            self._settle()

    def may_write(self, row: int) -> Permission:
        """Asked right before a body leaves: the last look at who left, and at our lease."""
        if not self._rows.may_send():
            return Permission.STOP
        return Permission.SKIP if row in self._gone else Permission.WRITE

    # ---- what the caller calls ----------------------------------------------------------

    async def run(self, post: Post, *, tick: Callable[[], None] = lambda: None) -> PoolEnd:
        """Send until nothing is due (or forever), settle everything, and say why it ended.

        `tick` is called about ten times a second: for leases, progress and pauses.
        """
        self._post = post
        working = asyncio.ensure_future(post.run())
        try:
            while not working.done():
                await asyncio.wait([working], timeout=LOOK_EVERY)
                tick()
                self._look()
            return working.result()
        finally:
            if not working.done():
                post.drain()
                await asyncio.wait([working])
            self._finish()

    def stop(self) -> None:
        """Start no new mail; the open ones end within the post's own limit."""
        self._stopping = True
        if self._post is not None:
            self._post.drain()

    # ---- inside -------------------------------------------------------------------------

    def _refill(self) -> None:
        try:
            claimed = self._rows.claim()
        except DatabaseBusy:
            return  # the next look tries again; a lane that found nothing is woken then
        self._gone.difference_update(mail.delivery_id for mail in claimed)
        self._queue.extend(claimed)
        self._dry = not claimed

    def _look(self) -> None:
        if self._out or self._queue:
            self._gone.update(self._rows.gone())
        self._settle()
        if self._stopping or self._queue or self._out or self._results:
            if self._queue and self._post is not None and not self._out:
                self._post.wake()
            return
        self._dry = False
        self._refill()
        if self._queue:
            if self._post is not None:
                self._post.wake()
        elif self._dry and not self._forever:
            self.stop()

    def _settle(self) -> None:
        if not self._results:
            return
        try:
            self._rows.settle(self._results)
        except DatabaseBusy:
            return  # kept, and tried again at the next look
        self._results = []

    def _hand_back(self) -> None:
        """A paused issue: what was claimed and not yet begun goes back before anything else."""
        while self._queue:
            self._results.append((self._queue.popleft(), Returned("the issue was paused")))

    def _finish(self) -> None:
        self._hand_back()
        if self._results:
            self._rows.settle(self._results)
            self._results = []
