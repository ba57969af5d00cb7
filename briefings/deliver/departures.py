"""Lets the bodies of all lanes leave side by side: one look, one record, then write after write.

It never decides whether a mail may go, and keeps nobody waiting for long: what gathers while the
replies of one round of the loop are read leaves at the end of that round, and fewer bodies than
half of the lanes wait a millisecond for others. A server that was woken by the first body finds the
others there when it has read it; woken for each one, it cost both machines some 30 us a mail
(docs/decisions/0010).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from briefings.deliver.terms import Permission

if TYPE_CHECKING:
    from briefings.deliver.send_log import SendLog
    from briefings.deliver.terms import Callbacks


GATHER = 0.001
"""Seconds for which a few bodies wait for those of other lanes."""


class Bound(Protocol):
    """A conversation with a body whose turn has come."""

    @property
    def bound(self) -> int | None:
        """The row of the body; None when it will not leave any more."""
        ...

    def withhold(self, permission: Permission) -> None:
        """Give the mail back: it may not leave."""
        ...

    def depart(self) -> None:
        """Write the body: its `D` record is in the file."""
        ...

    def lose_log(self, trouble: OSError) -> None:
        """End: the send log cannot be written, and no mail leaves without it."""
        ...


class Departures:
    """One for all conversations that write to the same send log."""

    def __init__(self, log: SendLog, calls: Callbacks) -> None:
        self._log = log
        self._calls = calls
        self._waiting: list[Bound] = []
        self._open = 0
        self._going: asyncio.Handle | None = None
        self._soon = False

    def enter(self) -> None:
        """Count a conversation that may bring bodies."""
        self._open += 1

    def leave(self) -> None:
        """Count one that brings no more."""
        self._open -= 1

    def add(self, body: Bound) -> None:
        """Let a body leave at the end of this round of the loop, or soon when it is one of few."""
        self._waiting.append(body)
        loop = asyncio.get_running_loop()
        if not self._soon and len(self._waiting) >= max(1, self._open // 2):
            if self._going is not None:
                self._going.cancel()
            self._going, self._soon = loop.call_soon(self._go), True
        elif self._going is None:
            self._going = loop.call_later(GATHER, self._go)

    @property
    def near(self) -> bool:
        """Whether some leave soon: the log's other records go to the file with theirs."""
        return bool(self._waiting)

    def _go(self) -> None:
        """Look who left, record, write; then fill what comes next while the server reads."""
        waiting, self._waiting = self._waiting, []
        self._going, self._soon = None, False
        bodies = [(row, body) for body in waiting if (row := body.bound) is not None]
        permissions = self._calls.may_write([row for row, _ in bodies])
        allowed: list[tuple[int, Bound]] = []
        for one, permission in zip(bodies, permissions, strict=True):
            if permission is Permission.WRITE:
                allowed.append(one)
            else:
                one[1].withhold(permission)
        leaving = [(row, body) for row, body in allowed if body.bound == row]  # none ended by that
        try:
            self._log.departing(*[row for row, _ in leaving])
        except OSError as trouble:
            for _, body in leaving:
                body.lose_log(trouble)
            return
        for row, body in leaving:
            if body.bound == row:
                body.depart()
            else:  # what another one took along ended it
                self._log.never_left(row)
        self._calls.fill_ahead(len(leaving))
