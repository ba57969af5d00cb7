"""Brings a file to the disk, once for all who wait for it; it never writes a byte into it.

A sync takes some 3 ms and holds up nobody else here: whoever comes while one runs waits for the
next, which serves all who came meanwhile (group commit).
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from briefings.errors import Temporary

_fdatasync = getattr(os, "fdatasync", os.fsync)  # macOS has none


class SharedSync:
    """The syncs of one file, which threads of this process share."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counting = threading.Lock()
        self._syncing = threading.Lock()
        self._written = self._synced = 0

    def wait(self) -> None:
        """Return when all that this thread wrote into the file before this call is on the disk.

        A file that is not there was taken up elsewhere: SQLite removes its log after a checkpoint,
        which is synced.

        Raises:
            Temporary: the disk refused; what was written may not survive a power cut.
        """
        with self._counting:
            self._written += 1
            mine = self._written
        with self._syncing:
            if self._synced >= mine:
                return
            upto = self._written
            try:
                file = os.open(self._path, os.O_RDONLY)
            except FileNotFoundError:
                return
            try:
                _fdatasync(file)
            except OSError as wrong:
                raise Temporary(
                    f"{self._path} cannot be brought to the disk ({wrong.strerror}): "
                    "look at the disk before you go on."
                ) from wrong
            finally:
                os.close(file)
            self._synced = upto
