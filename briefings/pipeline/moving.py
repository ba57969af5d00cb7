"""Change a reader's address when both mailboxes agreed: the old one first, then the new one."""

from __future__ import annotations

from dataclasses import dataclass

from briefings.errors import Conflict, Refused
from briefings.links import BadToken, Token
from briefings.model.address import parse_address
from briefings.model.letter import Letter, LetterKind, NewLetter
from briefings.pipeline.chain import Chain
from briefings.pipeline.fresh_links import letter_of, lifetime, mail
from briefings.pipeline.left_log import LeftLog
from briefings.pipeline.mailboxes import Mailboxes
from briefings.pipeline.preferences import BadChoice
from briefings.pipeline.reading import reader_of
from briefings.readers.limits import DAY
from briefings.store import letters, moves, quotas, readers
from briefings.store.database import Transaction
from briefings.store.mailbox import mailbox_key
from briefings.store.moves import Move

KINDS = frozenset({LetterKind.ADDRESS_OLD, LetterKind.ADDRESS_NEW})
MOVES_A_DAY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """What a link about a change of address would do; `at_new` says which mailbox it lies in."""

    new_email: str
    at_new: bool
    agreed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What agreeing came to: `moved` when both sides have agreed and the address is the new one."""

    new_email: str
    moved: bool


def ask_to_move(chain: Chain, token: Token, new_address: str) -> str:
    """Write a wish down and ask the old mailbox first; gives the address that gets the letter.

    Nothing goes to the new address yet: the link may have been forwarded (R13).

    Raises:
        BadChoice: it is no address, or the one that the reader has.
        Refused: there were three wishes within a day.
        Gone: the reader was erased.
    """
    now = chain.clock()
    try:
        wanted = parse_address(new_address)
    except ValueError as reason:
        words = str(reason)
        raise BadChoice(
            "new_email", f"{words[:1].upper()}{words[1:]}. Write it like name@example.org."
        ) from None
    with chain.db.write() as tx:
        reader = reader_of(tx, token)
        if wanted.key == mailbox_key(reader.email):
            raise BadChoice("new_email", "Your mail goes to this address already.")
        if quotas.use(tx, f"moves of reader {reader.id}", DAY, now).number > MOVES_A_DAY:
            raise Refused("There were three changes of address within a day. Try again tomorrow.")
        moves.put(
            tx,
            reader.id,
            wanted.text,
            now=now,
            expires_at=now + 2 * lifetime(LetterKind.ADDRESS_OLD),
        )
        mail(chain, tx, reader, LetterKind.ADDRESS_OLD)
    return reader.email


def moving(chain: Chain, token: Token) -> Moving:
    """Look at what a link would do; changes nothing (P8).

    Raises:
        BadToken: the change was made, taken back or replaced, or is too old.
        Gone: the reader was erased.
    """
    with chain.db.read() as tx:
        letter, move = _wish(chain, tx, token)
    return Moving(
        new_email=move.new_email,
        at_new=letter.kind is LetterKind.ADDRESS_NEW,
        agreed=move.agreed_at is not None,
    )


def agree(chain: Chain, mailboxes: Mailboxes, log: LeftLog, token: Token, new_email: str) -> Moved:
    """Agree for the mailbox that the link lies in; the second one to agree makes the change.

    `new_email` is the address that the page showed.

    Raises:
        BadToken, Gone: as `moving`.
        Conflict: another address is wished for meanwhile, or another reader has the new one.
        Temporary: the database is locked or the log cannot be written; nothing was changed.
    """
    now = chain.clock()
    with chain.db.write() as tx:
        letter, move = _wish(chain, tx, token)
        if move.new_email != new_email:
            raise Conflict("Another address was asked for meanwhile. Open the link again.")
        if letter.kind is LetterKind.ADDRESS_OLD:
            if moves.agree(tx, move.id, now):
                _ask_the_new_one(chain, tx, mailboxes, move)
            return Moved(new_email=move.new_email, moved=False)
        if move.agreed_at is None or mailboxes.suppressed(tx, move.new_email):
            raise _gone()
        readers.move(tx, move.reader_id, move.new_email, now)
        moves.drop(tx, move.reader_id)
        reader = reader_of(tx, token)
        if reader.left_at is None:
            log.back(tx, reader.email, reader.preferences.specializations, now)
    return Moved(new_email=move.new_email, moved=True)


def _wish(chain: Chain, tx: Transaction, token: Token) -> tuple[Letter, Move]:
    letter = letter_of(tx, token, KINDS)
    move = moves.of_reader(tx, token.reader_id, chain.clock())
    if move is None:
        raise _gone()
    is_new = letter.kind is LetterKind.ADDRESS_NEW
    if is_new and mailbox_key(letter.recipient) != mailbox_key(move.new_email):
        raise _gone()
    return letter, move


def _gone() -> BadToken:
    return BadToken(
        "This change of address was made, replaced or given up. Your settings page shows the "
        "address that we have."
    )


def _ask_the_new_one(chain: Chain, tx: Transaction, mailboxes: Mailboxes, move: Move) -> None:
    """Queue the letter to the new address, within the same limit as sign-ups of that address."""
    now = chain.clock()
    name = mailboxes.name(move.new_email)
    today = quotas.use(tx, f"letter to {name}", DAY, now)
    taken = readers.by_email(tx, move.new_email) is not None
    skipped = ""
    if mailboxes.suppressed(tx, move.new_email):
        skipped = "suppressed"
    elif today.number > MOVES_A_DAY:
        skipped = "too many for one mailbox"
    elif taken:
        skipped = "another reader has it"
    letters.queue(
        tx,
        NewLetter(
            key=f"move:{move.reader_id}:{move.id}:{now:%Y-%m-%dT%H:%M:%S.%f}",
            kind=LetterKind.ADDRESS_NEW,
            recipient=move.new_email,
            subject_id=move.reader_id,
            payload={},
            expires_at=now + lifetime(LetterKind.ADDRESS_NEW),
            skipped=skipped,
        ),
        now,
    )
