"""When a unit that writes is over it is on the disk, and nobody waited for the lock meanwhile."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import pytest

from briefings.errors import Temporary
from briefings.store import disk, instance
from briefings.store.database import Database
from briefings.store.disk import SharedSync


class Disk:
    """Notes the name of every file that is synced, and may be told what to do instead."""

    def __init__(self) -> None:
        self.synced: list[str] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def fdatasync(self, file: int) -> None:
        self.meanwhile()
        os.fsync(file)
        self.synced.append(Path(f"/proc/self/fd/{file}").readlink().name)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Disk:
    watched = Disk()
    monkeypatch.setattr(disk, "_fdatasync", watched.fdatasync)
    return watched


@pytest.fixture
def database(tmp_path: Path) -> Generator[Database]:
    made = Database.open(f"sqlite:///{tmp_path}/a.db")
    made.migrate()
    yield made
    made.dispose()


def put(database: Database, key: str, *, durable: bool = True) -> None:
    with database.write(durable=durable) as tx:
        instance.put(tx, key, "x")


def test_a_unit_is_on_the_disk_before_its_block_is_left(database: Database, watched: Disk):
    put(database, "a")
    assert watched.synced == ["a.db-wal"]


def test_what_need_not_last_or_changes_nothing_is_not_synced(database: Database, watched: Disk):
    put(database, "a", durable=False)
    with database.write() as tx:
        tx.rows("SELECT 1")
    with contextlib.suppress(RuntimeError), database.write() as tx:
        instance.put(tx, "b", "x")
        raise RuntimeError
    assert watched.synced == []


def test_the_lock_is_free_while_the_disk_works(database: Database, watched: Disk, tmp_path: Path):
    other = sqlite3.connect(tmp_path / "a.db", timeout=0, isolation_level=None)

    def write() -> None:
        with closing(other):
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")

    watched.meanwhile = write
    put(database, "a")
    assert watched.synced == ["a.db-wal"]


def test_who_comes_while_the_disk_works_shares_the_next_sync(database: Database, watched: Disk):
    working, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        working.set()
        assert go_on.wait(30)

    watched.meanwhile = hold
    threads = [threading.Thread(target=put, args=(database, key)) for key in "abcdef"]
    threads[0].start()
    assert working.wait(30)
    for thread in threads[1:]:
        thread.start()
    while True:
        with database.read() as tx:
            if all(instance.get(tx, key) for key in "abcdef"):
                break
    assert all(thread.is_alive() for thread in threads), "nobody is told before it is on the disk"
    go_on.set()
    for thread in threads:
        thread.join(30)
    # The last of the five may have been seen before it queued for its sync.
    assert 2 <= len(watched.synced) <= 3


def test_a_file_beside_is_on_the_disk_before_the_unit(
    database: Database, watched: Disk, tmp_path: Path
):
    beside = tmp_path / "beside"
    beside.write_text("x")
    with database.write() as tx:
        instance.put(tx, "a", "x")
        tx.sync_beside(SharedSync(beside))
    assert watched.synced == ["beside", "a.db-wal"]


def test_a_disk_that_refuses_is_told(database: Database, watched: Disk):
    def refuse() -> None:
        raise OSError(errno.EIO, "Input/output error")

    watched.meanwhile = refuse
    with pytest.raises(Temporary, match="cannot be brought to the disk"):
        put(database, "a")
    watched.meanwhile = lambda: None
    put(database, "b")
    assert watched.synced == ["a.db-wal"], "what failed is tried again with the next"


def test_a_file_that_was_taken_up_elsewhere_needs_no_sync(tmp_path: Path, watched: Disk):
    SharedSync(tmp_path / "gone").wait()
    assert watched.synced == []
