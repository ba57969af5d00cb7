"""Signs people in at the desk by a mailed link: once, within 10 minutes, in the same browser.

Whatever address is typed, the same statements run and the same answer goes back. Secrets of
browsers come in as values and are stored as hashes only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest

from briefings.errors import Conflict, NotFound
from briefings.links import LIFETIMES, BadToken, Purpose, Token, page_url
from briefings.model.letter import Letter, LetterKind, NewLetter
from briefings.model.user import Change, Session, User
from briefings.pipeline.chain import Chain
from briefings.pipeline.letter_press import PAGES
from briefings.pipeline.mailboxes import Mailboxes
from briefings.pipeline.recorded import Record
from briefings.pipeline.signing_up import TooMany
from briefings.readers.limits import HOUR, Limit, network_of, over
from briefings.store import audit, letters, quotas, users
from briefings.store.database import Transaction

LINK_LASTS = timedelta(seconds=LIFETIMES[Purpose.DESK])
SESSION_LASTS = timedelta(days=7)
_PER_NETWORK, _PER_MAILBOX = 30, 6
_LONGEST_BROWSER = 160
_BROWSER = "browser"
ASK = "ask for a sign-in link"
SIGN_IN = "sign in"
PRINT = "print a sign-in link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """What a sign-in link would do. `printed` says that it was made in a terminal, for anybody."""

    user: User
    printed: bool


def ask(
    chain: Chain, mailboxes: Mailboxes, email: str, *, browser: str, asked_from: str, route: str
) -> None:
    """Mail a sign-in link, good in the browser that holds the secret `browser`.

    Raises:
        TooMany: too many were asked for within an hour; nothing was written.
        Temporary: the database is locked.
    """
    now = chain.clock()
    limits = (
        Limit(name=f"desk from {network_of(asked_from)}", most=_PER_NETWORK, window=HOUR),
        Limit(name=f"desk for {mailboxes.name(email)}", most=_PER_MAILBOX, window=HOUR),
    )
    with chain.db.write() as tx:
        if over(limits, lambda limit: quotas.use(tx, limit.name, limit.window, now).number):
            raise TooMany("That were too many links within an hour. Try again in an hour.")
        user = users.by_email(tx, email)
        letters.queue(
            tx,
            NewLetter(
                key=f"desk:{hashed(browser)}",
                kind=LetterKind.DESK,
                recipient=user.email if user else email,
                subject_id=user.id if user else 0,
                payload={_BROWSER: hashed(browser)},
                expires_at=now + LINK_LASTS,
                skipped="" if user else "nobody of the desk",
            ),
            now,
        )
        audit.add(
            tx,
            Change(
                by=user.email if user else "somebody",
                route=route,
                act=ASK,
                subject=user.email if user else "an address that is not of the desk",
                before="",
                after="",
            ),
            now,
        )


def printed_link(record: Record, base_url: str, user: User) -> str:
    """Make a sign-in link to be shown in a terminal: once, within 10 minutes, in any browser."""
    chain = record.chain
    now = chain.clock()
    with chain.db.write() as tx:
        number = letters.queue(
            tx,
            NewLetter(
                key=f"desk:printed:{user.id}:{now.isoformat()}",
                kind=LetterKind.DESK,
                recipient=user.email,
                subject_id=user.id,
                payload={_BROWSER: ""},
                expires_at=now + LINK_LASTS,
                skipped="printed in a terminal",
            ),
            now,
        )
    if number is None:
        raise Conflict("A link was printed at this very instant. Try again.")
    record.changed(user.email, before="", after="a link was printed")
    page, purpose = PAGES[LetterKind.DESK]
    token = chain.signer().sign(purpose, user.id, number, int(now.timestamp()))
    return page_url(base_url, page, token)


def entering(chain: Chain, token: Token, *, browser: str) -> Entering:
    """Look at what a sign-in link would do in this browser; changes nothing (P8).

    Raises:
        BadToken: it is not good any more, or belongs to another browser.
    """
    with chain.db.read() as tx:
        letter, user = _letter_of(tx, token, browser)
    return Entering(user=user, printed=not letter.payload[_BROWSER])


def sign_in(
    chain: Chain, token: Token, *, browser: str, secret: str, agent: str, route: str
) -> User:
    """Open a session for who holds `secret` from now on; the link is used up.

    Raises:
        BadToken: as `entering`, or it was used already.
        Temporary: the database is locked; the link is still good.
    """
    now = chain.clock()
    with chain.db.write() as tx:
        letter, user = _letter_of(tx, token, browser)
        called = "".join(letter for letter in agent if letter.isprintable())[:_LONGEST_BROWSER]
        number = users.open_session(
            tx,
            user.id,
            token=hashed(secret),
            letter_id=letter.id,
            letter_at=letter.created_at,
            browser=called,
            now=now,
            expires_at=now + SESSION_LASTS,
        )
        if number is None:
            raise BadToken("This link was used already. Ask for a new one: it comes by mail.")
        audit.add(
            tx,
            Change(
                by=user.email,
                route=route,
                act=SIGN_IN,
                subject=f"session {number}",
                before="",
                after=called,
            ),
            now,
        )
    return user


def session_of(tx: Transaction, chain: Chain, secret: str) -> Session | None:
    """The open session of a browser that holds this secret, or None."""
    return users.session(tx, hashed(secret), chain.clock()) if secret else None


def open_sessions(chain: Chain, user: User | None) -> list[Session]:
    """The open sessions of one person, or of all."""
    with chain.db.read() as tx:
        return users.sessions(tx, chain.clock(), user_id=user.id if user else None)


def end(record: Record, session: Session) -> None:
    """End a session.

    Raises:
        NotFound: it is over already.
    """
    with record.chain.db.write() as tx:
        if not users.end_session(tx, session.id, record.chain.clock()):
            raise NotFound("This session is over already.")
    record.changed(f"session {session.id}", before=session.user.email, after="ended")


def hashed(secret: str) -> str:
    """The form in which a secret of a browser is kept."""
    return sha256(secret.encode()).hexdigest()


def _letter_of(tx: Transaction, token: Token, browser: str) -> tuple[Letter, User]:
    """The letter that a link came with; numbers are used again, so all that it says must fit."""
    letter = letters.get(tx, token.delivery_id)
    user = users.get(tx, token.reader_id)
    if (
        letter is None
        or user is None
        or letter.kind is not LetterKind.DESK
        or letter.subject_id != user.id
        or int(letter.created_at.timestamp()) != token.issued
    ):
        raise BadToken("This link is not good any more. Ask for a new one: it comes by mail.")
    wanted = letter.payload.get(_BROWSER, "-")
    if wanted and not compare_digest(wanted, hashed(browser)):
        raise BadToken(
            "This link works only in the browser in which you asked for it. Open it there, or ask "
            "for a new one here."
        )
    return letter, user
