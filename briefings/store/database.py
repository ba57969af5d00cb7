"""Opens the database and runs units of work in it; it holds no query about any noun.

Every error of the driver leaves through one wrapper here, as a type that says what to do. A unit
that writes takes SQLite's write lock when it begins (`BEGIN IMMEDIATE`): a read that turns into a
write later fails at once instead of waiting. No network belongs inside a unit.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from briefings.errors import DatabaseBusy, Misconfigured
from briefings.store import checkpoints, migrations
from briefings.store.disk import SharedSync
from briefings.store.faults import postgresql_told, psycopg_errors, sqlite_told

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from sqlalchemy.engine import URL, Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor

    Value = str | int | float | bytes | None
    Row = tuple[Any, ...]

_WRITES = "briefings_writes"
_LOG_PAGES = "briefings_log_pages"
_ONE_ROW = re.compile(r"VALUES (\([^)]*\))")
_PLACES_AT_ONCE = 4_000
_GAP, _LONGEST_STREAK, _PAUSE = 0.001, 0.02, 0.005
"""Seconds: units less than a gap apart are one streak, and after 20 ms of it comes a pause. Who
writes without one keeps other processes out for seconds, because SQLite has no queue."""
_NAMED = re.compile(r":([a-z_]+)")


class Transaction:
    """One unit of work. Statements are SQL text with `:name` or `?` places, for both databases."""

    __slots__ = ("_asked", "_connection", "beside", "is_sqlite")

    def __init__(self, connection: Connection) -> None:
        self._asked = 0
        self._connection = connection
        self.beside: list[SharedSync] = []
        """Files that are on the disk before the unit is."""
        self.is_sqlite = connection.dialect.name == "sqlite"

    @property
    def connection(self) -> Connection:
        """The connection underneath, for migrations and for looking at plans."""
        return self._connection

    @property
    def for_update(self) -> str:
        """What ends a SELECT whose row is about to be written: SQLite has locked it already."""
        return "" if self.is_sqlite else " FOR UPDATE"

    def execute(self, sql: str, /, **values: Value) -> int:
        """Run one statement with `:name` places and give the number of rows that it touched."""
        with closing(self._cursor()) as cursor:
            cursor.execute(self._named(sql), values)
            return cursor.rowcount

    def rows(self, sql: str, /, **values: Value) -> Sequence[Row]:
        """Run one statement with `:name` places and give its rows."""
        with closing(self._cursor()) as cursor:
            cursor.execute(self._named(sql), values)
            return cursor.fetchall()

    def one(self, sql: str, /, **values: Value) -> Row | None:
        """Run one statement with `:name` places and give its first row, or None."""
        with closing(self._cursor()) as cursor:
            cursor.execute(self._named(sql), values)
            return cursor.fetchone()

    def fetch(self, sql: str, values: Sequence[Value]) -> list[Row]:
        """Run one statement with `?` places and give its rows."""
        with closing(self._cursor()) as cursor:
            cursor.execute(self._positional(sql), values)
            return list(cursor.fetchall())

    def run(self, sql: str, values: Sequence[Value]) -> int:
        """Run one statement with `?` places and give the number of rows that it touched."""
        with closing(self._cursor()) as cursor:
            cursor.execute(self._positional(sql), values)
            return cursor.rowcount

    def many(self, sql: str, values: Sequence[Sequence[Value]]) -> int:
        """Run one statement with `?` places once per tuple of values; rows touched in all.

        An INSERT with one `VALUES (...)` takes hundreds of tuples at a time: that is a third
        cheaper, and the interpreter is handed over once for all of them.
        """
        touched = 0
        text = self._positional(sql)
        size = _width(text)
        with closing(self._cursor()) as cursor:
            if not size:
                cursor.executemany(text, values)
                return max(cursor.rowcount, 0)
            start, left = 0, len(values)
            while left:
                # The driver keeps statements: halves of halves for the rest are few of them.
                while size > left:
                    size = (size + 1) // 2
                part = values[start : start + size]
                cursor.execute(_wide(text, size), list(chain.from_iterable(part)))
                touched += cursor.rowcount
                start, left = start + size, left - size
        return touched

    def sync_beside(self, file: SharedSync) -> None:
        """Bring what was written into a file to the disk with this unit, when its lock is free."""
        self.beside.append(file)

    def changes(self) -> int:
        """Give a number that differs after rows were changed; on PostgreSQL it always does."""
        if self.is_sqlite:
            driver: Any = self._connection.connection.driver_connection
            return int(driver.total_changes)
        self._asked += 1
        return self._asked

    def _cursor(self) -> DBAPICursor:
        """The driver's own: SQLAlchemy's way to run a text took as long as SQLite needs for it."""
        return self._connection.connection.cursor()

    def _named(self, sql: str) -> str:
        return sql if self.is_sqlite else _for_psycopg(sql)

    def _positional(self, sql: str) -> str:
        return sql if self.is_sqlite else sql.replace("?", "%s")


@lru_cache(maxsize=512)
def _for_psycopg(sql: str) -> str:
    return _NAMED.sub(r"%(\1)s", sql)


@lru_cache(maxsize=64)
def _width(sql: str) -> int:
    """How many rows of an INSERT of one row share some 4,000 places; 0 for other statements."""
    found = _ONE_ROW.search(sql)
    return 0 if found is None else _PLACES_AT_ONCE // (found[1].count(",") + 1)


@lru_cache(maxsize=64)
def _wide(sql: str, rows: int) -> str:
    """Widen an INSERT of one row to so many."""
    return _ONE_ROW.sub(lambda found: f"VALUES {', '.join([found[1]] * rows)}", sql, count=1)


class Witness(Protocol):
    """Who hears of every unit that changed something; see `pipeline/high_water.py`."""

    def before_commit(self, tx: Transaction) -> int:
        """Write a last statement into the unit; what it gives is handed on after the commit."""
        ...

    def after_commit(self, number: int) -> None:
        """Hear that the unit is committed; must not fail."""
        ...


class Database:
    """A SQLite file or a PostgreSQL database. Threads may share it; processes open their own."""

    def __init__(self, url: URL, engine: Engine, busy_timeout: float) -> None:
        """Use `Database.open`."""
        self._url = url
        self._engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self.path = Path(str(url.database)) if self.is_sqlite else None
        self._busy_timeout = busy_timeout
        self.pause: Callable[[float], None] | None = None
        """Set where many threads write: called between units, so that other processes get in."""
        self.witness: Witness | None = None
        """Set once the tables are there."""
        self._log = SharedSync(Path(f"{url.database}-wal")) if self.is_sqlite else None
        self._turn = threading.Lock()
        self._checkpointing = 0
        self._streak = self._released = 0.0
        self._watching = threading.Lock()
        self._watcher: sqlite3.Connection | None = None

    @classmethod
    def open(cls, url: str, *, busy_timeout: float = 5.0) -> Database:
        """Open the database that a URL names; `busy_timeout` is in seconds.

        SQLite: the file is made when it is missing, its folder is not. Raises Misconfigured for
        another kind of database, a folder that is missing or not writable, and a file that is no
        database; Temporary when PostgreSQL does not answer.
        """
        parsed = _parsed(url)
        if parsed.get_backend_name() == "sqlite":
            database = cls(parsed, _sqlite_engine(parsed, busy_timeout), busy_timeout)
        else:
            database = cls(parsed, _postgresql_engine(parsed, busy_timeout), busy_timeout)
        with database.read():
            pass
        return database

    @contextmanager
    def read(self) -> Generator[Transaction]:
        """Open a unit that only reads: one consistent view, no lock taken."""
        with self._unit(writes=False) as transaction:
            yield transaction

    @contextmanager
    def write(self, *, durable: bool = True) -> Generator[Transaction]:
        """Open a unit that writes: committed at the end of the block, rolled back on an error.

        When the block is over, the unit is on the disk; SQLite's lock is given back before that,
        since nobody can act on what he sees but by a unit that is synced later. Who asks for less
        than `durable` gets a unit that is whole or gone after a power cut, as all are, but on the
        disk only with the next durable one. After a kill it is there in any case. Raises
        DatabaseBusy when another unit holds the lock for longer than the busy timeout.
        """
        number = 0
        with self._alone(), self._unit(writes=True) as transaction:
            before = transaction.changes()
            yield transaction
            changed = transaction.changes() != before
            if self.witness is not None and durable and changed:
                number = self.witness.before_commit(transaction)
        for file in transaction.beside:
            file.wait()
        if self._log is not None and durable and changed:
            self._log.wait()
        if self.witness is not None and number:
            # Of durable units only: what a power cut may take back must not be known outside.
            self.witness.after_commit(number)

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Queue the threads of this process: SQLite would have each sleep up to 100 ms a look."""
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=self._busy_timeout):
            raise DatabaseBusy(
                f"{self._name} is being written by this process for longer than the busy timeout: "
                "try again"
            )
        try:
            began = time.monotonic()
            if began - self._released > _GAP:
                self._streak = began
            yield
        finally:
            if self.pause is not None and time.monotonic() - self._streak > _LONGEST_STREAK:
                self.pause(_PAUSE)
                self._streak = time.monotonic()  # or every unit after this one would pause, too
            self._released = time.monotonic()
            self._turn.release()

    @contextmanager
    def _unit(self, *, writes: bool) -> Generator[Transaction]:
        options: dict[str, Any] = {
            _WRITES: writes,
            _LOG_PAGES: 0 if self._checkpointing else checkpoints.MOST_PAGES,
        }
        if not self.is_sqlite:  # where SQLite has one view for a whole read unit anyway
            options["isolation_level"] = "READ COMMITTED" if writes else "REPEATABLE READ"
        try:
            with (
                self._engine.connect().execution_options(**options) as connection,
                connection.begin(),
            ):
                yield Transaction(connection)
        except DBAPIError as error:
            raise self._told(error.orig or error) from error
        except (sqlite3.Error, *psycopg_errors()) as error:
            raise self._told(error) from error

    def migrate(self) -> None:
        """Bring the schema to the program's version, in one transaction; nothing when it is there.

        Raises Misconfigured when the schema is newer than the program.
        """
        current, head = self.version()
        if current == head:
            return
        with self.write() as transaction:
            migrations.upgrade(transaction.connection)

    def downgrade_one(self) -> None:
        """Take the last migration back, in one transaction."""
        with self.write() as transaction:
            migrations.downgrade_one(transaction.connection)

    def version(self) -> tuple[str | None, str]:
        """Give the schema's version (None: no tables yet) and the program's.

        Raises Misconfigured when the schema is newer than the program.
        """
        with self.read() as transaction:
            current = migrations.current(transaction.connection)
        if current not in {None, migrations.HEAD} and current not in migrations.known():
            raise Misconfigured(
                f"{self._name} has schema version {current}, which this program does not know: "
                "it was written by a newer version of Briefings; install that version or newer"
            )
        return current, migrations.HEAD

    def data_version(self) -> int:
        """Give a number that changes after every commit to the SQLite file; 0 on PostgreSQL.

        Costs some microseconds and sees commits of other connections and other processes.
        """
        if self.path is None:
            return 0
        with self._watching:
            if self._watcher is None:
                self._watcher = sqlite3.connect(self.path, check_same_thread=False)
            return int(self._watcher.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def checkpointing(self, every: float = 0.1) -> Generator[None]:
        """Empty SQLite's log every so many seconds from a thread, and in no commit, in the block.

        When it is long, units of this process wait for the rest, with the lock free for others.
        """
        if self.path is None:
            yield
            return
        self._checkpointing += 1
        try:
            with checkpoints.beside(self.path, every, self._turn):
                yield
        finally:
            self._checkpointing -= 1

    def copy_to(self, file: Path) -> None:
        """Write a consistent copy of the SQLite database to a new file, while others work on it.

        Raises Misconfigured on PostgreSQL and when the file exists or cannot be written.
        """
        if self.path is None:
            raise Misconfigured("backup copies SQLite files; use pg_dump for PostgreSQL")
        if file.exists():
            raise Misconfigured(f"{file} exists: name a file that does not")
        unfinished = file.with_name(f"{file.name}.part")
        try:
            with (
                closing(sqlite3.connect(self.path)) as source,
                closing(sqlite3.connect(unfinished)) as target,
            ):
                source.backup(target)
            unfinished.replace(file)
        except (sqlite3.Error, OSError) as error:
            unfinished.unlink(missing_ok=True)
            raise Misconfigured(f"{file} cannot be written ({error}): name another one") from error

    def dispose(self) -> None:
        """Close every connection."""
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None
        self._engine.dispose()

    @property
    def _name(self) -> str:
        return str(self.path) if self.path else self._url.render_as_string(hide_password=True)

    def _told(self, error: BaseException) -> Exception:
        """Turn what the driver raised into what a caller can do about it."""
        if isinstance(error, sqlite3.Error):
            return sqlite_told(error, self._name)
        return postgresql_told(error, self._name)


class OneUnit(Database):
    """A database all of whose units are parts of one that is open already.

    What runs on it is committed, or taken back, together with that unit. A call that catches an
    error of its own unit and goes on keeps what that unit wrote before the error.
    """

    def __init__(self, db: Database, open_unit: Transaction) -> None:
        """Stand in for `db` until `open_unit` ends."""
        super().__init__(db._url, db._engine, db._busy_timeout)  # noqa: SLF001 - it is one of these
        self._open_unit = open_unit

    @contextmanager
    def read(self) -> Generator[Transaction]:
        """Look through the open unit, with what it has written so far."""
        yield self._open_unit

    @contextmanager
    def write(self, *, durable: bool = True) -> Generator[Transaction]:
        """Write through the open unit, which is as durable as it is."""
        del durable
        yield self._open_unit


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        backend = ""
        parsed = None
    if parsed is None or backend not in {"sqlite", "postgresql"}:
        raise Misconfigured(
            "the database URL must begin with sqlite:/// or postgresql://, "
            "for example sqlite:///subscribers.db"
        )
    if backend == "sqlite":
        if parsed.database in {None, "", ":memory:"}:
            raise Misconfigured(f"{url} names no file: write sqlite:///subscribers.db")
        folder = Path(str(parsed.database)).absolute().parent
        if not folder.is_dir():
            raise Misconfigured(f"the folder {folder} of {url} does not exist: make it first")
        return parsed
    return parsed.set(drivername="postgresql+psycopg")


def _sqlite_engine(url: URL, busy_timeout: float) -> Engine:
    engine = create_engine(
        url, connect_args={"timeout": busy_timeout, "cached_statements": 256}, pool_size=8
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, record: object) -> None:  # pyright: ignore[reportUnusedFunction] - called by SQLAlchemy
        del record
        # The driver must not begin transactions by itself: `begin` below does.
        connection.isolation_level = None
        with closing(connection.cursor()) as cursor:
            mode = cursor.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            # `write` syncs a WAL when it has given the lock back; some file systems allow none.
            level = "NORMAL" if mode == "wal" else "FULL"
            for pragma in (
                f"synchronous = {level}",
                "foreign_keys = ON",
                "cache_size = -16384",  # KiB; keeps the upper levels of million-row indexes
                "temp_store = MEMORY",
            ):
                cursor.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction] - called by SQLAlchemy
        options = connection.get_execution_options()
        pages = options.get(_LOG_PAGES, checkpoints.MOST_PAGES)
        with closing(connection.connection.cursor()) as cursor:
            if connection.info.get(_LOG_PAGES) != pages:
                cursor.execute(f"PRAGMA wal_autocheckpoint = {pages}")
                connection.info[_LOG_PAGES] = pages
            cursor.execute("BEGIN IMMEDIATE" if options.get(_WRITES) else "BEGIN")

    return engine


def _postgresql_engine(url: URL, busy_timeout: float) -> Engine:
    if not psycopg_errors():
        raise Misconfigured("PostgreSQL needs the driver psycopg: pip install 'psycopg[binary]'")
    return create_engine(
        url,
        connect_args={"options": f"-c lock_timeout={int(busy_timeout * 1000)} -c timezone=UTC"},
        pool_size=8,
    )
