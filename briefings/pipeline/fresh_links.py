"""What a forwarded mail must not be able to do asks for a letter first, and for its link (R13)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from briefings.links import LIFETIMES, BadToken, Token
from briefings.model.letter import Letter, LetterKind, NewLetter
from briefings.model.reader import Reader
from briefings.pipeline.chain import Chain
from briefings.pipeline.letter_press import PAGES
from briefings.pipeline.reading import reader_of
from briefings.store import letters
from briefings.store.database import Transaction


def ask_for(chain: Chain, token: Token, kind: LetterKind) -> str:
    """Queue the letter that lets a reader do this, one an hour; gives the reader's address.

    Raises:
        Gone: the reader was erased.
        Temporary: the database is locked.
    """
    with chain.db.write() as tx:
        reader = reader_of(tx, token)
        mail(chain, tx, reader, kind)
    return reader.email


def mail(chain: Chain, tx: Transaction, reader: Reader, kind: LetterKind) -> None:
    """Queue a letter to a reader, unless one of its kind was queued within the same hour."""
    now = chain.clock()
    letters.queue(
        tx,
        NewLetter(
            key=f"{kind.value}:{reader.id}:{now:%Y-%m-%dT%H}",
            kind=kind,
            recipient=reader.email,
            subject_id=reader.id,
            payload={},
            expires_at=now + lifetime(kind),
            skipped="suppressed" if reader.suppressed else "",
        ),
        now,
    )


def lifetime(kind: LetterKind) -> timedelta:
    """How long the link of such a letter is good."""
    return timedelta(seconds=LIFETIMES[PAGES[kind][1]])


def letter_of(tx: Transaction, token: Token, kinds: Collection[LetterKind]) -> Letter:
    """The letter that a link came with; numbers are used again, so all that it says must fit.

    Raises:
        Gone: its reader was erased.
        BadToken: there is no such letter any more.
    """
    reader_of(tx, token)
    letter = letters.get(tx, token.delivery_id)
    if (
        letter is None
        or letter.kind not in kinds
        or letter.subject_id != token.reader_id
        or int(letter.created_at.timestamp()) != token.issued
    ):
        raise BadToken("This link is not good any more. Ask for a new one on your settings page.")
    return letter
