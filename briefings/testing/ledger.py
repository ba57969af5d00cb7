"""The ledger of a test server: one line per acceptance, written before the 250 goes out.

It is the truth against which delivery rows are judged; it never forgets and never merges.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MESSAGE_ID = re.compile(
    rb"^message-id:[ \t]*(?:\r\n[ \t]+)?([^\r\n]*)", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One mail for which the server said, or was about to say, 250."""

    message: str
    recipient: str


class Ledger:
    """An append-only file of acceptances, whole after a kill -9 of the server."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)

    def record(self, acceptance: Acceptance) -> None:
        """Write one line in one system call."""
        line = f"{acceptance.message}\t{acceptance.recipient}\n"
        os.write(self._descriptor, line.encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


def read_ledger(path: Path) -> list[Acceptance]:
    """Return all acceptances in their order; a missing file is an empty ledger."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        return [Acceptance(*line.rstrip("\n").split("\t", 1)) for line in lines if "\t" in line]


def repeated(acceptances: list[Acceptance]) -> dict[Acceptance, int]:
    """Return what was accepted more than once, with the count: empty is what P2 promises."""
    return {what: count for what, count in Counter(acceptances).items() if count > 1}


def message_key(content: bytes) -> str:
    """Return the Message-ID of a mail, or an empty string."""
    head = content.partition(b"\r\n\r\n")[0]
    found = _MESSAGE_ID.search(head)
    return found[1].decode("utf-8", "replace").strip().replace("\t", " ") if found else ""
