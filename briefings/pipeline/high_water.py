"""Recognises a database that is older than its STATE_DIR: one number rises in both (P10).

Every durable unit that changes the database raises the number in it, and writes it to the file
`STATE_DIR/high-water` once it is committed. So the file is never ahead of the database that it
belongs to, and is ahead of every older copy of it. It decides nothing about what follows from that.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from briefings.logs import Log
from briefings.store import instance
from briefings.store.database import Transaction

NAME = "high-water"
_WIDTH = 20

log = Log("briefings.high-water")


class HighWater:
    """`store.database.Witness` over the file of one STATE_DIR; processes may share it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def before_commit(self, tx: Transaction) -> int:
        """Raise the number in the database, as the last statement of a unit."""
        return instance.next_number(tx, NAME)

    def after_commit(self, number: int) -> None:
        """Raise the number in the file; it never falls, whichever process is first.

        It is not synced: after a power cut it may be some seconds behind, which is allowed. Where
        it cannot be written nothing is recognised, and nothing is stopped.
        """
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if number > _number(os.pread(file, _WIDTH, 0)):
                    os.pwrite(file, b"%0*d\n" % (_WIDTH, number), 0)
            finally:
                os.close(file)
        except FileNotFoundError:
            pass  # without STATE_DIR there is no instance id either, so nothing is sent
        except OSError as trouble:
            log.warning("cannot be written", file=str(self._path), error=trouble.strerror)


def remembered(folder: Path) -> int:
    """Give the number that the database had reached as far as STATE_DIR knows; 0 without one."""
    try:
        with (folder / NAME).open("rb") as file:
            return _number(file.read(_WIDTH))
    except OSError:
        return 0


def is_older(tx: Transaction, known: int) -> bool:
    """Whether this database has not reached what STATE_DIR `remembered` before this was asked.

    Read the file before the unit begins, or in one that writes: a unit that reads may see less than
    a file that it reads later.
    """
    return instance.last_number(tx, NAME) < known


def catch_up(tx: Transaction, folder: Path) -> None:
    """Take a database for the newest one: from here on it counts on where STATE_DIR stood."""
    instance.raise_number(tx, NAME, remembered(folder))


def _number(text: bytes) -> int:
    digits = text.strip()
    return int(digits) if digits.isdigit() else 0
