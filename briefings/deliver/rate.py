"""How many mails a second may start, for all lanes together; it never sleeps and never sends."""

from __future__ import annotations

import fcntl
import os
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING

from briefings.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

_KEPT = struct.Struct("<dd")
"""Tokens, and the monotonic second at which they were counted."""


class TokenBucket:
    """At most `rate` mails a second, a tenth of a second's worth at once, in one process."""

    def __init__(self, rate: float, clock: Callable[[], float], *, tokens: float = 0.0) -> None:
        if rate <= 0:
            raise ValueError(f"a rate of {rate} mails a second sends nothing; leave RATE unset")
        self._rate = rate
        self._clock = clock
        self._most = max(1.0, rate / 10)
        self._tokens = min(max(tokens, 0.0), self._most)
        self._filled = clock()

    def take(self) -> bool:
        """Take the right to start one mail; False when `wait` seconds must pass before."""
        self._fill()
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def give_back(self) -> None:
        """Return a right that was not used, because there was no mail."""
        self._tokens = min(self._tokens + 1.0, self._most)

    def wait(self) -> float:
        """Return the seconds until one mail may start."""
        self._fill()
        return max(0.0, (1.0 - self._tokens) / self._rate)

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._tokens + (now - self._filled) * self._rate, self._most)
        self._filled = now


class SharedBucket(TokenBucket):
    """The global `RATE`: one bucket for all sending processes of a `STATE_DIR`, in a file.

    Every look takes a lock on the file (some 5 us, and only where a rate is set). The clock has to
    be one for all processes of the machine (CLOCK_MONOTONIC); after a restart of the machine it
    begins anew, and the bucket is empty. A restart of a process earns nothing.
    """

    def __init__(self, rate: float, clock: Callable[[], float], path: Path) -> None:
        """Open or make the file. Raises Misconfigured when the folder cannot be written."""
        super().__init__(rate, clock)
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as trouble:
            raise Misconfigured(
                f"{path} cannot be written ({trouble.strerror}): RATE keeps its count there; "
                "set STATE_DIR to a folder that this user can write"
            ) from trouble

    def take(self) -> bool:
        """Take the right to start one mail; False when `wait` seconds must pass before."""
        with self._locked():
            return super().take()

    def give_back(self) -> None:
        """Return a right that was not used, because there was no mail."""
        with self._locked():
            super().give_back()

    def wait(self) -> float:
        """Return the seconds until one mail may start, if nobody else takes it."""
        with self._locked():
            return super().wait()

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    @contextmanager
    def _locked(self) -> Generator[None]:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            kept = os.pread(self._file, _KEPT.size, 0)
            if len(kept) == _KEPT.size:
                tokens, filled = _KEPT.unpack(kept)
                now = self._clock()
                # A clock that went back is another boot; a rate that went down holds fewer.
                self._tokens = min(max(tokens, 0.0), self._most) if filled <= now else 0.0
                self._filled = min(filled, now)
            yield
            os.pwrite(self._file, _KEPT.pack(self._tokens, self._filled), 0)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)
