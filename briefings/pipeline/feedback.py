"""Count what a reader says about a mail or an item of it, and switch a part off on request.

Nothing here ranks by person (R10): an answer is a number for the editors. A code made from the
link says that a question was answered; the answer does not stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hmac import digest

from briefings.assemble.shelf import SECTIONS
from briefings.errors import Conflict, NotFound
from briefings.links import Token
from briefings.model.feedback import ABOUT_ITEM, ABOUT_MAIL, WHOLE_MAIL, Answer
from briefings.model.news import Item
from briefings.model.reader import Section
from briefings.pipeline.chain import Chain
from briefings.pipeline.reading import Gone, reader_of
from briefings.store import answers, blocks, deliveries, items, readers
from briefings.store.database import Transaction
from briefings.store.deliveries import DeliveryRow

_KEY = b"briefings answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a link asks about: an item of the mail, or the mail as a whole with None.

    `section` is the part of the mail that the item belongs to; `can_switch_off` says whether the
    reader still has it.
    """

    item: Item | None
    section: Section | None
    can_switch_off: bool


class Codes:
    """Makes what is written down when a question was answered; keyed, so it leads to nobody."""

    def __init__(self, secrets: str) -> None:
        self._keys = [
            digest(secret.strip().encode(), _KEY, "sha256") for secret in secrets.split(",")
        ]

    def of(self, delivery_id: int, item_id: int) -> list[str]:
        """The code under each of the secret keys, the newest first."""
        words = f"{delivery_id} {item_id}".encode()
        return [digest(key, words, "sha256").hex()[:32] for key in self._keys]


def question(chain: Chain, token: Token, item_id: int) -> Question:
    """Look at what a link asks about; item 0 is the mail as a whole.

    Raises:
        Gone: the reader was erased, or the mail is not kept any more.
        NotFound: the mail did not carry this item.
    """
    with chain.db.read() as tx:
        return _question(tx, token, item_id)[1]


def answer(chain: Chain, codes: Codes, token: Token, item_id: int, said: Answer) -> bool:
    """Count an answer; False when this mail's question was answered before.

    Raises:
        Conflict: that is no answer to this question.
        Gone, NotFound: as `question`.
        Temporary: the database is locked; nothing was counted.
    """
    if said not in (ABOUT_ITEM if item_id else ABOUT_MAIL):
        raise Conflict("That is no answer to this question. Open the link from your mail again.")
    newest, *older = codes.of(token.delivery_id, item_id)
    with chain.db.write() as tx:
        row, _ = _question(tx, token, item_id)
        if answers.any_known(tx, older):
            return False
        return answers.count(tx, newest, row.issue_id, item_id, said)


def switch_off(chain: Chain, token: Token, item_id: int) -> Section | None:
    """Switch off the part of the mail that an item belongs to; None when there is no such part.

    Raises:
        Gone, NotFound: as `question`.
        Conflict: the reader left.
        Temporary: the database is locked; nothing was changed.
    """
    with chain.db.write() as tx:
        _, asked = _question(tx, token, item_id)
        reader = reader_of(tx, token)
        if reader.left_at is not None:
            raise Conflict("You have left, so there is nothing to switch off.")
        if asked.section is None or not asked.can_switch_off:
            return asked.section
        readers.switch_off(tx, reader, asked.section, chain.clock())
        return asked.section


def _question(tx: Transaction, token: Token, item_id: int) -> tuple[DeliveryRow, Question]:
    reader = reader_of(tx, token)
    row = deliveries.get(tx, token.delivery_id)
    if row is None or row.reader_id != token.reader_id or row.briefing_id is None:
        raise Gone("This mail is not kept any more.")
    if item_id == WHOLE_MAIL:
        return row, Question(item=None, section=None, can_switch_off=False)
    item = _carried(tx, row.briefing_id, item_id)
    section = SECTIONS[item.news.kind]
    return row, Question(
        item=item,
        section=section,
        can_switch_off=reader.left_at is None and section not in reader.preferences.sections_off,
    )


def _carried(tx: Transaction, briefing_id: int, item_id: int) -> Item:
    carried: Sequence[int] = blocks.briefing(tx, briefing_id).carried
    found = items.get(tx, [item_id]).get(item_id) if item_id in carried else None
    if found is None:
        raise NotFound("This mail did not carry that item.")
    return found
