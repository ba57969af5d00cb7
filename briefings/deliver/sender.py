"""The loop between claimed rows and the lanes: feed, collect, settle; it knows no database.

Nothing here awaits per mail. Lanes pull with `feed` and hand back with `done`, both on the loop
thread; claims and settles are short calls on the same thread (DESIGN 5: that is what leaves other
writers room). Every mail taken from `Rows.claim` reaches `Rows.settle` exactly once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Protocol

from briefings.deliver.pool import PoolEnd
from briefings.deliver.terms import Permission
from briefings.deliver.wire import Outgoing
from briefings.errors import BriefingsError, DatabaseBusy
from briefings.model.reply import Outcome, PauseIssue, Returned

LOOK_EVERY = 0.1
"""Seconds between looks at who left (P4 allows 250 ms), and at results that wait to be settled."""


class Rows(Protocol):
    """The store's side, as the sender needs it; every call is short and made on the loop thread."""

    def turn(self, done: Sequence[tuple[int, Outcome]], *, more: bool) -> Sequence[int]:
        """Write outcomes to their rows and, if asked, claim the next ones; gives their ids.

        Raises DatabaseBusy, and may then be called again with the same outcomes and later ones.
        """
        ...

    def first(self) -> Sequence[int]:
        """Claim the rows that go before all that were claimed, about ten times a second."""
        ...

    def fill(self, row: int) -> Outgoing | None:
        """The finished mail of a claimed row; None when the row ends without one."""
        ...

    def gone(self) -> Collection[int]:
        """Rows, claimed here, that changed since the last call and must not leave as they are."""
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
        self._queue: deque[int] = deque()
        self._filled: deque[Outgoing] = deque()
        self._results: list[tuple[int, Outcome]] = []
        self._gone: set[int] = set()
        self._out = 0
        self._dry = False
        self._stopping = False
        self._failure: BriefingsError | None = None
        self._post: Post | None = None

    # ---- what the lanes call ------------------------------------------------------------

    def feed(self) -> Outgoing | None:
        """The next mail, or None when there is none now.

        Mails are filled when a lane asks for them, or a few ahead, and not when they are claimed:
        few are in memory, and their bytes are still in the processor's cache when they are written.
        """
        while not self._stopping:
            mail = self._filled.popleft() if self._filled else self._fill_next()
            if mail is None:
                return None
            if mail.delivery_id in self._gone:
                self._results.append((mail.delivery_id, Returned("it changed after it was filled")))
                continue
            self._out += 1
            return mail
        return None

    def fill_ahead(self, mails: int) -> None:
        """Use the time in which the server reads: have so many mails filled for the next feeds."""
        while len(self._filled) < mails:
            mail = self._fill_next()
            if mail is None:
                return
            self._filled.append(mail)

    def done(self, mail: Outgoing, outcome: Outcome) -> None:
        """Take in what became of a mail."""
        self._out -= 1
        self._results.append((mail.delivery_id, outcome))
        if isinstance(outcome, PauseIssue):
            self._hand_back("the issue was paused")

    def may_write(self, rows: Sequence[int]) -> Sequence[Permission]:
        """Asked right before bodies leave: the last look at who left, and at our lease."""
        if not self._rows.may_send():
            return [Permission.STOP] * len(rows)
        try:
            self._gone.update(self._rows.gone())
        except DatabaseBusy:
            return [Permission.SKIP] * len(rows)
        except BriefingsError as failure:
            self._fail(failure)
            return [Permission.SKIP] * len(rows)
        gone = self._gone
        return [Permission.SKIP if row in gone else Permission.WRITE for row in rows]

    # ---- what the caller calls ----------------------------------------------------------

    @property
    def idle(self) -> bool:
        """Whether no mail is in the hands of a lane."""
        return self._out == 0

    async def run(self, post: Post, *, tick: Callable[[], None] = lambda: None) -> PoolEnd:
        """Send until nothing is due (or forever), settle everything, and say why it ended.

        `tick` is called about ten times a second: for leases, progress and pauses. What the
        database refuses for another reason than a lock ends the run and is raised here, never in
        a lane.
        """
        self._post = post
        working = asyncio.ensure_future(post.run())
        try:
            while not working.done():
                await asyncio.wait([working], timeout=LOOK_EVERY)
                tick()
                self._look(post)
            return working.result()
        finally:
            if not working.done():
                post.drain()
                await asyncio.wait([working])
            self._finish()
            if self._failure is not None:
                raise self._failure

    def stop(self) -> None:
        """Start no new mail; the open ones end within the post's own limit."""
        self._stopping = True
        if self._post is not None:
            self._post.drain()

    # ---- inside -------------------------------------------------------------------------

    def _fill_next(self) -> Outgoing | None:
        while not self._stopping:
            if not self._queue:
                if self._dry or not self._turn(more=True):
                    return None
                continue
            row = self._queue.popleft()
            if row in self._gone:
                self._results.append((row, Returned("it changed after it was claimed")))
                continue
            mail = self._fill(row)
            if mail is not None:
                return mail
        return None

    def _fill(self, row: int) -> Outgoing | None:
        try:
            return self._rows.fill(row)
        except DatabaseBusy as busy:
            self._results.append((row, Returned(str(busy))))
        except BriefingsError as failure:
            self._results.append((row, Returned(str(failure))))
            self._fail(failure)
        return None

    def _fail(self, failure: BriefingsError) -> None:
        self._failure = failure
        self.stop()

    def _turn(self, *, more: bool) -> bool:
        """Settle what is known and claim more; False when nothing more came of it."""
        try:
            claimed = self._rows.turn(self._results, more=more and not self._stopping)
        except DatabaseBusy:
            return False  # the results are kept, and the next look tries again
        except BriefingsError as failure:
            self._fail(failure)
            return False
        self._results = []
        self._gone.difference_update(claimed)
        self._queue.extend(claimed)
        self._dry = more and not claimed
        return bool(claimed)

    def _look(self, post: Post) -> None:
        if not self._rows.may_send():
            self.stop()
            return
        with suppress(DatabaseBusy):
            if not self._stopping:
                self._queue.extendleft(reversed(self._rows.first()))
            if self._out or self._waiting:
                self._gone.update(self._rows.gone())
        if self._waiting and not self._out:
            post.wake()
        if self._stopping or self._waiting or self._out:
            if self._results:
                self._turn(more=False)
            return
        if self._turn(more=True):
            post.wake()
        elif self._dry and not self._forever:
            self.stop()

    @property
    def _waiting(self) -> bool:
        """Whether claimed rows are here that no lane has."""
        return bool(self._queue or self._filled)

    def _hand_back(self, why: str) -> None:
        """What was claimed and not begun goes back before anything else."""
        self._results += [(mail.delivery_id, Returned(why)) for mail in self._filled]
        self._results += [(row, Returned(why)) for row in self._queue]
        self._filled.clear()
        self._queue.clear()

    def _finish(self) -> None:
        self._hand_back("the sender ended")
        self._rows.turn(self._results, more=False)
        self._results = []
