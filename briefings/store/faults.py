"""Turns what a database driver raises into what a caller can do about it; it retries nothing."""

from __future__ import annotations

import sqlite3
from functools import lru_cache

from briefings.errors import Conflict, DatabaseBusy, Misconfigured, Remedy, Temporary


@lru_cache(maxsize=1)
def psycopg_errors() -> tuple[type[Exception], ...]:
    """The base error of the PostgreSQL driver, where it is installed."""
    try:
        import psycopg
    except ImportError:
        return ()
    return (psycopg.Error,)


def sqlite_told(error: sqlite3.Error, name: str) -> Exception:  # noqa: PLR0911 - a table
    """Say what an error of SQLite means for the caller; `name` is the file."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return DatabaseBusy(
            f"{name} is locked by another process for longer than the busy timeout: try again, "
            "or find out who holds it"
        )
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}:
        return Misconfigured(
            f"{name} cannot be opened for writing ({error}): check the rights of the file and "
            "of its folder, which SQLite writes to as well"
        )
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return Misconfigured(
            f"{name} is not a usable SQLite database ({error}): name another file, or restore "
            "a backup"
        )
    if code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
        return Temporary(f"{name} cannot be written ({error}): free space on that disk")
    if code == sqlite3.SQLITE_CONSTRAINT:
        return Conflict(f"somebody else stored it first ({error})")
    if "no such table" in str(error) or "no such column" in str(error):
        return _unmigrated(name, error)
    return error


def postgresql_told(error: BaseException, name: str) -> Exception:
    """Say what an error of PostgreSQL means for the caller; `name` is the URL without password."""
    state = str(getattr(error, "sqlstate", None) or "")
    first_line = str(error).strip().partition("\n")[0]
    if state in {"55P03", "40P01", "40001"}:
        return DatabaseBusy(f"{name} stayed locked for longer than the busy timeout: try again")
    if state in {"42P01", "42703"}:
        return _unmigrated(name, error)
    if state.startswith("23"):
        return Conflict(f"somebody else stored it first ({first_line})")
    if state[:2] in {"", "08", "57", "53"} and type(error).__name__ == "OperationalError":
        return Temporary(f"{name} does not answer ({first_line}): start it, or correct the URL")
    if state[:2] in {"28", "3D", "42"} and state != "42601":
        return Misconfigured(f"{name} refuses us ({first_line}): correct the URL or the rights")
    return error if isinstance(error, Exception) else Temporary(str(error))


def _unmigrated(name: str, error: BaseException) -> Misconfigured:
    first_line = str(error).partition("\n")[0]
    return Misconfigured(
        f"{name} has not the tables of this version ({first_line}).", Remedy.MIGRATE
    )
