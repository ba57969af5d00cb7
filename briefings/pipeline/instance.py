"""Tie a database to the machine that may send from it (P10); it guards claims, not assembling."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from briefings.errors import Misconfigured, NotConfirmed, NotFound, Refused
from briefings.pipeline.chain import Chain
from briefings.pipeline.high_water import HighWater, catch_up, is_older, remembered
from briefings.pipeline.restored import calm, lines_of, replay
from briefings.store import instance
from briefings.store.database import Database, Transaction

FILE = "instance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What confirming came to: readers who left again, and issues that wait for a person."""

    left: int
    paused: tuple[str, ...]


def _held(folder: Path) -> str | None:
    path = folder / FILE
    try:
        return path.read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None
    except OSError as trouble:
        raise Misconfigured(f"{path} cannot be read: {trouble.strerror}") from None


def _hold(chain: Chain, own: str) -> None:
    path = chain.state_dir / FILE
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
    held = _held(chain.state_dir)
    with chain.db.write() as tx:
        stored = instance.instance_id(tx)
        if stored is not None and stored == held:
            return False
        if instance.has_history(tx):
            raise NotConfirmed(_REMEDY)
        own = secrets.token_hex(16)
        _hold(chain, own)
        instance.set_instance_id(tx, own)
        catch_up(tx, chain.state_dir)
    return True


_REMEDY = (
    "This database has sent before, and its id is not the one in STATE_DIR: it may be a copy or an "
    "old state. Nothing is sent until you run `briefings restore confirm`."
)
_OLDER = (
    "This database is older than STATE_DIR remembers it: a copy was put in its place. Nothing is "
    "sent until you put the newest one back, or run `briefings restore confirm` on this one."
)
_NEVER = "This installation was never set up: run `briefings init` first."


def unconfirmed(db: Database, folder: Path) -> str | None:
    """Say why nothing may be sent from this database with this STATE_DIR, or None when it may."""
    try:
        held, known = _held(folder), remembered(folder)
    except Misconfigured as wrong:
        return str(wrong)
    with db.read() as tx:
        stored = instance.instance_id(tx)
        history = instance.has_history(tx)
        older = is_older(tx, known)
    if held is None or held != stored:
        return _NEVER if stored is None and held is None and not history else _REMEDY
    return _OLDER if older else None


def confirmed(chain: Chain) -> str:
    """Return the id that file and database share; ask before every claim.

    Raises:
        NotConfirmed: they differ, the database is an older copy, or `init` was never run.
        Misconfigured: the file is there and cannot be read.
    """
    own = _held(chain.state_dir)
    why = unconfirmed(chain.db, chain.state_dir)
    if why is not None or own is None:
        raise NotConfirmed(why or _NEVER)
    return own


def refuse_if_exchanged(tx: Transaction, chain: Chain, own: str) -> None:
    """Raise NotConfirmed when this is not the database any more that `confirmed` looked at.

    Belongs into the transaction that claims: it costs two point queries and a small file.
    """
    if instance.instance_id(tx) != own or is_older(tx, remembered(chain.state_dir)):
        raise NotConfirmed("The database was exchanged while mails were going: stopped.")


def confirm(chain: Chain, keys: Callable[[], str] | None = None) -> Confirmed:
    """Make the ids equal, so that this database may send from here.

    Who left after the backup leaves again first. A database that was restored or copied sends
    nothing of what it remembers (`calm`); one that only admits a further host goes on as it was.
    """
    held, known = _held(chain.state_dir), remembered(chain.state_dir)
    with chain.db.read() as tx:
        stored = instance.instance_id(tx)
        older = is_older(tx, known)
    # A further host has no file yet, and its database is on a server; a SQLite file was copied.
    other = stored is not None and held != stored and (held is not None or chain.db.is_sqlite)
    foreign = other or older
    left = replay(chain, keys)
    with chain.db.write() as tx:
        paused = calm(tx, chain.clock()) if foreign else ()
        own = instance.instance_id(tx) or held or secrets.token_hex(16)
        _hold(chain, own)
        instance.set_instance_id(tx, own)
        catch_up(tx, chain.state_dir)
    return Confirmed(left=left, paused=paused)


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


def restore(chain: Chain, source: Path, keys: Callable[[], str] | None = None) -> int:
    """Put a backup in the database's place and forget the confirmation; gives how many left since.

    `keys` gives the secret keys, with which STATE_DIR/left.log is read.

    Raises:
        NotFound: there is no such file.
        Misconfigured: it is not a SQLite database, or there is a left.log and no key to read it.
    """
    target = _sqlite_path(chain)
    lines_of(chain, keys)
    if not source.is_file():
        raise NotFound(f"There is no file {source}.")
    _hold(chain, secrets.token_hex(16))
    try:
        with closing(sqlite3.connect(source)) as theirs, closing(sqlite3.connect(target)) as ours:
            theirs.backup(ours, pages=1_000)
    except sqlite3.Error as trouble:
        raise Misconfigured(f"{source} cannot be restored: {trouble}") from None
    chain.db.migrate()
    chain.db.witness = HighWater(chain.state_dir)
    return replay(chain, keys)


def _sqlite_path(chain: Chain) -> Path:
    path = chain.db.path
    if path is None:
        raise Refused(
            "This command copies SQLite files; for PostgreSQL use pg_dump and pg_restore."
        )
    return path
