"""Take a sign-up, and its confirmation: double opt-in with proof, and one answer for everybody.

Whatever an address is to us - new, known, waiting, blocked, suppressed - the same statements run
and the same answer goes back; only the letter in that mailbox tells (docs/decisions/0030).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from briefings.errors import Refused
from briefings.links import LIFETIMES, BadToken, Purpose, Token
from briefings.model.letter import Letter, LetterKind, NewLetter
from briefings.model.reader import NewReader, Reader
from briefings.pipeline.carrying import take_over
from briefings.pipeline.chain import Chain
from briefings.pipeline.left_log import LeftLog
from briefings.pipeline.letterpress import names_of
from briefings.pipeline.mailboxes import ERASED, Mailboxes
from briefings.pipeline.prepare import load_catalogue
from briefings.readers.consent import PRESENT
from briefings.readers.limits import DAY, network_of, over, sign_up_limits
from briefings.readers.signup import Request
from briefings.store import consents, issues, letters, quotas, readers, signups, suppression
from briefings.store.consents import Consent
from briefings.store.database import Transaction
from briefings.store.mailbox import mailbox_key
from briefings.store.signups import NewSignUp, SignUp

PER_MAILBOX = 3
"""Letters a day to the plus addresses of one mailbox together; to each of them one."""
CONFIRM_WITHIN = timedelta(seconds=LIFETIMES[Purpose.CONFIRM])
SIGNIN_WITHIN = timedelta(seconds=LIFETIMES[Purpose.SIGNIN])


class TooMany(Refused):
    """A limit is used up; it says nothing about the address, which was not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sign-ups that one hour has room for: from one network, and in all."""

    per_network: int
    in_all: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirming:
    """What a confirmation link would do. `done` says that it was done before."""

    email: str
    names: str
    done: bool
    mailbox: str
    """The hash of the mailbox: what the cookie of the sign-up holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What confirming came to; `fresh` says that it was this very request that did it."""

    reader: Reader
    names: str
    fresh: bool


def sign_up(
    chain: Chain, mailboxes: Mailboxes, limits: Limits, asked: Request, *, asked_from: str
) -> None:
    """Write a sign-up down and queue its letter, at most one per address and 24 hours.

    `asked_from` is the visitor's IP address. Raises TooMany before the address is looked at, and
    Temporary when the database is locked.
    """
    now = chain.clock()
    network = network_of(asked_from)
    hourly = sign_up_limits(network, per_network=limits.per_network, in_all=limits.in_all)
    address = asked.address.text
    name, family = mailboxes.name(address), mailboxes.family(address)
    with chain.db.write() as tx:
        if over(hourly, lambda limit: quotas.use(tx, limit.name, limit.window, now).number):
            raise TooMany(  # which takes the counting back, too: nothing is written
                "There were more sign-ups within an hour than we take. Try again in an hour: "
                "nothing of this one was kept."
            )
        today = quotas.use(tx, f"letter to {name}", DAY, now)
        # Counted are letters, and not how often somebody pressed; the statement is the same.
        counted = "letters" if today.number == 1 else "repeats"
        together = quotas.use(tx, f"{counted} to the family {family}", DAY, now)
        reader = readers.by_email(tx, address)
        suppressed = mailboxes.suppressed(tx, address)
        number = signups.put(tx, _sign_up(asked, asked_from, now))
        skipped = ""
        if suppressed not in (None, ERASED) or (reader is not None and reader.suppressed):
            skipped = "suppressed"
        elif together.number > PER_MAILBOX:
            skipped = "too many for one mailbox"
        known = reader is not None and _active(reader)
        # To the address that a reader confirmed, not to a spelling of it that somebody typed.
        recipient = reader.email if reader is not None else address
        letters.queue(
            tx,
            NewLetter(
                # A second sign-up in the same 24 hours has the same key, and queues nothing.
                key=f"sign-up:{name}:{today.ends_at:%Y-%m-%dT%H:%M:%S.%f}",
                kind=LetterKind.SIGNIN if known else LetterKind.CONFIRM,
                recipient=recipient,
                subject_id=reader.id if reader is not None and known else number,
                payload={"specializations": ";".join(asked.specializations)},
                expires_at=now + (SIGNIN_WITHIN if known else CONFIRM_WITHIN),
                skipped=skipped,
            ),
            now,
        )


def confirming(chain: Chain, mailboxes: Mailboxes, token: Token) -> Confirming:
    """Look at what a confirmation link would do; changes nothing (P8).

    Raises:
        BadToken: the sign-up is not there any more, or is another one than the letter's.
    """
    with chain.db.read() as tx:
        letter = _letter_of(tx, token)
        asked = _sign_up_of(tx, letter)
        reader = readers.by_email(tx, letter.recipient)
        catalogue = load_catalogue(tx)
    if asked is None and (reader is None or not _active(reader)):
        raise _gone()
    slugs = asked.specializations if asked else reader.preferences.specializations if reader else ()
    return Confirming(
        email=letter.recipient,
        names=names_of(catalogue, slugs),
        done=asked is None,
        mailbox=mailboxes.name(letter.recipient),
    )


def confirm(
    chain: Chain, mailboxes: Mailboxes, log: LeftLog, token: Token, *, confirmed_from: str
) -> Confirmed:
    """Make the reader of a sign-up, with the proof of both steps; a repeat changes nothing.

    Raises:
        BadToken: as `confirming`.
        Refused: the mailbox was suppressed meanwhile.
        Temporary: the database is locked or the log cannot be written; nothing was changed.
    """
    now = chain.clock()
    with chain.db.write() as tx:
        letter = _letter_of(tx, token)
        asked = _sign_up_of(tx, letter)
        catalogue = load_catalogue(tx)
        if asked is None:
            reader = readers.by_email(tx, letter.recipient)
            if reader is None or not _active(reader):
                raise _gone()
        else:
            _admit(tx, mailboxes, asked.email)
            reader = _subscribed(tx, asked, now)
            if asked.carried is not None:
                take_over(tx, chain, catalogue, reader, asked.carried)
                reader = readers.get(tx, reader.id) or reader
            consents.add(tx, reader.id, _proof(asked, now, confirmed_from))
            signups.drop(tx, asked.email)
            # Inside the transaction, as leaving does it: a restore replays both.
            log.back(tx, reader.email, reader.preferences.specializations, now)
            if issues.last_regular_week(tx) is None:
                _welcome(tx, reader, now)
        names = names_of(catalogue, reader.preferences.specializations)
    return Confirmed(reader=reader, names=names, fresh=asked is not None)


def _welcome(tx: Transaction, reader: Reader, now: datetime) -> None:
    """Greet by letter where no welcome issue can: before the first week was ever frozen (R11)."""
    letters.queue(
        tx,
        NewLetter(
            key=f"welcome:{reader.id}",
            kind=LetterKind.WELCOME,
            recipient=reader.email,
            subject_id=reader.id,
            payload={"specializations": ";".join(reader.preferences.specializations)},
            expires_at=now + CONFIRM_WITHIN,
        ),
        now,
    )


def _active(reader: Reader) -> bool:
    return reader.confirmed_at is not None and reader.left_at is None


def _sign_up(asked: Request, asked_from: str, now: datetime) -> NewSignUp:
    return NewSignUp(
        email=asked.address.text,
        specializations=asked.specializations,
        timezone=asked.timezone,
        source=asked.source,
        consent_text=PRESENT,
        asked_at=now,
        asked_from=asked_from,
        expires_at=now + CONFIRM_WITHIN,
        carried=asked.carried,
    )


def _letter_of(tx: Transaction, token: Token) -> Letter:
    """The letter that a link came with: numbers are used again, so all that it says must fit."""
    letter = letters.get(tx, token.delivery_id)
    if (
        letter is None
        or letter.kind is not LetterKind.CONFIRM
        or letter.subject_id != token.reader_id
        or int(letter.created_at.timestamp()) != token.issued
    ):
        raise _gone()
    return letter


def _sign_up_of(tx: Transaction, letter: Letter) -> SignUp | None:
    asked = signups.get(tx, letter.subject_id)
    if asked is None or mailbox_key(asked.email) != mailbox_key(letter.recipient):
        return None
    return asked


def _gone() -> BadToken:
    return BadToken("This link is not good any more. Sign up again: a new one comes by mail.")


def _admit(tx: Transaction, mailboxes: Mailboxes, email: str) -> None:
    """Let who was erased at their own wish come back; keep everybody else out."""
    reason = mailboxes.suppressed(tx, email)
    if reason == ERASED:
        suppression.lift(tx, mailboxes.names(email))
    elif reason is not None:
        raise Refused("This address gets no mail from us. Answer any mail of ours to change that.")


def _subscribed(tx: Transaction, asked: SignUp, now: datetime) -> Reader:
    """The reader of a confirmed sign-up: a new row, or the one of somebody who comes back."""
    known = readers.by_email(tx, asked.email)
    if known is None:
        readers.add(
            tx,
            [_new_reader(asked)],
            confirmed_at=now,
            consent_source=f"{asked.source}, text {asked.consent_text}",
            import_id=None,
            now=now,
        )
    elif not _active(known):
        readers.confirm(tx, known.id, now)
        readers.rejoin(tx, known.id, asked.specializations, now)
        wanted = replace(known.preferences, specializations=asked.specializations)
        readers.set_preferences(tx, known.id, wanted, asked.timezone or known.timezone, None, now)
    found = readers.by_email(tx, asked.email)
    if found is None:  # pragma: no cover - just written in this transaction
        raise _gone()
    return found


def _new_reader(asked: SignUp) -> NewReader:
    return NewReader(
        email=asked.email,
        name="",
        specializations=asked.specializations,
        timezone=asked.timezone,
        plan_started_on=None,
        line=0,
    )


def _proof(asked: SignUp, now: datetime, confirmed_from: str) -> Consent:
    return Consent(
        text_version=asked.consent_text,
        source=asked.source,
        specializations=asked.specializations,
        asked_at=asked.asked_at,
        asked_from=asked.asked_from,
        confirmed_at=now,
        confirmed_from=confirmed_from,
    )
