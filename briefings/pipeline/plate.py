"""A briefing cut so that one reader's mail is a few short values and one join; it stores nothing.

The bytes are those of `letterpress.fill`. What makes it fast: values that all readers share are
filled in once, a link is cut around its token (44 characters that need no escaping, so its soft
breaks always stand at the same places), and plain names and addresses skip the slow checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from briefings.deliver.message import message_id
from briefings.links import Purpose, one_click_url, preferences_url, view_url
from briefings.pipeline.chain import Chain
from briefings.slots import (
    Sheet,
    address_header,
    encode_header_text,
    encode_slot,
    escape_html,
    escape_text,
)

TOKEN = "A" * 44
"""Stands for any token while a link is cut."""
_HARMLESS = re.compile(r"(?!From )[A-Za-z0-9]{1,16}(?: [A-Za-z0-9]{1,16}){0,2}")
"""Names that escape to themselves everywhere, and fit on the line of a header."""
_ADDRESS = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9_+-]|[.](?=[A-Za-z0-9]))*@[a-z0-9-]+(?:[.][a-z0-9-]+)*"
)
_ONE_LINE = 69
"""Characters of name and address that fit behind `To: ` and around them ` <>` (76 in all)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What differs from reader to reader. `specializations` are names, already joined."""

    delivery_id: int
    reader_id: int
    email: str
    name: str
    issue: str
    specializations: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What all mails of an installation share. A link takes a token and gives an address."""

    domain: str
    instance: str
    sign: Callable[[Purpose, int, int], str]
    links: Mapping[str, Callable[[str], str]]

    @classmethod
    def of(cls, chain: Chain, instance: str) -> Stamp:
        """Look up once what would cost 20 us in every mail."""
        postmark = chain.postmark()
        base = postmark.base_url
        return cls(
            domain=postmark.domain,
            instance=instance,
            sign=chain.signer().sign,
            links={
                "view_url": lambda token: view_url(base, token),
                "preferences_url": lambda token: preferences_url(base, token),
                "unsubscribe_url": lambda token: one_click_url(base, token),
                "one_click": lambda token: one_click_url(base, token),
            },
        )


_PURPOSES = {
    "view_url": Purpose.VIEW,
    "preferences_url": Purpose.PREFERENCES,
    "unsubscribe_url": Purpose.UNSUBSCRIBE,
    "one_click": Purpose.UNSUBSCRIBE,
}
_ENCODERS: Mapping[str, Callable[[str], bytes]] = {
    "html": lambda value: encode_slot(escape_html(value)),
    "text": lambda value: encode_slot(escape_text(value)),
    "head": lambda value: encode_header_text(value).encode("ascii"),
    "raw": lambda value: value.encode("utf-8"),
}


class Plate:
    """A sheet with everything filled in that its readers share."""

    def __init__(
        self, sheet: Sheet, links: Mapping[str, Callable[[str], str]], shared: Mapping[str, str]
    ) -> None:
        """Cut a checked sheet; `shared` are values by slot name, not yet escaped."""
        names = dict(sheet.holes)
        self._pieces: list[bytes] = []
        self._holes: list[tuple[int, str]] = []
        self._cuts: list[tuple[int, Purpose, int, int]] = []
        self._fixed = bytearray()
        for place, piece in enumerate(sheet.pieces):
            if place not in names:
                self._fixed += piece
                continue
            kind, _, name = names[place].partition(":")
            if name in shared:
                self._fixed += _ENCODERS[kind](shared[name])
            elif name in links:
                self._cut(_ENCODERS[kind](links[name](TOKEN)), _PURPOSES[name])
            else:
                self._close()
                self._holes.append((len(self._pieces), names[place]))
                self._pieces.append(b"")
        self._close()
        self._purposes = tuple({purpose for _, purpose, _, _ in self._cuts})

    def fill(self, letter: Letter, stamp: Stamp, date: datetime) -> bytes:
        """The finished mail of one reader.

        Raises:
            UnsafeValue: the reader's address or name would break a header.
        """
        values = _values(letter, stamp, date)
        tokens = {
            purpose: stamp.sign(purpose, letter.reader_id, letter.delivery_id).encode("ascii")
            for purpose in self._purposes
        }
        pieces = self._pieces.copy()
        for place, slot in self._holes:
            pieces[place] = values[slot]
        for place, purpose, start, end in self._cuts:
            pieces[place] = tokens[purpose][start:end]
        return b"".join(pieces)

    def _close(self) -> None:
        self._pieces.append(bytes(self._fixed))
        self._fixed.clear()

    def _cut(self, link: bytes, purpose: Purpose) -> None:
        """Leave the token open that a link ends with, and keep the soft breaks inside it."""
        signs = len(TOKEN)
        at = len(link)
        runs: list[tuple[int, int]] = []  # from the end: where a run of the token starts and ends
        while signs:
            end = at
            while signs and link[at - 1 : at] == TOKEN[:1].encode():
                at -= 1
                signs -= 1
            runs.append((at, end))
            if signs:
                at = link.rindex(b"=\r\n", 0, at)
        done, start = at, 0
        for begin, end in reversed(runs):
            self._fixed += link[:begin] if begin == done else b"=\r\n"
            self._close()
            self._cuts.append((len(self._pieces), purpose, start, start + end - begin))
            self._pieces.append(b"")
            start += end - begin


def _values(letter: Letter, stamp: Stamp, date: datetime) -> dict[str, bytes]:
    name, email = letter.name, letter.email
    if _HARMLESS.fullmatch(name):
        written = name.encode("ascii")
        in_html = in_text = in_head = written
    else:
        in_html, in_text = _ENCODERS["html"](name), _ENCODERS["text"](name)
        in_head = _ENCODERS["head"](name)
        written = b""
    if written and _ADDRESS.fullmatch(email) and len(name) + len(email) <= _ONE_LINE:
        to = b"%b <%b>" % (written, email.encode("ascii"))
    else:
        to = address_header(name, email).encode("utf-8")
    return {
        "html:name": in_html,
        "text:name": in_text,
        "head:name": in_head,
        "raw:to": to,
        "raw:date": _written(date),
        "raw:message_id": message_id(
            letter.issue, letter.delivery_id, stamp.instance, stamp.domain
        ).encode("ascii"),
    }


@lru_cache(maxsize=4)
def _written(date: datetime) -> bytes:
    return format_datetime(date).encode("ascii")
