"""What an import has met in its file, at some 16 bytes a row; it never forgets.

Two different keys share their 64 bits with one chance in 40 million at a million rows.
"""

from __future__ import annotations

from array import array
from hashlib import blake2b

_FIRST_SIZE = 1 << 12
_FULL = 0.6


class Seen:
    """A set of texts kept as 64-bit digests in an open-addressed table (a set of int takes 5x)."""

    def __init__(self) -> None:
        self._table = array("Q", bytes(8 * _FIRST_SIZE))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, key: str) -> bool:
        """Remember the key; say whether it is new."""
        digest = int.from_bytes(blake2b(key.encode("utf-8"), digest_size=8).digest()) or 1
        if not _put(self._table, digest):
            return False
        self._count += 1
        if self._count > _FULL * len(self._table):
            self._grow()
        return True

    def _grow(self) -> None:
        larger = array("Q", bytes(16 * len(self._table)))
        for digest in self._table:
            if digest:
                _put(larger, digest)
        self._table = larger


def _put(table: array[int], digest: int) -> bool:
    mask = len(table) - 1
    place = digest & mask
    while table[place]:
        if table[place] == digest:
            return False
        place = (place + 1) & mask
    table[place] = digest
    return True
