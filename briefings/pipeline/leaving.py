"""Leave by a link, and take it back: durable before anybody is told so (P4, R13); sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from briefings.inbound.unsubscribes import tokens_in
from briefings.links import BadToken, Purpose, Token
from briefings.pipeline.chain import Chain
from briefings.pipeline.left_log import LeftLog
from briefings.pipeline.letterpress import names_of
from briefings.pipeline.prepare import load_catalogue
from briefings.pipeline.reading import frozen_specializations, reader_of
from briefings.store import answers, deliveries, readers
from briefings.store.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a leaving link would do, and what it leaves alone; names, ready for a sentence.

    `leaving` is what the reader had when the mail was frozen and still has, `staying` what came
    later. `out` says that the reader has left altogether.
    """

    out: bool
    leaving: str
    staying: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What leaving came to. `before` are the slugs to go back to; None when nothing changed."""

    out: bool
    gone: str
    stays: str
    before: tuple[str, ...] | None


def standing(chain: Chain, token: Token) -> Standing:
    """Look at what a leaving link would do.

    Raises:
        Gone: the reader was erased.
    """
    with chain.db.read() as tx:
        reader = reader_of(tx, token)
        leaving, staying = _split(tx, token, reader.preferences.specializations)
        catalogue = load_catalogue(tx)
    return Standing(
        out=reader.left_at is not None,
        leaving=names_of(catalogue, leaving),
        staying=names_of(catalogue, staying),
    )


def leave(chain: Chain, log: LeftLog, token: Token, *, everything: bool = False) -> Left:
    """Leave what the reader had when the mail was frozen, or everything; a repeat changes nothing.

    When it returns, the row and the line in the log are on the disk (P4).

    Raises:
        Gone: the reader was erased.
        Temporary: the database is locked or the log cannot be written; nothing was changed.
    """
    now = chain.clock()
    with chain.db.write() as tx:
        reader = reader_of(tx, token)
        before = reader.preferences.specializations
        leaving, staying = _split(tx, token, before)
        if everything:
            leaving, staying = before, ()
        changed = readers.leave(
            tx, reader.id, specializations=leaving if staying else None, now=now
        )
        if changed:
            # Inside the transaction: what cannot be written down is not done, and what is done
            # was written down. A line without its commit makes nobody get a mail.
            log.left(tx, reader.email, leaving if staying else None, now)
            _count(tx, token, 1)
    with chain.db.read() as tx:  # names are no reason to keep other writers waiting
        catalogue = load_catalogue(tx)
    return Left(
        out=reader.left_at is not None or not staying,
        gone=names_of(catalogue, leaving),
        stays=names_of(catalogue, staying),
        before=before if changed else None,
    )


def leave_by_mail(chain: Chain, log: LeftLog, raw: bytes) -> Left:
    """Leave by a mailed unsubscribe, as a mail server hands it over (inbound/unsubscribes.py).

    A mail without a token of ours changes nothing: anybody can write a sender's name.

    Raises:
        BadToken: there is no such token in its recipients or its subject.
        Gone, Temporary: as `leave`.
    """
    signer = chain.signer()
    for found in tokens_in(raw):
        with suppress(BadToken):
            return leave(chain, log, signer.read(Purpose.UNSUBSCRIBE, found))
    raise BadToken("There is no link of ours to unsubscribe in this mail.")


def come_back(chain: Chain, log: LeftLog, token: Token, slugs: Sequence[str]) -> str:
    """Subscribe a reader to exactly these again; returns their names.

    Raises:
        Gone: the reader was erased meanwhile.
        Temporary: as `leave`.
    """
    now = chain.clock()
    with chain.db.write() as tx:
        reader = reader_of(tx, token)
        if reader.left_at is not None or reader.preferences.specializations != tuple(slugs):
            readers.rejoin(tx, reader.id, slugs, now)
            log.back(tx, reader.email, slugs, now)
            _count(tx, token, -1)
        return names_of(load_catalogue(tx), slugs)


def _count(tx: Transaction, token: Token, by: int) -> None:
    """Count a departure, or one taken back, for the issue whose mail the link came with."""
    row = deliveries.get(tx, token.delivery_id) if token.delivery_id else None
    if row is not None and row.reader_id == token.reader_id:
        answers.count_departure(tx, row.issue_id, by)


def _split(
    tx: Transaction, token: Token, subscribed: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a link leaves and what it does not; without a mail behind it, it leaves everything."""
    frozen = frozen_specializations(tx, token)
    if frozen is None:
        return subscribed, ()
    return (
        tuple(slug for slug in subscribed if slug in frozen),
        tuple(slug for slug in subscribed if slug not in frozen),
    )
