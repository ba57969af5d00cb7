"""Puts finished mails into a Maildir, each delivery once whatever happens; it reads no mail.

A file's name is made from its delivery, so a repeat after a crash finds the first one in new/ or
cur/ (with any flags) and counts as accepted once. Source: https://cr.yp.to/proto/maildir.html
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from briefings.deliver.wire import Outgoing
from briefings.errors import Misconfigured
from briefings.model.reply import Accepted, Outcome, Reply, Returned, Stage

_STORED = Reply(code=250, enhanced="2.0.0", text="in the Maildir", stage=Stage.FINAL)


class Maildir:
    """One folder with tmp/, new/ and cur/; `host` stands at the end of every file's name."""

    def __init__(self, folder: Path, *, host: str = "briefings") -> None:
        """Make the folders (0700) where they are missing.

        Raises:
            Misconfigured: the folder cannot be made or written.
        """
        self.folder = folder
        self._host = host
        try:
            for name in ("tmp", "new", "cur"):
                (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
            probe = folder / "tmp" / f".probe-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as trouble:
            raise Misconfigured(
                f"The outbox {folder} cannot be written ({trouble.strerror}): give this user the "
                "folder, or set BRIEFINGS_MAIL_URL to maildir://ANOTHER"
            ) from None
        self._read_already: frozenset[str] | None = None

    def deliver(self, mail: Outgoing) -> Outcome:
        """Store one mail durably; a mail that is there already is accepted again, not stored."""
        name = f"{mail.delivery_id}.{self._key(mail)}.{self._host}"
        target = self.folder / "new" / name
        if target.exists() or name in self._already_read():
            return Accepted(_STORED)
        fresh = self.folder / "tmp" / f"{name}.{os.getpid()}"
        try:
            with fresh.open("wb") as file:
                file.write(mail.content.replace(b"\r\n", b"\n"))
                file.flush()
                os.fsync(file.fileno())
            fresh.rename(target)
        except OSError as trouble:
            with suppress(OSError):
                fresh.unlink()
            return Returned(f"{target} cannot be written: {trouble.strerror}")
        return Accepted(_STORED)

    def sync(self) -> None:
        """Make the names of delivered mails durable; once per batch is enough."""
        descriptor = os.open(self.folder / "new", os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _already_read(self) -> frozenset[str]:
        if self._read_already is None:
            names = os.listdir(self.folder / "cur")
            self._read_already = frozenset(name.partition(":")[0] for name in names)
        return self._read_already

    @staticmethod
    def _key(mail: Outgoing) -> str:
        """The Message-ID's left part: two databases that share a folder do not collide."""
        for line in mail.content[:4096].split(b"\r\n"):
            if line.lower().startswith(b"message-id:"):
                text = line.partition(b":")[2].strip(b" <>").partition(b"@")[0]
                return "".join(c if c.isalnum() or c in "-." else "_" for c in text.decode("ascii"))
        return "0"
