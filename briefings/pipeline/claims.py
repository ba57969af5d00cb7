"""The sender's rows: claim and fill mails, settle what became of them (P1-P7); never sends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from briefings.deliver.retry import RefusalWindow, expired, next_attempt
from briefings.deliver.sender import LOOK_EVERY
from briefings.deliver.wire import Outgoing
from briefings.errors import DatabaseBusy, NotFound, UnsafeValue, WrongTemplate
from briefings.logs import Log
from briefings.model.address import mailed_as
from briefings.model.catalogue import Catalogue
from briefings.model.delivery import (
    Claimed,
    Issue,
    IssueKind,
    IssueState,
    Settled,
    SkipReason,
    State,
)
from briefings.model.reader import Reader
from briefings.model.reply import (
    Accepted,
    Deferred,
    Outcome,
    PauseIssue,
    Rejected,
    Returned,
    Unsure,
)
from briefings.pipeline import correct
from briefings.pipeline.alerts import of_pause
from briefings.pipeline.audience import Audience, Decision
from briefings.pipeline.chain import Chain
from briefings.pipeline.instance import refuse_if_exchanged
from briefings.pipeline.letterpress import Letter, Letterpress
from briefings.pipeline.open_issue import issue_audience
from briefings.pipeline.press import put_briefing, words_of
from briefings.pipeline.seeding import next_due
from briefings.store import (
    blocks,
    deliveries,
    issues,
    processes,
    publishing,
    readers,
)
from briefings.store.database import Transaction
from briefings.store.processes import Process

CLAIM = 256
"""Rows a process holds at most: after a power cut these are unsure (P3)."""
LEASE = 60.0
"""Seconds after the last beat at which a process stops writing (P5)."""
BEATS_PER_LEASE = 6

log = Log("briefings.sender")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What a sending process is: its row, the installation's id, and whether hours count."""

    process: Process
    instance: str
    ignore_hours: bool
    issue_ids: tuple[int, ...] | None = None
    lease: float = LEASE
    """Seconds."""


