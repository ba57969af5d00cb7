"""Everything about one reader in one answer, and what an operator may do to one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from briefings.errors import NotFound
from briefings.model.reader import Reader
from briefings.pipeline.chain import Chain
from briefings.pipeline.erasing import erase, everything_about
from briefings.pipeline.left_log import LeftLog
from briefings.pipeline.mailboxes import OPERATOR, Mailboxes
from briefings.store import consents, deliveries, grants, letters, readers, seeds, signups
from briefings.store.consents import Consent
from briefings.store.database import Transaction
from briefings.store.deliveries import DeliveryRow
from briefings.store.grants import Grant
from briefings.store.letters import LetterStatus
from briefings.store.signups import SignUp

SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What is known of a mailbox: reader, consent, tiers, last mails and letters, newest first.

    A mailbox may have no reader: it waits for its confirmation, or is suppressed.
    """

    reader: Reader | None
    consent: str | None
    proofs: tuple[Consent, ...]
    grants: tuple[Grant, ...]
    deliveries: tuple[DeliveryRow, ...]
    letters: tuple[LetterStatus, ...]
    waiting: SignUp | None
    suppressed: str | None
    seed_since: datetime | None


def dossier(tx: Transaction, email: str, mailboxes: Mailboxes) -> Dossier:
    """Collect it.

    Raises:
        NotFound: nothing at all is known of this address.
    """
    reader = readers.by_email(tx, email)
    found = Dossier(
        reader=reader,
        consent=readers.consent_of(tx, reader.id) if reader else None,
        proofs=tuple(consents.of_reader(tx, reader.id)) if reader else (),
        grants=tuple(grants.of_reader(tx, reader.id)) if reader else (),
        deliveries=tuple(deliveries.of_reader(tx, reader.id, SHOWN)) if reader else (),
        letters=tuple(letters.of_mailbox(tx, email, SHOWN)),
        waiting=signups.by_email(tx, email),
        suppressed=mailboxes.suppressed(tx, email),
        seed_since=seeds.marked_at(tx, reader.id) if reader else None,
    )
    if reader is None and not (found.letters or found.waiting or found.suppressed):
        raise NotFound(f"There is no reader {email}: check the spelling.")
    return found


def exported(chain: Chain, email: str) -> dict[str, object]:
    """Everything that is kept about a reader, as plain data for JSON.

    Raises:
        NotFound: there is no reader with this address.
    """
    with chain.db.read() as tx:
        return everything_about(tx, _reader(tx, email), chain.clock())


def erase_reader(chain: Chain, mailboxes: Mailboxes, log: LeftLog, email: str) -> int | None:
    """Delete everything about a reader, as their own link would, or about who never confirmed.

    Gives the reader's number, which stays; None for who never confirmed.

    Raises:
        NotFound: there is no reader with this address.
        Temporary: the database is locked or the log cannot be written; nothing was changed.
    """
    with chain.db.write() as tx:
        letters.forget_mailbox(tx, email)
        if signups.drop(tx, email) and readers.by_email(tx, email) is None:
            return None
        reader = _reader(tx, email)
        erase(tx, mailboxes, log, reader, chain.clock())
        return reader.id


def suppress(chain: Chain, mailboxes: Mailboxes, log: LeftLog, email: str) -> bool:
    """Never mail an address again, whether or not it has a reader; False when it was so before.

    Raises:
        Temporary: the database is locked or the log cannot be written; nothing was changed.
    """
    now = chain.clock()
    with chain.db.write() as tx:
        before = mailboxes.suppressed(tx, email)
        reader = readers.by_email(tx, email)
        readers.suppress(
            tx, mailboxes.name(email), OPERATOR, now, reader_id=reader.id if reader else None
        )
        signups.drop(tx, email)
        log.suppressed(tx, email, now)
    return before is None


def _reader(tx: Transaction, email: str) -> Reader:
    reader = readers.by_email(tx, email)
    if reader is None:
        raise NotFound(f"There is no reader {email}: check the spelling.")
    return reader
