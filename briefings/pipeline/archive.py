"""The public archive: keep an edition's mail without anything of a reader's, show what may be seen.

What is kept is made when the edition is published, out of the same blocks as its mails, and never
changes. Whether anybody may read it is an editor's switch; corrections are marked beside it (R12).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from briefings.errors import BriefingsError, NotFound
from briefings.model.delivery import Issue, SkipReason
from briefings.model.edition import Block, Composition, FootBlock, OverflowBlock
from briefings.model.news import Item, ItemState
from briefings.model.reader import Preferences
from briefings.pipeline.audience import Audience
from briefings.pipeline.chain import Chain
from briefings.pipeline.letterpress import names_of
from briefings.pipeline.prepare import load_catalogue
from briefings.pipeline.press import put_briefing, words_of
from briefings.slots import decode_block
from briefings.store import archive, blocks, corrections, items
from briefings.store.archive import EVERY_WEEK, Archived, Switch
from briefings.store.corrections import Correction
from briefings.store.database import Transaction
from briefings.weeks import Week

_OWN_LINK = re.compile('<a href="[^"]*\ue000[^"]*"[^>]*>[^<]*</a>')
"""A link whose address is a reader's: the archive has nobody to lead there."""
_OPEN_SLOT = re.compile("\ue000[a-z_]+\ue001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One briefing of the archive. `name` is the specialization's; `headlines` are its items'."""

    specialization: str
    name: str
    week: Week
    subject: str
    headlines: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What the archive has of one specialization, newest first."""

    specialization: str
    name: str
    briefings: tuple[Listed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicBriefing:
    """One briefing, what became wrong in it since, and its neighbours in time."""

    listed: Listed
    corrections: tuple[Correction, ...]
    withdrawn: tuple[str, ...]
    before: Listed | None
    after: Listed | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicMail:
    """The HTML of a briefing without a reader's values, and the items that did not fit into it."""

    html: str
    left_over: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """What a switch came to: whether anything changed, and the weeks that are shown now.

    `before` is what the same switch said until then, None where it had never been set.
    """

    changed: bool
    before: bool | None
    shown: tuple[str, ...]


def keep(chain: Chain, issue: Issue, audience: Audience) -> None:
    """Store the public briefing of each edition that goes with an issue, once.

    It is the mail of somebody who has this specialization alone, got nothing yet and has no plan.
    An edition that has no such mail, or whose blocks cannot be rendered, is not in the archive; no
    mail waits for it.
    """
    for slug in audience.editions:
        own = Preferences(specializations=(slug,))
        mail = audience.composition((own, None, frozenset()))
        if isinstance(mail, SkipReason):
            continue
        public = _public(mail)
        try:
            rendered = [chain.renderer().render(spec) for spec in (public.head, *public.blocks)]
        except BriefingsError:
            continue
        words = words_of(chain, audience.catalogue, own)
        with chain.db.write() as tx:
            blocks.put(tx, rendered)
            briefing_id = put_briefing(tx, issue.id, own, public, rendered, words=words)
            archive.put(tx, str(audience.week), slug, briefing_id, chain.clock())


def switch(chain: Chain, slug: str, week: Week | None, *, shown: bool, by: str) -> Switched:
    """Show a specialization's published editions to anybody, or no longer; one week goes first.

    Raises:
        NotFound: there is no such specialization.
    """
    with chain.db.write() as tx:
        if not archive.stored_weeks(tx, slug):
            load_catalogue(tx).specialization(slug)
        said = Switch(
            specialization=slug,
            week=str(week) if week else EVERY_WEEK,
            shown=shown,
            by=by,
            at=chain.clock(),
        )
        stood = (each for each in archive.switches(tx) if each.specialization == slug)
        before = next((each.shown for each in stood if each.week == said.week), None)
        changed = archive.switch(tx, said)
        weeks = tuple(one.week for one in archive.shown(tx, slug))
        return Switched(changed=changed, before=before, shown=weeks)


def shelves(chain: Chain, slug: str | None = None) -> tuple[Shelf, ...]:
    """Give what anybody may read, by specialization name, of one or of all."""
    with chain.db.read() as tx:
        listed = _listed(tx, archive.shown(tx, slug))
    by_slug: dict[str, list[Listed]] = {}
    for one in listed:
        by_slug.setdefault(one.specialization, []).append(one)
    found = (
        Shelf(specialization=each, name=many[0].name, briefings=tuple(many))
        for each, many in by_slug.items()
    )
    return tuple(sorted(found, key=lambda shelf: shelf.name.casefold()))


def public_briefing(chain: Chain, slug: str, week: str) -> PublicBriefing:
    """Give one briefing of the archive.

    Raises:
        NotFound: there is none, or no editor shows it.
    """
    with chain.db.read() as tx:
        listed = _listed(tx, archive.shown(tx, slug))
        at = next((n for n, one in enumerate(listed) if str(one.week) == week), None)
        if at is None:
            raise NotFound("There is no such briefing in the archive.")
        found = _found(tx, slug, week)
        carried = blocks.briefing(tx, found.briefing_id).carried
        now = items.get(tx, carried)
        wrong = corrections.of_items(tx, carried)
    told = {one.item_id for one in wrong}
    return PublicBriefing(
        listed=listed[at],
        corrections=tuple(wrong),
        withdrawn=tuple(
            now[number].news.headline
            for number in carried
            if number in now and now[number].state is ItemState.WITHDRAWN and number not in told
        ),
        before=listed[at + 1] if at + 1 < len(listed) else None,
        after=listed[at - 1] if at else None,
    )


def public_mail(chain: Chain, slug: str, week: str) -> PublicMail:
    """Lay out one briefing of the archive without anything of a reader's.

    Raises:
        NotFound: as `public_briefing`, or its blocks are not kept any more.
    """
    with chain.db.read() as tx:
        stored = blocks.briefing(tx, _found(tx, slug, week).briefing_id)
        parts = blocks.get(tx, stored.block_keys)
        known = items.get(tx, stored.left_over)
    if any(key not in parts for key in stored.block_keys):
        raise NotFound("This briefing is not kept any more.")
    left_over = (known[number] for number in stored.left_over if number in known)
    return PublicMail(
        html=without_readers([parts[key] for key in stored.block_keys]),
        left_over=tuple(item for item in left_over if item.state is ItemState.QUEUED),
    )


def without_readers(rendered: Sequence[Block]) -> str:
    """Join blocks to a document without the links that are a reader's own.

    Raises:
        NotFound: a slot is left open: the document is one reader's, and shown to nobody else.
    """
    html = "".join(decode_block(block.html) for block in rendered)
    html = _OWN_LINK.sub("", html)
    if _OPEN_SLOT.search(html):
        raise NotFound("This briefing is made for one reader and stands in no archive.")
    return html


def _public(mail: Composition) -> Composition:
    kept = [spec for spec in mail.blocks if not isinstance(spec, OverflowBlock)]
    return replace(
        mail,
        head=replace(mail.head, public=True),
        blocks=tuple(
            replace(spec, public=True, asks=False) if isinstance(spec, FootBlock) else spec
            for spec in kept
        ),
    )


def _found(tx: Transaction, slug: str, week: str) -> Archived:
    found = archive.get(tx, slug, week)
    if found is None:
        raise NotFound("There is no such briefing in the archive.")
    return found


def _listed(tx: Transaction, found: Iterable[Archived]) -> list[Listed]:
    catalogue = load_catalogue(tx)
    listed: list[Listed] = []
    for one in found:
        stored = blocks.briefing(tx, one.briefing_id)
        known = items.get(tx, stored.carried)
        listed.append(
            Listed(
                specialization=one.specialization,
                name=names_of(catalogue, [one.specialization]) or one.specialization,
                week=Week.parse(one.week),
                subject=stored.headers["subject"],
                headlines=tuple(
                    known[number].news.headline for number in stored.carried if number in known
                ),
                at=one.at,
            )
        )
    return listed
