"""A briefing cut so that one reader's mail is a few short values and one join; it stores nothing.

The bytes are those of `letterpress.fill`. What makes it fast: values that all readers share are
filled in once, a link is cut around its token (44 characters that need no escaping, so its soft
breaks always stand at the same places), and plain names and addresses skip the slow checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from briefings.deliver.message import message_id
from briefings.links import (
    Purpose,
    feedback_url,
    one_click_url,
    plan_url,
    preferences_url,
    view_url,
)
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


class Letter(NamedTuple):
    """What differs from reader to reader. `specializations` are names, already joined.

    A named tuple, because one is made per mail: a frozen dataclass costs three times as much.
    """

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
    signing: Callable[[Sequence[Purpose]], Callable[[int, int], tuple[bytes, ...]]]
    """Makes what signs for a reader and a delivery, for these purposes at once."""
    links: Mapping[str, Callable[[str], str]]

    @classmethod
    def of(cls, chain: Chain, instance: str) -> Stamp:
        """Look up once what would cost 20 us in every mail."""
        postmark = chain.postmark()
        base = postmark.base_url
        return cls(
            domain=postmark.domain,
            instance=instance,
            signing=chain.signer().signing,
            links={
                "view_url": lambda token: view_url(base, token),
                "feedback_url": lambda token: feedback_url(base, token),
                "preferences_url": lambda token: preferences_url(base, token),
                "unsubscribe_url": lambda token: one_click_url(base, token),
                "plan_url": lambda token: plan_url(base, token),
                "one_click": lambda token: one_click_url(base, token),
                "leave_token": lambda token: token,
            },
        )


_PURPOSES = {
    "view_url": Purpose.VIEW,
    "feedback_url": Purpose.FEEDBACK,
    "preferences_url": Purpose.PREFERENCES,
    "unsubscribe_url": Purpose.UNSUBSCRIBE,
    "plan_url": Purpose.PLAN,
    "one_click": Purpose.UNSUBSCRIBE,
    "leave_token": Purpose.UNSUBSCRIBE,
}
SLOTS = ("html:name", "text:name", "head:name", "raw:to", "raw:date", "raw:message_id")
"""What `_values` gives, in its order."""
_ENCODERS: Mapping[str, Callable[[str], bytes]] = {
    "html": lambda value: encode_slot(escape_html(value)),
    "text": lambda value: encode_slot(escape_text(value)),
    "head": lambda value: encode_header_text(value).encode("ascii"),
    "raw": lambda value: value.encode("utf-8"),
}


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a token: the whole of it, or what stands between two soft breaks."""

    purpose: Purpose
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hole:
    """A slot, as `kind:name`."""

    slot: str


Fragment = bytes | Run | Hole


class Cutter:
    """Cuts encoded blocks around what differs from reader to reader."""

    def __init__(
        self, links: Mapping[str, Callable[[str], str]], shared: Mapping[str, str]
    ) -> None:
        """`shared` are values of all mails by slot name, not yet escaped."""
        self._links = links
        self._shared = shared

    def cut(self, sheet: Sheet) -> tuple[Fragment, ...]:
        """Fill in what all share, and leave tokens and other slots open."""
        names = dict(sheet.holes)
        fragments: list[Fragment] = []
        for place, piece in enumerate(sheet.pieces):
            if place not in names:
                fragments.append(piece)
                continue
            kind, _, name = names[place].partition(":")
            if name in self._shared:
                fragments.append(encoded(kind, self._shared[name]))
            elif name in self._links:
                link = encoded(kind, self._links[name](TOKEN))
                fragments += _runs(link, _PURPOSES[name])
            else:
                fragments.append(Hole(names[place]))
        return tuple(fragments)


