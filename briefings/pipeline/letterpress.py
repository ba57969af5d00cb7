"""Put a reader's values into a briefing's sheet; it keeps sheets in memory and stores nothing.

`fill` makes one mail and is plain; `Letterpress` makes a million of the same bytes: what all mails
of a briefing share is filled in once, and of a link only the token is left open
(docs/decisions/0010-hot-path.md).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain as joined
from typing import Generic, TypeVar

from briefings.deliver.message import (
    Cover,
    boundary_of,
    compose,
    header_block,
    message_id,
    raw_values,
)
from briefings.errors import NotFound
from briefings.links import (
    Purpose,
    feedback_url,
    one_click_url,
    plan_url,
    preferences_url,
    view_url,
)
from briefings.model.catalogue import Catalogue
from briefings.model.edition import Block
from briefings.pipeline.chain import Chain
from briefings.pipeline.plate import Cutter, Fragment, Hole, Letter, Plate, Stamp
from briefings.slots import Sheet, address_header, slot, values_for
from briefings.store import blocks
from briefings.store.blocks import StoredBriefing

PLATES_KEPT = 256
"""At about 50 KB each: 12 MB."""
BLOCKS_KEPT = 4_000
"""At about 5 KB each: 20 MB."""
FRAMES_KEPT = 1_000

WHEN = {
    "MON": "Mondays",
    "TUE": "Tuesdays",
    "WED": "Wednesdays",
    "THU": "Thursdays",
    "FRI": "Fridays",
    "SAT": "Saturdays",
    "SUN": "Sundays",
}
SLOTS = (
    "name",
    "view_url",
    "feedback_url",
    "plan_url",
    "preferences_url",
    "unsubscribe_url",
    "specializations",
    "when",
)
RAW_SLOTS = ("to", "date", "message_id", "one_click", "leave_token")

__all__ = ["Letter", "Letterpress", "fill", "lay_out", "names_of", "personal", "when"]


def names_of(catalogue: Catalogue, slugs: Sequence[str]) -> str:
    """Write "A, B and C"; a slug that left the catalogue is left out."""
    known = [catalogue.specialization(s).name for s in slugs if catalogue.has_specialization(s)]
    if len(known) < 2:  # noqa: PLR2004 - one name needs no "and"
        return "".join(known)
    return f"{', '.join(known[:-1])} and {known[-1]}"


def lay_out(chain: Chain, cover: Cover, rendered: Sequence[Block]) -> Sheet:
    """Join header block and blocks, and check that every slot has a value."""
    headers = header_block(chain.postmark(), cover)
    sheet = compose(headers, [b.text for b in rendered], [b.html for b in rendered])
    sheet.check((*SLOTS, *RAW_SLOTS))
    return sheet


def personal(chain: Chain, letter: Letter) -> dict[str, str]:
    """The reader's values by slot name, not yet escaped."""
    base, sign = chain.postmark().base_url, chain.signer().sign
    reader, delivery = letter.reader_id, letter.delivery_id
    return {
        "name": letter.name,
        "view_url": view_url(base, sign(Purpose.VIEW, reader, delivery)),
        "feedback_url": feedback_url(base, sign(Purpose.FEEDBACK, reader, delivery)),
        "preferences_url": preferences_url(base, sign(Purpose.PREFERENCES, reader, delivery)),
        "unsubscribe_url": one_click_url(base, sign(Purpose.UNSUBSCRIBE, reader, delivery)),
        "plan_url": plan_url(base, sign(Purpose.PLAN, reader, delivery)),
        "specializations": letter.specializations,
        "when": when(chain),
    }


def when(chain: Chain) -> str:
    """The hour at which mails leave, in words."""
    day, _, time = str(chain.schedule.send_at).partition(" ")
    return f"{WHEN[day]} at {time}, your time"


def fill(chain: Chain, sheet: Sheet, letter: Letter, instance: str, date: datetime) -> bytes:
    """The finished mail of one reader.

    Raises:
        UnsafeValue: the reader's address or name would break a header.
    """
    values = personal(chain, letter)
    encoded = values_for(sheet.slots, values)
    encoded |= raw_values(
        to=address_header(letter.name, letter.email),
        date=date,
        message_id=message_id(letter.issue, letter.delivery_id, instance, chain.postmark().domain),
        one_click=values["unsubscribe_url"],
    )
    return sheet.fill(encoded)


