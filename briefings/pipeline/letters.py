"""Letters on their way out: claimed first, sent through the same lanes, sent again when unsure.

To the sender a letter is a row with a negative number. Its send log ignores those, because nothing
has to be told of them: a letter that was not settled goes again (DESIGN section 2).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parseaddr
from textwrap import shorten

from briefings.deliver.retry import next_attempt
from briefings.deliver.sender import LOOK_EVERY, Rows
from briefings.deliver.wire import Outgoing
from briefings.errors import DatabaseBusy, UnsafeValue
from briefings.logs import Log
from briefings.model.catalogue import Catalogue
from briefings.model.delivery import Settled, State
from briefings.model.letter import ALERTS_LAST, WHILE_STOPPED, Letter, LetterKind, NewLetter
from briefings.model.reply import (
    Accepted,
    Deferred,
    Outcome,
    PauseIssue,
    Rejected,
    Returned,
    Unsure,
)
from briefings.pipeline.chain import Chain
from briefings.pipeline.claims import Sending
from briefings.pipeline.halt import stopped
from briefings.pipeline.instance import refuse_if_exchanged
from briefings.pipeline.letter_press import finished
from briefings.store import alerts, letters, moves, processes, quotas, signups, users
from briefings.store.database import Transaction

LETTERS_AT_ONCE = 64
TIDY_EVERY = 60.0
"""Seconds between looks at what expired and at what dead processes left."""
LOOK_WITHOUT_A_SIGN = 1.0
"""Seconds between looks on PostgreSQL, which has no sign that somebody wrote."""
LONGEST_TITLE = 70
KEPT_FOR = timedelta(days=30)
"""A finished letter is deleted after this time, and its address with it."""

log = Log("briefings.letters")


class LettersFirst:
    """`deliver.sender.Rows`: the letters that are due, before everything that `rows` has.

    All calls come from one thread. Raises NotConfirmed when the database was exchanged (P10).
    """

    def __init__(
        self,
        chain: Chain,
        catalogue: Catalogue,
        sending: Sending,
        rows: Rows,
        *,
        operator: str | None = None,
    ) -> None:
        """Stand before `rows`; alerts go to `operator`, an address with or without a name."""
        self._operator = parseaddr(operator or "")[1]
        self._chain = chain
        self._catalogue = catalogue
        self._sending = sending
        self._rows = rows
        self._held: dict[int, Letter] = {}
        self._spoilt: list[Settled] = []
        self._sign: float = -1
        self._next: datetime | None = None
        self._tidied: float | None = None
        self._looked = float("-inf")
        self.settled = 0

    # ---- Rows ---------------------------------------------------------------------------

    def turn(self, done: Sequence[tuple[int, Outcome]], *, more: bool) -> Sequence[int]:
        """Settle, and claim letters before anything else; see `Rows.turn`."""
        ours = [(row, outcome) for row, outcome in done if row < 0]
        self._settle(ours)
        others = [(row, outcome) for row, outcome in done if row >= 0]
        claimed = self._rows.turn(others, more=more)
        first: Sequence[int] = ()
        if more and self._chain.monotonic() - self._looked >= LOOK_EVERY:
            # What was claimed must reach the queue, whatever comes of the letters: the next look
            # asks for them again.
            with suppress(DatabaseBusy):
                first = self.first()
        return [*first, *claimed]

    def first(self) -> Sequence[int]:
        """The letters that became due since the last look; claimed."""
        now, waited = self._chain.clock(), self._chain.monotonic()
        self._looked = waited
        if self._tidied is None or waited - self._tidied >= TIDY_EVERY:
            tidy(self._chain, now, operator=self._operator)
            self._tidied, self._sign = waited, -1
        if not self._may_be_due(now, waited) or not self.may_send():
            return ()
        sending = self._sending
        with self._chain.db.write() as tx:
            refuse_if_exchanged(tx, self._chain, sending.instance)
            claimed = letters.claim(
                tx,
                fence=sending.process.fence,
                now=now,
                limit=LETTERS_AT_ONCE,
                kinds=_going(tx),
            )
        self._held.update((-letter.id, letter) for letter in claimed)
        return [-letter.id for letter in claimed]

    def fill(self, row: int) -> Outgoing | None:
        """The finished mail of a claimed row; None when the row ends without one."""
        if row >= 0:
            return self._rows.fill(row)
        letter = self._held[row]
        try:
            return finished(
                self._chain, self._catalogue, letter, self._sending.instance, self._chain.clock()
            )
        except UnsafeValue as trouble:
            self._spoilt.append(Settled(id=letter.id, state=State.REJECTED, reason=str(trouble)))
            return None

    def gone(self) -> Collection[int]:
        """Rows that must not leave as they are; letters are not among them."""
        return self._rows.gone()

    def may_send(self) -> bool:
        """Whether this process may still write (P5)."""
        return self._rows.may_send()

    # ---- inside -------------------------------------------------------------------------

    def _may_be_due(self, now: datetime, waited: float) -> bool:
        """Look whether a letter is due, if somebody wrote to the database or the time has come."""
        db = self._chain.db
        sign = float(db.data_version()) if db.is_sqlite else waited // LOOK_WITHOUT_A_SIGN
        if sign != self._sign:
            with db.read() as tx:
                self._next = letters.next_due(tx, _going(tx))
            self._sign = sign
        return self._next is not None and self._next <= now

    def _settle(self, done: Sequence[tuple[int, Outcome]]) -> None:
        now = self._chain.clock()
        held = [(self._held[row], outcome) for row, outcome in done if row in self._held]
        results = [judged(letter, outcome, now) for letter, outcome in held] + self._spoilt
        if not results:
            return
        with self._chain.db.write() as tx:
            self.settled += letters.settle(tx, results, fence=self._sending.process.fence, now=now)
        for result in results:
            self._held.pop(-result.id, None)
        self._spoilt, self._sign = [], -1


def judged(letter: Letter, outcome: Outcome, now: datetime) -> Settled:
    """Translate one outcome into the letter's new state; pure.

    What is unsure, or was refused because of us and not of the reader, goes again, until the link
    in the letter is too old.
    """
    match outcome:
        case Accepted(reply):
            return Settled(id=letter.id, state=State.ACCEPTED, code=reply.code)
        case Rejected(reply):
            return Settled(id=letter.id, state=State.REJECTED, reason=str(reply), code=reply.code)
        case Returned():
            return Settled(id=letter.id, state=State.PENDING)
        case Deferred(reply):
            reason, code = str(reply), reply.code
        case Unsure(words) | PauseIssue(words):
            reason, code = words, None
    again = next_attempt(letter.attempts + 1, now)
    if again >= letter.expires_at:
        return Settled(id=letter.id, state=State.EXPIRED, reason=reason, code=code)
    return Settled(id=letter.id, state=State.DEFERRED, reason=reason, code=code, next_at=again)


def tidy(chain: Chain, now: datetime, *, operator: str = "") -> None:
    """Clear away what expired, open again what dead processes left, and write to the operator.

    Without an operator's address alerts wait; `briefings status` shows them.
    """
    try:
        with chain.db.write() as tx:
            alive = {process.fence for process in processes.all(tx)}
            for fence in letters.claimed_fences(tx):
                if fence not in alive:
                    letters.release(tx, fence)
            letters.expire(tx, now)
            letters.forget(tx, now - KEPT_FOR)
            signups.expire(tx, now)
            moves.expire(tx, now)
            quotas.expire(tx, now)
            users.forget_sessions(tx, now - KEPT_FOR)
            if operator:
                _tell(tx, operator, now)
    except DatabaseBusy as trouble:
        log.warning("not tidied, later again", error=str(trouble))


def _tell(tx: Transaction, operator: str, now: datetime) -> None:
    """Queue a letter for every alert that none took along yet."""
    waiting = alerts.unmailed(tx)
    for one in waiting:
        letters.queue(
            tx,
            NewLetter(
                key=f"alert:{one.id}:{one.key}",
                kind=LetterKind.ALERT,
                recipient=operator,
                subject_id=0,
                payload={
                    "title": shorten(
                        one.text, LONGEST_TITLE, placeholder=" \N{HORIZONTAL ELLIPSIS}"
                    ),
                    "what": one.text,
                    "remedy": "`briefings status` shows where it stands.",
                },
                expires_at=now + ALERTS_LAST,
            ),
            now,
        )
    alerts.mark_mailed(tx, [one.id for one in waiting], now)


def letters_due(chain: Chain) -> bool:
    """Say whether a letter is due now; see `_going`."""
    with chain.db.read() as tx:
        due = letters.next_due(tx, _going(tx))
    return due is not None and due <= chain.clock()


def _going(tx: Transaction) -> Collection[LetterKind] | None:
    """The kinds of letters that may go: any, or, while everything is stopped, those of the desk."""
    return WHILE_STOPPED if stopped(tx) else None
