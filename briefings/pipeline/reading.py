"""What a page about one reader, mail or item needs out of the store; it changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from briefings.errors import NotFound
from briefings.links import Token
from briefings.model.catalogue import Catalogue, Role, Tool
from briefings.model.news import Item, ItemState
from briefings.model.reader import Reader
from briefings.pipeline.chain import Chain
from briefings.pipeline.letterpress import Letter, names_of
from briefings.pipeline.prepare import load_catalogue
from briefings.pipeline.showing import parts_text
from briefings.store import blocks, deliveries, items, readers
from briefings.store.blocks import StoredBriefing
from briefings.store.database import Transaction


class Gone(NotFound):
    """It was here once and is not any more: an erased reader, a withdrawn item, an old mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailView:
    """A stored mail as it was sent, and the items that did not fit into it."""

    html: str
    left_over: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """An item with the names of what it is about and whom it concerns."""

    item: Item
    tool: Tool | None
    role: Role | None
    concerns: tuple[str, ...]


def reader_of(tx: Transaction, token: Token) -> Reader:
    """Give the reader of a link.

    Raises:
        Gone: the reader was erased, or never stood in this database.
    """
    reader = readers.get(tx, token.reader_id)
    if reader is None or not reader.email:
        raise Gone("The reader of this link was deleted, with everything about them.")
    return reader


def frozen_specializations(tx: Transaction, token: Token) -> tuple[str, ...] | None:
    """Give what the reader had when the mail of a link was frozen; None without a mail (R13)."""
    found = _briefing_of(tx, token)
    return None if found is None else found[1].specializations


def mail_view(chain: Chain, token: Token) -> MailView:
    """Lay out the mail of a link as its reader got it.

    Raises:
        Gone: the reader was erased, or the mail is not kept any more.
    """
    with chain.db.read() as tx:
        reader = reader_of(tx, token)
        found = _briefing_of(tx, token)
        if found is None:
            raise Gone("This mail is not kept any more.")
        issue, stored = found
        parts = blocks.get(tx, stored.block_keys)
        catalogue = load_catalogue(tx)
        left_over = _queued(tx, stored.left_over)
    if any(key not in parts for key in stored.block_keys):
        raise Gone("This mail is not kept any more.")
    letter = Letter(
        delivery_id=token.delivery_id,
        reader_id=reader.id,
        email=reader.email,
        name=reader.name,
        issue=issue,
        # Older mails did not write their words down; theirs are read as they are now.
        specializations=stored.headers.get("names") or names_of(catalogue, stored.specializations),
    )
    html = parts_text(
        chain,
        [parts[key].html for key in stored.block_keys],
        letter,
        when=stored.headers.get("when", ""),
    )
    return MailView(html=html, left_over=left_over)


def item_view(chain: Chain, item_id: int) -> ItemView:
    """Give an item for its public page.

    Raises:
        Gone: it was withdrawn.
        NotFound: there is none, or it is still a draft.
    """
    with chain.db.read() as tx:
        item = items.get(tx, [item_id]).get(item_id) if item_id < 1 << 63 else None
        catalogue = load_catalogue(tx)
    if item is None or item.state is ItemState.DRAFT:
        raise NotFound("There is no such item.")
    if item.state is ItemState.WITHDRAWN:
        raise Gone("The editors took this item back.")
    return ItemView(
        item=item,
        tool=next((t for t in catalogue.tools if t.slug == item.news.tool), None),
        role=next((r for r in catalogue.roles if r.slug == item.news.role), None),
        concerns=_concerned(item, catalogue),
    )


def _concerned(item: Item, catalogue: Catalogue) -> tuple[str, ...]:
    from briefings.assemble import reaches

    return tuple(s.name for s in catalogue.specializations if reaches(item.news, s.slug, catalogue))


def _queued(tx: Transaction, ids: Sequence[int]) -> tuple[Item, ...]:
    known = items.get(tx, ids)
    found = (known[item_id] for item_id in ids if item_id in known)
    return tuple(item for item in found if item.state is ItemState.QUEUED)


def _briefing_of(tx: Transaction, token: Token) -> tuple[str, StoredBriefing] | None:
    """The issue's name and the briefing of a link's delivery."""
    row = deliveries.get(tx, token.delivery_id)
    if row is None or row.reader_id != token.reader_id or row.briefing_id is None:
        return None
    try:
        return row.issue, blocks.briefing(tx, row.briefing_id)
    except NotFound:
        return None
