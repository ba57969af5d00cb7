"""Tie a database to the machine that may send from it (P10); it guards claims, not assembling."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from briefings.errors import Misconfigured, NotConfirmed, NotFound, Refused
from briefings.pipeline.chain import Chain
from briefings.store import instance

FILE = "instance"


def _file(chain: Chain) -> Path:
    return chain.state_dir / FILE


def _held(chain: Chain) -> str | None:
    try:
        return _file(chain).read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None
    except OSError as trouble:
        raise Misconfigured(f"{_file(chain)} cannot be read: {trouble.strerror}") from None


def _hold(chain: Chain, own: str) -> None:
    path = _file(chain)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{FILE}.{os.getpid()}")
        fresh.write_text(own + "\n", encoding="ascii")
        fresh.replace(path)
    except OSError as trouble:
        raise Misconfigured(
            f"{path} cannot be written ({trouble.strerror}): set BRIEFINGS_STATE_DIR to a folder "
            "that this user can write"
        ) from None


def init(chain: Chain) -> bool:
    """Write a new id into file and database; False when both hold the same one already.

    Raises:
        NotConfirmed: the ids differ and the database has a history: it may be a copy.
    """
    held = _held(chain)
    with chain.db.write() as tx:
        stored = instance.instance_id(tx)
        if stored is not None and stored == held:
            return False
        if instance.has_history(tx):
            raise NotConfirmed(_REMEDY)
        own = secrets.token_hex(16)
        _hold(chain, own)
        instance.set_instance_id(tx, own)
    return True


_REMEDY = (
    "This database has sent before, and its id is not the one in STATE_DIR: it may be a copy or an "
    "old state. Nothing is sent until you run `briefings restore confirm`."
)


def confirmed(chain: Chain) -> str:
    """Return the id that file and database share; ask before every claim.

    Raises:
        NotConfirmed: they differ, or `init` was never run.
    """
    held = _held(chain)
    with chain.db.read() as tx:
        stored = instance.instance_id(tx)
        history = instance.has_history(tx)
    if held is None or held != stored:
        if stored is None and held is None and not history:
            raise NotConfirmed("This installation was never set up: run `briefings init` first.")
        raise NotConfirmed(_REMEDY)
    return held


def confirm(chain: Chain) -> None:
    """Make the ids equal; also admits a further host to the same database."""
    with chain.db.write() as tx:
        own = instance.instance_id(tx) or _held(chain) or secrets.token_hex(16)
        _hold(chain, own)
        instance.set_instance_id(tx, own)


def backup(chain: Chain, target: Path) -> None:
    """Copy a SQLite database into a file, consistent while writers go on.

    Raises:
        Refused: the database is not SQLite, or the file exists.
    """
    source = _sqlite_path(chain)
    if target.exists():
        raise Refused(f"{target} exists: choose another name, nothing was written.")
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with closing(sqlite3.connect(source)) as ours, closing(sqlite3.connect(beside)) as copy:
            ours.backup(copy, pages=1_000, sleep=0.005)
        beside.replace(target)
    except (OSError, sqlite3.Error) as trouble:
        beside.unlink(missing_ok=True)
        raise Misconfigured(f"{target} cannot be written: {trouble}") from None


def restore(chain: Chain, source: Path) -> None:
    """Put a backup in the database's place and forget the confirmation.

    Raises:
        NotFound: there is no such file.
        Misconfigured: it is not a SQLite database.
    """
    target = _sqlite_path(chain)
    if not source.is_file():
        raise NotFound(f"There is no file {source}.")
    _hold(chain, secrets.token_hex(16))
    try:
        with closing(sqlite3.connect(source)) as theirs, closing(sqlite3.connect(target)) as ours:
            theirs.backup(ours, pages=1_000)
    except sqlite3.Error as trouble:
        raise Misconfigured(f"{source} cannot be restored: {trouble}") from None
    chain.db.migrate()


def _sqlite_path(chain: Chain) -> Path:
    path = chain.db.path
    if path is None:
        raise Refused(
            "This command copies SQLite files; for PostgreSQL use pg_dump and pg_restore."
        )
    return path
