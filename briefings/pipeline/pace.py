"""Size units of work by how long they hold the lock, and leave room for others; decides nothing."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from briefings.pipeline.chain import Chain
from briefings.store.database import Transaction

HELD = 0.018
"""Seconds for which a unit should hold the lock."""
BREATH = 0.005
"""Seconds between two units, so that other writers get the lock (DESIGN 5)."""
SMALLEST = 16
"""The largest size, divided by this, is the smallest."""


class Pace:
    """How many rows the next unit should take; it follows what the last one needed."""

    def __init__(self, chain: Chain, most: int) -> None:
        self._chain = chain
        self._most = most
        self._least = max(1, most // SMALLEST)
        self._free_at = float("-inf")
        self.size = max(1, most // 8)  # small at first: it may double with every unit

    @contextmanager
    def unit(self) -> Generator[Transaction]:
        """Open a unit that writes, once the lock was free for a while, and time it with its commit.

        It is not durable by itself: for work that can be resumed, ended by a unit that is.
        """
        rest = self._free_at + BREATH - self._chain.monotonic()
        if rest > 0:  # work between two units is a pause as well
            self._chain.sleep(rest)
        with self._chain.db.write(durable=False) as tx:
            began = self._chain.monotonic()
            yield tx
        self._free_at = self._chain.monotonic()
        self._follow(self._free_at - began)

    def _follow(self, held: float) -> None:
        fitting = self.size * HELD / max(held, HELD / 2)  # at most twice as many as before
        self.size = int(min(self._most, max(self._least, fitting)))
