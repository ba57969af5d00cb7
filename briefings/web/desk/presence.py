"""Remembers for some minutes who has an item open; in memory, because a look writes nothing."""

from __future__ import annotations

from collections.abc import Callable

MINUTES = 5
_MOST = 2_000


class Presence:
    """Who was seen at which item last; it knows this process only."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Take a clock of seconds that never jumps."""
        self._monotonic = monotonic
        self._seen: dict[tuple[int, str], float] = {}

    def others(self, item_id: int, who: str) -> list[str]:
        """Note that somebody looks at an item, and name the others of the last minutes."""
        now = self._monotonic()
        fresh = {key: at for key, at in list(self._seen.items()) if now - at < MINUTES * 60}
        fresh[item_id, who] = now
        self._seen = dict(list(fresh.items())[-_MOST:])
        return sorted(name for number, name in self._seen if number == item_id and name != who)