Frame = tuple[Fragment, ...]
_TEXT, _HTML = Hole("raw:text_blocks"), Hole("raw:html_blocks")
_MARK = b"=_MARK"
"""Stands for the boundary; `=_` cannot occur in quoted-printable, and no header has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Both parts of a block."""

    text: tuple[Fragment, ...]
    html: tuple[Fragment, ...]


Key = TypeVar("Key")
Kept = TypeVar("Kept")


class Recent(Generic[Key, Kept]):
    """The most recently used, so many at most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept = OrderedDict[Key, Kept]()

    def get(self, key: Key) -> Kept | None:
        """Recall, or None."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: Key, value: Kept) -> Kept:
        """Keep, and forget the oldest when there are too many; gives the value back."""
        self._kept[key] = value
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value


class Letterpress:
    """Plates of stored briefings; blocks are cut once, the most recently used kept in memory.

    A million readers make hundreds of thousands of lists out of some thousand blocks, so a plate
    has to be cheap, too: it is put together from blocks that are cut already.
    """

    def __init__(self, chain: Chain, catalogue: Catalogue, instance: str) -> None:
        self._chain = chain
        self._catalogue = catalogue
        self._stamp = Stamp.of(chain, instance)
        self._cutter = Cutter(self._stamp.links, {"when": when(chain)})
        self._plates = Recent[int, Plate](PLATES_KEPT)
        self._blocks = Recent[str, Cut](BLOCKS_KEPT)
        self._frames = Recent[Cover, Frame](FRAMES_KEPT)

    def fill(self, briefing_id: int, letter: Letter, date: datetime) -> bytes:
        """The finished mail of one reader.

        Raises:
            NotFound: the briefing or one of its blocks is not there.
            UnsafeValue: the reader's address or name would break a header.
        """
        plate = self._plates.get(briefing_id)
        if plate is None:
            with self._chain.db.read() as tx:
                stored = blocks.briefing(tx, briefing_id)
            plate = self._made(stored, letter.issue)
        return plate.fill(letter, date)

    def _made(self, stored: StoredBriefing, issue: str) -> Plate:
        slug = stored.headers["specialization"]
        cover = Cover(
            subject=stored.headers["subject"],
            issue=issue,
            specialization=slug,
            specialization_name=names_of(self._catalogue, [slug]) or slug,
        )
        cuts = self._cuts(stored)
        mark = b"=_" + stored.signature[:24].encode("ascii")
        fragments: list[Fragment] = []
        for each in self._frame(cover):
            if isinstance(each, bytes):
                fragments.append(each.replace(_MARK, mark))
            elif each == _TEXT:
                fragments += joined.from_iterable(cut.text for cut in cuts)
            elif each == _HTML:
                fragments += joined.from_iterable(cut.html for cut in cuts)
            else:
                fragments.append(each)
        names = stored.headers.get("names") or names_of(self._catalogue, stored.specializations)
        shared = {"specializations": names}
        return self._plates.put(stored.id, Plate(fragments, shared, self._stamp))

    def _cuts(self, stored: StoredBriefing) -> list[Cut]:
        known = {key: self._blocks.get(key) for key in stored.block_keys}
        wanted = [key for key, cut in known.items() if cut is None]
        if wanted:
            with self._chain.db.read() as tx:
                found = blocks.get(tx, wanted)
            for key in wanted:
                block = found.get(key)
                if block is None:
                    raise NotFound(f"Briefing {stored.id} lacks its block {key[:12]}.")
                Sheet.of([block.text, block.html]).check(SLOTS)
                cut = Cut(
                    text=self._cutter.cut(Sheet.of([block.text])),
                    html=self._cutter.cut(Sheet.of([block.html])),
                )
                known[key] = self._blocks.put(key, cut)
        return [cut for key in stored.block_keys if (cut := known[key]) is not None]

    def _frame(self, cover: Cover) -> Frame:
        known = self._frames.get(cover)
        if known is None:
            headers = header_block(self._chain.postmark(), cover)
            text, html = slot("raw", "text_blocks"), slot("raw", "html_blocks")
            mark = boundary_of([text, html])
            known = tuple(
                each.replace(mark, _MARK) if isinstance(each, bytes) else each
                for each in self._cutter.cut(compose(headers, [text], [html]))
            )
            self._frames.put(cover, known)
        return known
