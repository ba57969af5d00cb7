"""What SQLite alone can do wrong: the error says in one line what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from briefings.errors import DatabaseBusy, Misconfigured, Temporary
from briefings.store import checkpoints, instance
from briefings.store.database import Database


def opened(folder: Path, **more: float) -> Database:
    database = Database.open(f"sqlite:///{folder}/a.db", **more)
    database.migrate()
    return database


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://localhost/a", "sqlite:///"),
        ("no url", "sqlite:///"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////nowhere/at/all/a.db", "/nowhere/at/all of .* does not exist"),
        ("sqlite:////proc/briefings.db", "cannot be opened for writing"),
    ],
)
def test_a_url_that_cannot_work_is_misconfigured(url: str, says: str) -> None:
    with pytest.raises(Misconfigured, match=says) as raised:
        Database.open(url)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_database_is_misconfigured(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("these are words, not a database\n" * 100)
    with pytest.raises(Misconfigured, match=r"a\.db is not a usable SQLite database"):
        Database.open(f"sqlite:///{tmp_path}/a.db")


def test_a_lock_that_somebody_else_holds_is_busy(tmp_path: Path) -> None:
    database = opened(tmp_path, busy_timeout=0.05)
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusy, match="locked by another process"), database.write():
            pass
        with database.read() as tx:
            assert instance.get(tx, "a") is None
    with database.write() as tx:
        instance.put(tx, "a", "1")
    database.dispose()


def test_a_full_disk_is_temporary_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    database = opened(tmp_path)
    with pytest.raises(Temporary, match="free space"), database.write() as tx:  # noqa: PT012 - the unit as a whole fails
        pages = tx.rows("PRAGMA page_count")[0][0]
        tx.rows(f"PRAGMA max_page_count = {pages}")
        instance.put(tx, "a", "x" * 1_000_000)
    with database.read() as tx:
        assert instance.get(tx, "a") is None
    database.dispose()


def test_readers_do_not_wait_and_a_checkpoint_is_synced(tmp_path: Path) -> None:
    database = opened(tmp_path)
    with database.read() as tx:
        assert tx.rows("PRAGMA journal_mode") == [("wal",)]
        assert tx.rows("PRAGMA synchronous") == [(1,)]  # test_store_disk.py shows the rest
        assert tx.rows("PRAGMA foreign_keys") == [(1,)]
    database.dispose()


def test_a_log_that_is_emptied_elsewhere_is_emptied_by_no_commit(tmp_path: Path) -> None:
    database = opened(tmp_path)

    def limit() -> int:
        with database.write() as tx:
            return int(tx.rows("PRAGMA wal_autocheckpoint")[0][0])

    assert limit() == checkpoints.MOST_PAGES
    with database.checkpointing(60):
        assert limit() == 0
    assert limit() == checkpoints.MOST_PAGES
    database.dispose()


def test_a_long_log_is_emptied_to_the_end_whoever_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = opened(tmp_path)

    def write(letter: str) -> None:
        with database.write(durable=False) as tx:
            instance.put(tx, "a", letter * 50_000)

    @contextmanager
    def meanwhile() -> Generator[None]:
        write("y")
        yield

    def in_the_file(letter: bytes) -> bool:
        return letter * 4_000 in (tmp_path / "a.db").read_bytes()

    with (
        closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other,
        database.checkpointing(60),
    ):
        write("x")
        assert not in_the_file(b"x")
        checkpoints.empty(other, meanwhile())
        assert in_the_file(b"x")  # a short log: nobody was kept out
        assert not in_the_file(b"y")
        monkeypatch.setattr(checkpoints, "MOST_PAGES", 10)
        write("x")
        checkpoints.empty(other, meanwhile())
        assert in_the_file(b"y")
    database.dispose()


def test_emptying_the_log_gets_its_turn_beside_a_thread_that_writes_on_and_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "MOST_PAGES", 10)
    database = opened(tmp_path)
    log = tmp_path / "a.db-wal"
    before = b""
    with database.checkpointing(0.001):
        for number in range(20_000):
            with database.write(durable=False) as tx:
                instance.put(tx, "a", f"{number}" * 10_000)
            if number == 0:
                before = log.read_bytes()[:32]
            elif log.read_bytes()[:32] != before:
                break
        else:
            pytest.fail("the log was never begun anew")
    database.dispose()


def test_a_write_unit_holds_the_lock_before_its_first_statement(tmp_path: Path) -> None:
    database = opened(tmp_path)
    with (
        closing(sqlite3.connect(tmp_path / "a.db", timeout=0, isolation_level=None)) as other,
        database.write(),
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")
    database.dispose()


def test_the_data_version_moves_with_every_commit_of_anybody(tmp_path: Path) -> None:
    database = opened(tmp_path)
    first = database.data_version()
    assert database.data_version() == first
    with database.write() as tx:
        instance.put(tx, "a", "1")
    second = database.data_version()
    with closing(sqlite3.connect(tmp_path / "a.db")) as other, other:
        other.execute("UPDATE meta SET value = '2'")
    assert len({first, second, database.data_version()}) == 3
    database.dispose()


def test_a_copy_is_whole_and_never_overwrites(tmp_path: Path) -> None:
    database = opened(tmp_path)
    with database.write() as tx:
        instance.put(tx, "a", "1")
    database.copy_to(tmp_path / "b.db")
    with pytest.raises(Misconfigured, match="exists"):
        database.copy_to(tmp_path / "b.db")
    with pytest.raises(Misconfigured, match="cannot be written"):
        database.copy_to(tmp_path / "nowhere" / "b.db")
    copy = Database.open(f"sqlite:///{tmp_path}/b.db")
    with copy.read() as tx:
        assert instance.get(tx, "a") == "1"
    copy.dispose()
    database.dispose()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.db", "b.db"]


def test_it_knows_its_file(tmp_path: Path) -> None:
    database = opened(tmp_path)
    assert (database.is_sqlite, database.path) == (True, tmp_path / "a.db")
    database.dispose()


def test_a_postgresql_that_does_not_answer_is_temporary_and_keeps_its_password() -> None:
    with pytest.raises(Temporary, match="does not answer") as raised:
        Database.open("postgresql://me:hidden@127.0.0.1:1/none")
    assert "hidden" not in str(raised.value)
