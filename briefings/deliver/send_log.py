"""The send log: what one sending process handed to the wire, for whoever finds it dead (P3).

It never tells what became of a mail that nobody answered, and never replaces the database.
Records, one a line: `D row` before the last byte goes to the transport, `A row code status stage`
after the answer, `N row` when a departed mail provably never left this process.
"""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from briefings.deliver.retry import outcome_of
from briefings.errors import Misconfigured
from briefings.model.reply import Outcome, Reply, Returned, Stage, Unsure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_MAGIC = "briefings-send-log"
_BOOT_FILE = Path("/proc/sys/kernel/random/boot_id")
_SYSCTL = Path("/usr/sbin/sysctl")
"""macOS and the BSDs, which have no /proc."""
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """The process that writes a log: its id, installation, machine, boot and fence token."""

    process: str
    instance: str
    host: str
    boot: str
    """Empty when the machine has none: then no boot is the same as another."""
    fence: int

    def same_boot(self, other: Owner) -> bool:
        """Tell whether both ran on one machine without a restart in between."""
        return bool(self.boot) and (self.host, self.boot) == (other.host, other.boot)


@dataclass(frozen=True, kw_only=True, slots=True)
class LogReading:
    """What a log says about the rows asked for; a row without a word was never on the wire."""

    owner: Owner | None
    """None when the header is torn or foreign: the log proves nothing."""
    answers: dict[int, Reply]
    departed: frozenset[int]
    """Rows with `D` and without an answer."""


class SendLog:
    """The append-only file of this process; create it before the first claim commits."""

    def __init__(self, path: Path, owner: Owner, descriptor: int) -> None:
        self.path = path
        self.owner = owner
        self._descriptor = descriptor
        self._waiting: list[bytes] = []
        self._torn = False

    @classmethod
    def create(cls, state_dir: Path, owner: Owner) -> SendLog:
        """Make and lock `send-<process>.log`; it appears under that name only when locked.

        The header and the directory entry are on disk when this returns. Raises Misconfigured
        when the folder cannot be written.
        """
        path = state_dir / f"send-{owner.process}.log"
        fresh = state_dir / f".send-{owner.process}.new"
        words = (owner.process, owner.instance, owner.host, owner.boot, str(owner.fence))
        if any("\t" in word or "\n" in word for word in words):
            raise ValueError(f"tab or line break in {words!r}")
        try:
            descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_RDWR, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.write(descriptor, "\t".join((_MAGIC, *words)).encode() + b"\n")
                os.fsync(descriptor)
                fresh.rename(path)
                _sync_directory(state_dir)
            except OSError:
                os.close(descriptor)
                fresh.unlink(missing_ok=True)
                raise
        except OSError as trouble:
            raise Misconfigured(
                f"The send log cannot be made in {state_dir} ({trouble.strerror}); "
                "free space there or set STATE_DIR to a folder that this user can write"
            ) from trouble
        return cls(path, owner, descriptor)

    def departing(self, *rows: int) -> None:
        """Record that the rest of these mails goes to the transport now; waiting answers go along.

        Raises OSError when a record is not in the file: then none of the mails may be written.
        """
        answers = len(self._waiting)
        self._waiting += [b"D %d\n" % row for row in rows]
        try:
            self.flush()
        except OSError:
            del self._waiting[answers:]
            raise

    def answered(self, row: int, reply: Reply) -> None:
        """Take in an answer; it reaches the file with the next `departing` or `flush`."""
        line = f"A {row} {reply.code} {reply.enhanced or '-'} {reply.stage}\n"
        self._waiting.append(line.encode("ascii"))

    def never_left(self, row: int) -> None:
        """Take in that a departed mail's last byte provably stayed in this process."""
        self._waiting.append(b"N %d\n" % row)

    def flush(self) -> None:
        """Write what waits in one system call, no sync; raises OSError and keeps it on failure."""
        if not self._waiting:
            return
        record = b"".join(self._waiting)
        if self._torn:
            record = b"\n" + record
        written = os.write(self._descriptor, record)
        if written != len(record):
            self._torn = True
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        self._torn = False
        self._waiting.clear()

    def close(self, *, delete: bool) -> None:
        """Let go of the lock; delete the file only after the last settle was committed."""
        if delete:
            self.path.unlink(missing_ok=True)
        else:
            with suppress(OSError):  # the answers are also on their way into the database
                self.flush()
        os.close(self._descriptor)


def read_log(path: Path, rows: Collection[int] | None = None) -> LogReading:
    """Read a log line by line, keeping only `rows` (all when None): memory stays flat.

    The last record of a row counts. Torn or foreign lines are passed over. Raises
    FileNotFoundError for a lost log.
    """
    answers: dict[int, Reply] = {}
    departed: set[int] = set()
    with path.open("rb", buffering=_CHUNK) as lines:
        owner = _read_owner(lines.readline())
        for line in lines:
            row, reply = _read_record(line)
            if row is None or (rows is not None and row not in rows):
                continue
            departed.discard(row)
            answers.pop(row, None)
            if reply is not None:
                answers[row] = reply
            elif line.startswith(b"D"):
                departed.add(row)
    return LogReading(owner=owner, answers=answers, departed=frozenset(departed))


def is_held(path: Path) -> bool:
    """Tell whether the process that wrote a log still lives, by its file lock (this host only).

    Raises FileNotFoundError for a log that is gone: its process settled everything.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def recover(
    claimed: Iterable[int], reading: LogReading | None, *, same_boot: bool
) -> dict[int, Outcome]:
    """Say what became of every row that a dead process had claimed; pure.

    An answer gives its state; departed without answer is unsure; no word means not sent only
    within the same boot, otherwise, or with a lost log (None), unsure.
    """
    outcomes: dict[int, Outcome] = {}
    for row in claimed:
        if reading is None:
            outcomes[row] = Unsure("the send log of the process that had it is lost")
        elif row in reading.answers:
            outcomes[row] = outcome_of(reading.answers[row])
        elif row in reading.departed:
            outcomes[row] = Unsure("the process died after the last byte, before the answer")
        elif same_boot and reading.owner is not None:
            outcomes[row] = Returned("the process died before it was sent")
        else:
            outcomes[row] = Unsure("the machine restarted, or was another one, before an answer")
    return outcomes


def boot_id() -> str:
    """Return what identifies this boot of the machine, or an empty string where nothing does."""
    with suppress(OSError):
        return _BOOT_FILE.read_text("ascii").strip()
    with suppress(OSError):
        command = [str(_SYSCTL), "-n", "kern.bootsessionuuid"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
        return answer.stdout.strip()
    return ""


def _read_owner(line: bytes) -> Owner | None:
    words = line.decode("utf-8", "replace").removesuffix("\n").split("\t")
    if len(words) != 6 or words[0] != _MAGIC or not words[5].isdecimal():  # noqa: PLR2004 - as written
        return None
    _, process, instance, host, boot, fence = words
    return Owner(process=process, instance=instance, host=host, boot=boot, fence=int(fence))


def _read_record(line: bytes) -> tuple[int | None, Reply | None]:
    if not line.endswith(b"\n"):
        return None, None
    match line.decode("ascii", "replace").split():
        case ["D" | "N", row] if row.isdecimal():
            return int(row), None
        case ["A", row, code, status, stage] if row.isdecimal() and code.isdecimal():
            with suppress(ValueError):
                enhanced = None if status == "-" else status
                reply = Reply(code=int(code), enhanced=enhanced, text="", stage=Stage(stage))
                return int(row), reply
        case _:
            pass
    return None, None


def _sync_directory(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
