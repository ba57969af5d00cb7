"""Delivers into a Maildir, each delivery once however often it is tried; it never sends anything.

Layout after https://cr.yp.to/proto/maildir.html: written to `tmp`, linked into `new`; mail readers
move it to `cur` and add flags to its name. Lines end with LF there, as other mail programs expect.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import blake2s
from typing import TYPE_CHECKING

from briefings.errors import Misconfigured
from briefings.model.reply import Accepted, Outcome, Returned, Stage, read_reply

if TYPE_CHECKING:
    from pathlib import Path

    from briefings.deliver.wire import Outgoing

_HEAD = 8192
_MESSAGE_ID = b"\nmessage-id:"


class Maildir:
    """One Maildir, made with 0700 where it is missing.

    `namespace` keeps deliveries of different databases apart where their Message-IDs do not.
    Raises Misconfigured when it cannot be made or written.
    """

    def __init__(self, folder: Path, *, namespace: str = "") -> None:
        self._folder = folder
        self._new, self._cur, self._tmp = folder / "new", folder / "cur", folder / "tmp"
        self._namespace = namespace
        self._read: frozenset[str] = frozenset()
        self._read_at = -1
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for part in (self._new, self._cur, self._tmp):
                part.mkdir(mode=0o700, exist_ok=True)
                if not os.access(part, os.W_OK | os.X_OK):
                    raise PermissionError(13, os.strerror(13), str(part))
        except OSError as trouble:
            raise Misconfigured(self._complaint(trouble)) from trouble

    def deliver(self, mail: Outgoing) -> Outcome:
        """Store one mail; it is safe from a crash of the machine after the next `sync`.

        Accepted, also when it lay in `new` or `cur` before; Returned when it cannot be stored.
        """
        name = self._name(mail)
        try:
            if name in self._already_read():
                return _accepted("it was already there", name)
            if (self._new / name).exists():
                return _accepted("it was already there", name)
            fresh = self._tmp / f"{name}.{os.getpid()}"
            try:
                _write(fresh, mail.content.replace(b"\r\n", b"\n"))
                self._publish(fresh, self._new / name)
            finally:
                fresh.unlink(missing_ok=True)
        except FileExistsError:  # another process was faster
            return _accepted("it was already there", name)
        except OSError as trouble:
            return Returned(self._complaint(trouble))
        return _accepted("stored", name)

    def sync(self) -> None:
        """Put the names of what was delivered on disk; once for many mails.

        Raises Misconfigured when the disk fails.
        """
        try:
            descriptor = os.open(self._new, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as trouble:
            raise Misconfigured(self._complaint(trouble)) from trouble

    def _name(self, mail: Outgoing) -> str:
        """Return the stable name of a delivery: its Message-ID and reader, hashed."""
        head = b"\n" + mail.content[:_HEAD].partition(b"\r\n\r\n")[0]
        at = head.lower().find(_MESSAGE_ID)
        key = head[at:].split(b"\r\n", 1)[0].strip() if at >= 0 else b"%d" % mail.delivery_id
        words = (self._namespace.encode(), key, mail.recipient.encode("utf-8", "surrogatepass"))
        digest = blake2s(b"\0".join(words), digest_size=12).hexdigest()
        return f"{mail.delivery_id}.{digest}.briefings"

    def _already_read(self) -> frozenset[str]:
        """Return the names in `cur` without their flags, listed again only when it changed."""
        changed = self._cur.stat().st_mtime_ns
        if changed != self._read_at:
            self._read = frozenset(name.partition(":")[0] for name in os.listdir(self._cur))  # noqa: PTH208 - names only
            self._read_at = changed
        return self._read

    def _publish(self, fresh: Path, final: Path) -> None:
        """Give the file its name in `new`, never over another one."""
        try:
            os.link(fresh, final)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            with suppress(FileNotFoundError):
                final.stat()
                raise FileExistsError(17, os.strerror(17), str(final)) from None
            fresh.rename(final)

    def _complaint(self, trouble: OSError) -> str:
        return (
            f"The outbox {self._folder} cannot be written ({trouble.strerror}); "
            "free space there or set MAIL_URL to maildir:// with a folder that this user can write"
        )


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _accepted(what: str, name: str) -> Accepted:
    return Accepted(read_reply(250, f"2.0.0 {what} as {name}", Stage.FINAL))
