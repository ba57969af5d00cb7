"""Moves SQLite's write-ahead log into the database file, beside those who write; it changes no row.

SQLite does that inside the commit that finds the log long, and whoever wrote waits for two disk
syncs. It begins the log anew only when all of it has been moved, which is never while somebody
writes on and on.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextlib import AbstractContextManager
    from pathlib import Path

MOST_PAGES = 8_000
"""Pages of 4 KiB: a longer log is emptied."""


@contextmanager
def beside(path: Path, every: float, alone: AbstractContextManager[object]) -> Generator[None]:
    """Empty the log of a database every so many seconds, in a thread, while the block runs.

    `alone` keeps the other threads of this process from writing.
    """
    over = threading.Event()

    def work() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            while not over.wait(every):
                with suppress(sqlite3.Error):  # the unit that meets the trouble as well reports it
                    empty(connection, alone)

    worker = threading.Thread(target=work, name="checkpoints", daemon=True)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()


def empty(connection: sqlite3.Connection, alone: AbstractContextManager[object]) -> None:
    """Move what there is; of a long log also what was written meanwhile, while nobody here writes.

    The lock stays free for other processes all the time.
    """
    _, pages, _ = _move(connection)
    if pages > MOST_PAGES:
        with alone:
            _move(connection)


def _move(connection: sqlite3.Connection) -> tuple[int, int, int]:
    row = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return (int(row[0]), int(row[1]), int(row[2]))
