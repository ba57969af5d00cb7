"""How many mails a second may start, for all lanes together; it never sleeps and never sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class TokenBucket:
    """The global `RATE`: at most `rate` mails a second, a tenth of a second's worth at once.

    The clock is monotonic and does not survive a restart, so a bucket starts with the tokens it
    is given: `export` them at the end and hand them in again, and a restart earns nothing.
    """

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

    def export(self) -> float:
        """Return the tokens to keep across a restart."""
        self._fill()
        return self._tokens

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._tokens + (now - self._filled) * self._rate, self._most)
        self._filled = now
