"""Appends who left to `STATE_DIR/left.log`, hashed, so that a restore mails nobody who left (P10).

A line is `INSTANT left|back|erased|suppressed HASH SLUG;SLUG` with `*` for everything. The hash is
keyed, so the file names nobody to whoever finds it. This module never reads the file back.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from hmac import digest
from pathlib import Path

from briefings.errors import Temporary
from briefings.store.database import Transaction
from briefings.store.disk import SharedSync
from briefings.store.mailbox import mailbox_key

NAME = "left.log"
EVERYTHING = "*"
_KEY = b"briefings left log"


def mailbox_hash(secret: str, address: str) -> str:
    """Give the keyed hash of a mailbox, equal for all its spellings; `secret` is one secret key."""
    return hash_under(key_of(secret), address)


def key_of(secret: str) -> bytes:
    """Give the key that a secret key hashes mailboxes with, used for nothing else."""
    return digest(secret.strip().encode(), _KEY, "sha256")


def hash_under(key: bytes, address: str) -> str:
    """Give the hash of a mailbox under a key, equal for all its spellings: 32 hex digits."""
    return digest(key, mailbox_key(address).encode(), "sha256").hex()[:32]


class LeftLog:
    """The file of one installation; lines are signed under the first of its secret keys."""

    def __init__(self, folder: Path, secrets: str) -> None:
        self._path = folder / NAME
        self._secret = secrets.partition(",")[0]
        self._sync = SharedSync(self._path)

    def left(
        self, tx: Transaction, address: str, slugs: Sequence[str] | None, now: datetime
    ) -> None:
        """Write down that a mailbox left these specializations, or everything with None."""
        self._append(tx, "left", address, slugs, now)

    def back(self, tx: Transaction, address: str, slugs: Sequence[str], now: datetime) -> None:
        """Write down that a mailbox took its leaving back."""
        self._append(tx, "back", address, slugs, now)

    def erased(self, tx: Transaction, address: str, now: datetime) -> None:
        """Write down that everything about a mailbox was deleted."""
        self._append(tx, "erased", address, None, now)

    def suppressed(self, tx: Transaction, address: str, now: datetime) -> None:
        """Write down that a mailbox never gets mail again."""
        self._append(tx, "suppressed", address, None, now)

    def _append(
        self, tx: Transaction, word: str, address: str, slugs: Sequence[str] | None, now: datetime
    ) -> None:
        """Append one line inside the unit that does what it says; both are on the disk after it.

        The line goes there first: what is done was written down, and a line without its unit makes
        nobody get a mail.

        Raises:
            Temporary: the file cannot be written; nothing was promised to anybody yet.
        """
        named = EVERYTHING if slugs is None else ";".join(slugs)
        line = f"{now:%Y-%m-%dT%H:%M:%SZ} {word} {mailbox_hash(self._secret, address)} {named}\n"
        try:
            new = not self._path.exists()
            # O_APPEND with one short write: lines of two processes do not mix (POSIX write(2)).
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, line.encode())
            finally:
                os.close(file)
            if new:  # the name of a file is on the disk once its folder is
                _sync_folder(self._path.parent)
            tx.sync_beside(self._sync)
        except OSError as wrong:
            raise Temporary(
                f"{self._path} cannot be written ({wrong.strerror}): free space or mend its rights."
            ) from wrong


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