class Claims:
    """`deliver.sender.Rows` over the store; all calls come from one thread."""

    def __init__(self, chain: Chain, catalogue: Catalogue, sending: Sending) -> None:
        self._chain = chain
        self._catalogue = catalogue
        self._sending = sending
        self._press = Letterpress(chain, catalogue, sending.instance)
        self._sender = chain.postmark().sender_address
        self._held: dict[int, tuple[Claimed, Issue]] = {}
        self._delivery_of: dict[int, int] = {}
        self._over: dict[int, Settled] = {}
        self._windows = defaultdict[int, RefusalWindow](RefusalWindow)
        self._refusals: dict[int, tuple[object, ...]] = {}
        self._audiences: dict[tuple[int, int], Audience] = {}
        self._now = chain.clock()
        self._beat = chain.monotonic()
        self._dropped = False
        self._version = -1
        self._sign = -1
        self._next: datetime | None = None
        with chain.db.read() as tx:
            self._seen = readers.last_change(tx)
        self.settled = 0
        self.notes: list[str] = []

    # ---- Rows ---------------------------------------------------------------------------

    def turn(self, done: Sequence[tuple[int, Outcome]], *, more: bool) -> Sequence[int]:
        """Settle outcomes under this process's fence and, if asked, claim the next rows.

        Both in one transaction, oldest issue first, up to 256 rows held in all. A stale fence
        writes nothing; a lapsed lease claims nothing.

        Raises:
            NotConfirmed: the database was exchanged under us (P10).
            DatabaseBusy: nothing was written; try again later.
        """
        chain, fence = self._chain, self._sending.process.fence
        now = chain.clock()
        rows, pauses = self._judged(done, now)
        results = [*rows.values(), *self._over.values()]
        more = more and self.may_send()
        if not results and not pauses and not (more and self._may_be_due(now)):
            return ()
        told: list[str] = []
        with chain.db.write() as tx:
            refuse_if_exchanged(tx, chain, self._sending.instance)
            if results:
                deliveries.settle(tx, results, fence=fence, now=now)
            for issue_id, pause in pauses.items():
                earlier = [row for row in pause.rows if row not in rows]
                if earlier:
                    deliveries.revive(tx, earlier)
                issues.set_state(tx, issue_id, (IssueState.OPEN,), IssueState.PAUSED, pause.reason)
                told.append(of_pause(tx, pause.reason, now))
            room = CLAIM - len(self._held) + len(results)
            claimed = self._claimed(tx, now, room) if more and room > 0 else []
        self._now = now
        self._forget(results)
        self.settled += len(results)
        self.notes += told
        for issue_id in pauses:
            self._windows.pop(issue_id, None)
        for row, issue in claimed:
            self._held[row.id] = (row, issue)
            self._delivery_of[row.reader_id] = row.id
            self._refusals.pop(issue.id, None)
        return [row.id for row, _ in claimed]

    def first(self) -> Sequence[int]:
        """No briefing goes before another one that was claimed."""
        return ()

    def fill(self, row: int) -> Outgoing | None:
        """The finished mail of a claimed row; None when it ends without one, settled later."""
        claimed, issue = self._held[row]
        late = too_old(claimed, issue, self._now)
        if late is not None:
            self._over[row] = late
            return None
        try:
            if claimed.preferences_version != claimed.frozen_version:
                renewed = self._renew(claimed, issue)
                if isinstance(renewed, Settled):
                    self._over[row] = renewed
                    return None
                claimed = renewed
                self._held[row] = (claimed, issue)
            return self._fill(claimed, issue)
        except (UnsafeValue, NotFound, WrongTemplate, ValueError, LookupError) as trouble:
            self.notes.append(f"Delivery {row} is unusable and was passed over: {trouble}")
            self._over[row] = _skip(claimed, SkipReason.UNUSABLE)
            return None

    def gone(self) -> Collection[int]:
        """Claimed rows whose reader changed, or whose issue closed, since the last look (P4).

        Costs 5 us while nobody wrote to SQLite, so it is asked before bodies leave; PostgreSQL has
        no such number and is asked ten times a second.
        """
        db = self._chain.db
        version = db.data_version() if db.is_sqlite else int(self._chain.monotonic() / LOOK_EVERY)
        if version == self._version:
            return ()
        with db.read() as tx:
            self._seen, changed = readers.changes_since(tx, self._seen)
            closed = {one.id for one in issues.find(tx) if one.state is not IssueState.OPEN}
        self._version = version
        rows = {self._delivery_of[one] for one in changed if one in self._delivery_of}
        if closed:
            rows.update(row for row, (_, issue) in self._held.items() if issue.id in closed)
        return rows

    def may_send(self) -> bool:
        """Whether our lease still holds by our own clock (P5)."""
        return not self._dropped and (self._chain.monotonic() - self._beat < self._sending.lease)

    # ---- the lease ----------------------------------------------------------------------

    def beat(self) -> None:
        """Renew the lease when it is time; without success it lapses and sending stops."""
        now = self._chain.monotonic()
        if now - self._beat < self._sending.lease / BEATS_PER_LEASE or not self.may_send():
            return
        try:
            with self._chain.db.write() as tx:
                alive = processes.beat(tx, self._sending.process.id, self._chain.clock())
        except DatabaseBusy as trouble:
            log.warning("the lease could not be renewed", error=str(trouble))
            return
        if alive:
            self._beat = now
        else:
            self._dropped = True  # somebody settled our rows: nothing may leave any more

    # ---- inside -------------------------------------------------------------------------

    def _may_be_due(self, now: datetime) -> bool:
        """Look whether a row is due, if somebody wrote to the database or the time has come.

        Asked ten times a second while nothing leaves: a claim that finds nothing costs a
        transaction, this costs 5 us (and a read once a second on PostgreSQL).
        """
        if self._sending.ignore_hours:
            return True
        db = self._chain.db
        sign = db.data_version() if db.is_sqlite else int(self._chain.monotonic())
        if sign != self._sign:
            with db.read() as tx:
                due = [
                    at
                    for issue in issues.find(tx)
                    if issue.state is IssueState.OPEN and (at := next_due(tx, issue)) is not None
                ]
            self._next, self._sign = min(due, default=None), sign
        return self._next is not None and self._next <= now

    def _judged(
        self, done: Sequence[tuple[int, Outcome]], now: datetime
    ) -> tuple[dict[int, Settled], dict[int, PauseIssue]]:
        """Translate outcomes into states, and find the pauses that lie in them."""
        rows: dict[int, Settled] = {}
        pauses: dict[int, PauseIssue] = {}
        for row_id, outcome in done:
            held = self._held.get(row_id)
            if held is None:
                continue
            row, issue = held
            window = self._windows[issue.id]
            if type(outcome) is Accepted:  # nearly every row
                rows[row_id] = Settled(row_id, State.ACCEPTED, None, outcome.reply.code)
                window.agreed(row_id)
                continue
            if isinstance(outcome, Rejected) and self._refusals.get(issue.id) == _kind(outcome):
                outcome = Returned("refused like those that paused the issue")  # noqa: PLW2901 - judged anew
            rows[row_id] = settled(row, issue, outcome, now)
            pause = outcome if isinstance(outcome, PauseIssue) else window.note(row_id, outcome)
            if pause is not None:
                pauses[issue.id] = pause
                if isinstance(outcome, Rejected):
                    self._refusals[issue.id] = _kind(outcome)
                for refused in pause.rows:
                    if refused in rows:
                        rows[refused] = Settled(id=refused, state=State.PENDING)
        return rows, pauses

    def _claimed(self, tx: Transaction, now: datetime, room: int) -> list[tuple[Claimed, Issue]]:
        sending = self._sending
        for issue in issues.find(tx):
            if issue.state is not IssueState.OPEN:
                continue
            if sending.issue_ids is not None and issue.id not in sending.issue_ids:
                continue
            rows = deliveries.claim(
                tx,
                issue.id,
                owner=str(sending.process.id),
                fence=sending.process.fence,
                now=now,
                limit=room,
                ignore_due=sending.ignore_hours,
                seeds_only=issue.seeds_only,
            )
            if rows:
                return [(row, issue) for row in rows]
        return []

    def _forget(self, done: Sequence[Settled]) -> None:
        for one in done:
            self._over.pop(one.id, None)
            held = self._held.pop(one.id, None)
            if held is not None and self._delivery_of.get(held[0].reader_id) == one.id:
                del self._delivery_of[held[0].reader_id]

    def _fill(self, row: Claimed, issue: Issue) -> Outgoing:
        # A domain beyond ASCII goes in its ASCII form: only a local part needs SMTPUTF8 (RFC 6531).
        address = row.email if row.email.isascii() else mailed_as(row.email)
        letter = Letter(
            delivery_id=row.id,
            reader_id=row.reader_id,
            email=address,
            name=row.name,
            issue=issue.name,
            specializations="",
        )
        return Outgoing(
            delivery_id=row.id,
            sender=self._sender,
            recipient=address,
            content=self._press.fill(row.briefing_id, letter, self._now),
            needs_utf8=not address.isascii(),
        )

    def _renew(self, row: Claimed, issue: Issue) -> Claimed | Settled:
        """Make the list anew for a reader whose preferences changed after the freeze (R7).

        A crash between the claim and this leaves the row with its old version: recovery gives it
        back and the next claim comes here again. Rendering happens outside the write; what was
        decided is decided again inside it, and rendered again if it came out otherwise.
        """
        chain = self._chain
        with chain.db.read() as tx:
            _, made = self._decision(tx, row, issue)
        while made is not None and made.composition is not None and made.key is not None:
            key, composition = made.key, made.composition
            renderer = chain.renderer()
            rendered = [renderer.render(spec) for spec in (composition.head, *composition.blocks)]
            with chain.db.write() as tx:
                reader, made = self._decision(tx, row, issue)
                if reader is None or made is None or made.key != key:
                    continue
                blocks.put(tx, rendered)
                briefing_id = put_briefing(
                    tx,
                    issue.id,
                    key[0],
                    composition,
                    rendered,
                    words=words_of(chain, self._catalogue, key[0]),
                )
                deliveries.reassign(
                    tx,
                    row.id,
                    fence=self._sending.process.fence,
                    briefing_id=briefing_id,
                    preferences_version=reader.preferences_version,
                )
            version = reader.preferences_version
            return row._replace(
                briefing_id=briefing_id,
                preferences_version=version,
                frozen_version=version,
                email=reader.email,
                name=reader.name,
            )
        if made is None or made.reason is None:
            return _skip(row, SkipReason.UNUSABLE)
        return _skip(row, made.reason)

    def _decision(
        self, tx: Transaction, row: Claimed, issue: Issue
    ) -> tuple[Reader | None, Decision | None]:
        reader = readers.get(tx, row.reader_id)
        if reader is None:
            return None, None
        if issue.kind is IssueKind.CORRECTION:
            return reader, correct.decide(tx, self._chain, issue, reader)
        content = (issue.id, publishing.content_version(tx))
        audience = self._audiences.get(content)
        if audience is None:
            audience = issue_audience(tx, self._chain, issue)
            self._audiences[content] = audience
        held = deliveries.held_elsewhere(tx, row.id, reader.id, audience.item_ids)
        return reader, audience.decide(reader, held)


