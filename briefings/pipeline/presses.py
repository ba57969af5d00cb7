"""Count presses of links without a write to the database in a GET (R16); it knows no reader.

Web processes append `ITEM DAY` lines to a file in STATE_DIR. A tick takes the file away under a
name that no other file ever has, and adds it to the totals: name and numbers in one transaction,
so a file counts once, wherever the tick was killed.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import threading
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path

from briefings.errors import Temporary
from briefings.logs import Log
from briefings.pipeline.chain import Chain
from briefings.readers.presses import Press, by_a_person, settled
from briefings.store import presses

NAME = "presses.log"
_TAKEN = "presses-*.taken"
_LINE = re.compile(r"([1-9]\d{0,17}) (\d{4}-\d\d-\d\d)")
MOST_WAITING = 2_000
"""Presses in memory at most: more in a second come from a machine."""
KEPT = timedelta(days=30)
"""How long the names of counted files are kept; the files are gone at once."""

log = Log("briefings.presses")


class PressLog:
    """What one web process has seen and not written yet; safe for its threads."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._lock = threading.Lock()
        self._waiting: tuple[Press, ...] = ()

    def seen(self, item_id: int, method: str, headers: Mapping[str, str], client: str) -> None:
        """Take a request for an item's page into account; `headers` have small letters."""
        if not by_a_person(method, headers):
            return
        press = Press(
            item_id=item_id,
            day=self._chain.clock().date(),
            client=f"{client} {headers.get('user-agent', '')}",
            at=self._chain.monotonic(),
        )
        with self._lock:
            if len(self._waiting) < MOST_WAITING:
                self._waiting += (press,)

    def flush(self, *, ending: bool = False) -> None:
        """Write down what has waited for its second, or everything when the process ends.

        A file that cannot be written costs these presses, and no page.
        """
        now = self._chain.monotonic() + (60.0 if ending else 0.0)
        with self._lock:
            if not self._waiting:
                return
            counted, self._waiting = settled(self._waiting, now)
        if not counted:
            return
        lines = "".join(f"{press.item_id} {press.day}\n" for press in counted)
        try:
            with _appending(self._chain.state_dir / NAME) as file:
                os.write(file, lines.encode())
        except OSError as wrong:
            log.warning("presses lost", number=len(counted), error=str(wrong))


def fold(chain: Chain) -> Sequence[str]:
    """Add what web processes wrote to the totals; what a tick calls. Gives no alerts."""
    folder = chain.state_dir
    try:
        taken = sorted(folder.glob(_TAKEN))
        with suppress(FileNotFoundError):
            taken.append((folder / NAME).rename(folder / f"presses-{secrets.token_hex(16)}.taken"))
        for path in taken:
            with suppress(FileNotFoundError):  # another scheduler was first
                _fold(chain, path)
    except OSError as wrong:
        raise Temporary(
            f"Presses of links in {folder} are not counted ({wrong.strerror}): mend its rights."
        ) from wrong
    return ()


def _fold(chain: Chain, path: Path) -> None:
    numbers, now = _read(path), chain.clock()
    with chain.db.write() as tx:
        presses.fold(tx, path.stem, numbers, now)
        presses.forget_folded(tx, now - KEPT)
    path.unlink()


def _read(path: Path) -> Counter[tuple[int, date]]:
    """Count the lines of a file that was taken away, when nobody writes to it any more."""
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        lines = file.read().decode("ascii", "replace").splitlines()
    found = (_LINE.fullmatch(line) for line in lines)
    return Counter((int(one[1]), date.fromisoformat(one[2])) for one in found if one)


@contextmanager
def _appending(path: Path) -> Generator[int]:
    """Open the file that has this name now, so that whoever took it away waits for this write."""
    while True:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_SH)
            if _still(path, file):
                yield file
                return
        finally:
            os.close(file)


def _still(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False
