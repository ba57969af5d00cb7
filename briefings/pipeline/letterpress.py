"""Put a reader's values into a briefing's sheet; it keeps sheets in memory and stores nothing.

`fill` makes one mail and is plain; `Letterpress` makes a million of the same bytes: what all mails
of a briefing share is filled in once, and of a link only the token is left open
(docs/decisions/0010-hot-path.md).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime

from briefings.deliver.message import Cover, compose, header_block, message_id, raw_values
from briefings.errors import NotFound
from briefings.links import Purpose, one_click_url, preferences_url, view_url
from briefings.model.catalogue import Catalogue
from briefings.model.edition import Block
from briefings.pipeline.chain import Chain
from briefings.pipeline.plate import Letter, Plate, Stamp
from briefings.slots import Sheet, address_header, values_for
from briefings.store import blocks

PLATES_KEPT = 256
"""At about 50 KB each: 12 MB."""

WHEN = {
    "MON": "Mondays",
    "TUE": "Tuesdays",
    "WED": "Wednesdays",
    "THU": "Thursdays",
    "FRI": "Fridays",
    "SAT": "Saturdays",
    "SUN": "Sundays",
}
SLOTS = ("name", "view_url", "preferences_url", "unsubscribe_url", "specializations", "when")
RAW_SLOTS = ("to", "date", "message_id", "one_click")

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
        "preferences_url": preferences_url(base, sign(Purpose.PREFERENCES, reader, delivery)),
        "unsubscribe_url": one_click_url(base, sign(Purpose.UNSUBSCRIBE, reader, delivery)),
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


class Letterpress:
    """Plates of stored briefings, the most recently used kept in memory."""

    def __init__(self, chain: Chain, catalogue: Catalogue, instance: str) -> None:
        self._chain = chain
        self._catalogue = catalogue
        self._stamp = Stamp.of(chain, instance)
        self._kept: OrderedDict[int, Plate] = OrderedDict()

    def fill(self, briefing_id: int, letter: Letter, date: datetime) -> bytes:
        """The finished mail of one reader.

        Raises:
            NotFound: the briefing or one of its blocks is not there.
            UnsafeValue: the reader's address or name would break a header.
        """
        plate = self._kept.get(briefing_id)
        if plate is None:
            plate = self._made(briefing_id, letter.issue)
        else:
            self._kept.move_to_end(briefing_id)
        return plate.fill(letter, self._stamp, date)

    def _made(self, briefing_id: int, issue: str) -> Plate:
        with self._chain.db.read() as tx:
            stored = blocks.briefing(tx, briefing_id)
            found = blocks.get(tx, stored.block_keys)
        missing = [key for key in stored.block_keys if key not in found]
        if missing:
            raise NotFound(f"Briefing {briefing_id} lacks its block {missing[0][:12]}.")
        slug = stored.headers["specialization"]
        cover = Cover(
            subject=stored.headers["subject"],
            issue=issue,
            specialization=slug,
            specialization_name=names_of(self._catalogue, [slug]) or slug,
        )
        sheet = lay_out(self._chain, cover, [found[key] for key in stored.block_keys])
        shared = {
            "specializations": names_of(self._catalogue, stored.specializations),
            "when": when(self._chain),
        }
        made = Plate(sheet, self._stamp.links, shared)
        self._kept[briefing_id] = made
        if len(self._kept) > PLATES_KEPT:
            self._kept.popitem(last=False)
        return made
