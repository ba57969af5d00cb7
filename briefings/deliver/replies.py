"""Cuts what a server says into replies and reads them (RFC 5321 section 4.2); it judges nothing."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from briefings.model.reply import Accepted, Stage, read_reply

if TYPE_CHECKING:
    from briefings.model.reply import Reply

_LINE_LIMIT = 8192
_LINES_LIMIT = 128
CODES = 14
"""Bytes at the beginning of a reply that hold its code and its status (`250 2.100.100 `)."""
_AGREED = re.compile(rb"(2\d\d)(?: ([245]\.\d{1,3}\.\d{1,3})(?=[ \r]|$)|(?= [A-Za-z])|(?=\r?$))")


class ReplyLines:
    """Bytes as they come, replies as they are whole; memory is bounded by `endless`."""

    def __init__(self) -> None:
        self.endless = False
        """Set when a line or a reply is longer than any server needs: hang up."""
        self._rest = b""
        self._earlier: list[bytes] = []

    def cut(self, data: bytes) -> list[bytes]:
        """Return the replies that are whole now, each as one line without its end."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        whole: list[bytes] = []
        for line in lines:
            if line[3:4] == b"-":
                self._earlier.append(line)
            elif self._earlier:
                words = [part[4:].strip() for part in (*self._earlier, line)]
                whole.append(line[:3] + b" " + b" ".join(words))
                self._earlier.clear()
            else:
                whole.append(line)
            if len(self._earlier) > _LINES_LIMIT:
                break
        self.endless = len(self._rest) > _LINE_LIMIT or len(self._earlier) > _LINES_LIMIT
        return whole


def parse_reply(line: bytes, stage: Stage) -> Reply:
    """Read one whole reply; raises ValueError that quotes a line which is none."""
    try:
        code = int(line[:3]) if line[:3].isdigit() else 0
        return read_reply(code, line[4:].decode("utf-8", "replace").strip(), stage)
    except ValueError:
        raise ValueError(f"a line that is no reply: {line[:60]!r}") from None


@lru_cache(maxsize=256)
def agreed_to(head: bytes) -> Accepted | None:
    """Read the first `CODES` bytes of a reply to a whole mail; None unless it is a plain yes.

    Servers say yes in the same words to every mail, and nobody reads more of them than the codes.
    """
    found = _AGREED.match(head)
    if found is None:
        return None
    status = found[2].decode("ascii") if found[2] else ""
    return Accepted(read_reply(int(found[1]), status, Stage.FINAL))