class Plate:
    """All fragments of a briefing, next to each other what is the same for its readers."""

    def __init__(
        self, fragments: Iterable[Fragment], shared: Mapping[str, str], stamp: Stamp
    ) -> None:
        """`shared` are values of this briefing by slot name, not yet escaped."""
        self._stamp = stamp
        self._pieces: list[bytes] = []
        open_places: list[Run | Hole] = []
        fixed: list[bytes] = []
        for fragment in fragments:
            if isinstance(fragment, bytes):
                fixed.append(fragment)
                continue
            if isinstance(fragment, Hole):
                kind, _, name = fragment.slot.partition(":")
                if name in shared:
                    fixed.append(encoded(kind, shared[name]))
                    continue
            open_places.append(fragment)
            self._pieces += (b"".join(fixed), b"")
            fixed.clear()
        self._pieces.append(b"".join(fixed))
        # Every different value is made once per mail and then dealt to its places by two calls
        # into C, however often a link or a name stands in the mail.
        runs = list(dict.fromkeys(each for each in open_places if isinstance(each, Run)))
        holes = list(dict.fromkeys(each for each in open_places if isinstance(each, Hole)))
        purposes = list(dict.fromkeys(each.purpose for each in runs))
        self._tokens = stamp.signing(purposes)
        self._stretches = [
            (purposes.index(each.purpose), slice(each.start, each.end)) for each in runs
        ]
        self._slots = [SLOTS.index(each.slot) for each in holes]
        place_of = {each: place for place, each in enumerate((*runs, *holes))}
        self._deal = _dealer([place_of[each] for each in open_places])

    def fill(self, letter: Letter, date: datetime) -> bytes:
        """The finished mail of one reader.

        Raises:
            UnsafeValue: the reader's address or name would break a header.
        """
        values = _values(letter, self._stamp, date)
        tokens = self._tokens(letter.reader_id, letter.delivery_id)
        made = [tokens[purpose][stretch] for purpose, stretch in self._stretches]
        made += [values[slot] for slot in self._slots]
        pieces = self._pieces.copy()
        pieces[1::2] = self._deal(made)
        return b"".join(pieces)


def _dealer(order: list[int]) -> Callable[[list[bytes]], tuple[bytes, ...]]:
    """Make what picks values in this order; `itemgetter` gives a bare value for a single one."""
    if len(order) > 1:
        return itemgetter(*order)
    return lambda made: tuple(made[place] for place in order)


def encoded(kind: str, value: str) -> bytes:
    """A value as the kind of its slot wants it."""
    return _ENCODERS[kind](value)


def _runs(link: bytes, purpose: Purpose) -> list[Fragment]:
    """Leave the token open that a link ends with, and keep the soft breaks inside it."""
    left, at = len(TOKEN), len(link)
    found: list[tuple[int, int]] = []  # from the end: where a stretch of the token begins and ends
    while left:
        end = at
        while left and link[at - 1 : at] == TOKEN[:1].encode():
            at -= 1
            left -= 1
        found.append((at, end))
        if left:
            at = link.rindex(b"=\r\n", 0, at)
    fragments: list[Fragment] = [link[:at]]
    start = 0
    for begin, end in reversed(found):
        if start:
            fragments.append(b"=\r\n")
        fragments.append(Run(purpose, start, start + end - begin))
        start += end - begin
    return fragments


def _values(letter: Letter, stamp: Stamp, date: datetime) -> tuple[bytes, ...]:
    name, email = letter.name, letter.email
    if _HARMLESS.fullmatch(name):
        written = name.encode("ascii")
        in_html = in_text = in_head = written
    else:
        in_html, in_text = _ENCODERS["html"](name), _ENCODERS["text"](name)
        in_head = _ENCODERS["head"](name)
        written = b""
    if written and len(name) + len(email) <= _ONE_LINE and _ADDRESS.fullmatch(email):
        to = b"%b <%b>" % (written, email.encode("ascii"))
    else:
        to = address_header(name, email).encode("utf-8")
    stable = message_id(letter.issue, letter.delivery_id, stamp.instance, stamp.domain)
    return in_html, in_text, in_head, to, _written(date), stable.encode("ascii")


@lru_cache(maxsize=4)
def _written(date: datetime) -> bytes:
    return format_datetime(date).encode("ascii")
