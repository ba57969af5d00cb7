"""Keeps what is dear to make for some seconds, for all requests at once; it knows no page."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Aged(Generic[T]):
    """A value that is made when it is first asked for, and again when it is older than `seconds`.

    One thread makes it; the others are given the old one meanwhile, and wait only for the first.
    What `make` raises leaves the old value where it is.
    """

    def __init__(
        self, make: Callable[[], T], *, monotonic: Callable[[], float], seconds: float
    ) -> None:
        self._make = make
        self._monotonic = monotonic
        self._seconds = seconds
        self._lock = threading.Lock()
        self._held: tuple[float, T] | None = None

    def fresh(self) -> T | None:
        """Give the value if it is there and young enough; never makes it, never waits."""
        held = self._held
        if held is None or self._monotonic() - held[0] >= self._seconds:
            return None
        return held[1]

    def get(self) -> T:
        """Give the value, made anew where that is due."""
        held = self._held
        if held is not None and self._monotonic() - held[0] < self._seconds:
            return held[1]
        if not self._lock.acquire(blocking=held is None):
            assert held is not None  # or we would have waited
            return held[1]
        try:
            young = self.fresh()  # another thread may have made it while we waited
            if young is None:
                young = self._make()
                self._held = (self._monotonic(), young)
        finally:
            self._lock.release()
        return young