def _kind(outcome: Rejected) -> tuple[object, ...]:
    return outcome.reply.code, outcome.reply.enhanced, outcome.reply.stage


def too_old(row: Claimed, issue: Issue, now: datetime) -> Settled | None:
    """What ends a delivery before it starts: nobody wants last week's mail (P7)."""
    if expired(
        first_attempt_at=row.first_attempt_at,
        due_at=row.due_at,
        opened_by_tick=issue.opened_by_tick,
        now=now,
    ):
        return Settled(id=row.id, state=State.EXPIRED, reason="too old to try")
    return None


def _skip(row: Claimed, reason: SkipReason) -> Settled:
    return Settled(id=row.id, state=State.SKIPPED, reason=reason.value)


class Tried(Protocol):
    """What judging an attempt needs of a row."""

    @property
    def id(self) -> int:
        """The delivery's number."""
        ...

    @property
    def attempts(self) -> int:
        """Attempts before this one."""
        ...

    @property
    def first_attempt_at(self) -> datetime | None:
        """When the first of them was."""
        ...

    @property
    def due_at(self) -> datetime | None:
        """When it was due."""
        ...


def settled(row: Tried, issue: Issue, outcome: Outcome, now: datetime) -> Settled:
    """Translate one outcome into the row's new state (P7); pure."""
    match outcome:
        case Accepted(reply):
            return Settled(id=row.id, state=State.ACCEPTED, code=reply.code)
        case Deferred(reply):
            again = next_attempt(row.attempts + 1, now)
            if expired(
                first_attempt_at=row.first_attempt_at,
                due_at=row.due_at or now,
                opened_by_tick=issue.opened_by_tick,
                now=now,
            ):
                return Settled(id=row.id, state=State.EXPIRED, reason=str(reply), code=reply.code)
            return Settled(
                id=row.id, state=State.DEFERRED, reason=str(reply), code=reply.code, next_at=again
            )
        case Rejected(reply):
            return Settled(id=row.id, state=State.REJECTED, reason=str(reply), code=reply.code)
        case Unsure(reason):
            return Settled(id=row.id, state=State.UNSURE, reason=reason)
        case Returned() | PauseIssue():
            return Settled(id=row.id, state=State.PENDING)
