"""The sender's rows: claim and fill mails, settle what became of them (P1-P7); never sends."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from briefings.deliver.retry import RefusalWindow, expired, next_attempt
from briefings.deliver.wire import Outgoing
from briefings.errors import NotConfirmed, UnsafeValue
from briefings.model.catalogue import Catalogue
from briefings.model.delivery import Claimed, Issue, IssueState, Settled, SkipReason, State
from briefings.model.reply import (
    Accepted,
    Deferred,
    Outcome,
    PauseIssue,
    Rejected,
    Returned,
    Unsure,
)
from briefings.pipeline.audience import Audience
from briefings.pipeline.chain import Chain
from briefings.pipeline.letterpress import Letter, Letterpress, fill
from briefings.pipeline.open_issue import published_audience, put_briefing
from briefings.store import blocks, deliveries, instance, issues, processes, readers
from briefings.store.database import Transaction
from briefings.store.processes import Process
from briefings.weeks import Week

CLAIM = 256
"""Rows a process holds at most: after a power cut these are unsure (P3)."""
LEASE = 60.0
"""Seconds after the last beat at which a process stops writing (P5)."""
BEAT_EVERY = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What a sending process is: its row, the installation's id, and whether hours count."""

    process: Process
    instance: str
    ignore_hours: bool
    issue_ids: tuple[int, ...] | None = None


class Claims:
    """`deliver.sender.Rows` over the store; all calls come from one thread."""

    def __init__(self, chain: Chain, catalogue: Catalogue, sending: Sending) -> None:
        self._chain = chain
        self._sending = sending
        self._press = Letterpress(chain, catalogue)
        self._held: dict[int, tuple[Claimed, Issue]] = {}
        self._delivery_of: dict[int, int] = {}
        self._windows: dict[int, RefusalWindow] = {}
        self._audiences: dict[str, Audience] = {}
        self._beat = chain.monotonic()
        with chain.db.read() as tx:
            self._seen = readers.last_change(tx)
        self._version = chain.db.data_version()
        self.settled = 0
        self.notes: list[str] = []

    # ---- Rows ---------------------------------------------------------------------------

    def claim(self) -> Sequence[Outgoing]:
        """Claim and fill up to 256 rows of the open issues, oldest issue first.

        Rows that need no mail any more (left, paused, too old, unusable) are settled on the spot.

        Raises:
            NotConfirmed: the database was exchanged under us (P10).
            DatabaseBusy: try again later.
        """
        chain, sending = self._chain, self._sending
        now = chain.clock()
        mails: list[Outgoing] = []
        while not mails:
            with chain.db.write() as tx:
                if instance.instance_id(tx) != sending.instance:
                    raise NotConfirmed(
                        "The database was exchanged while mails were going: stopped."
                    )
                rows = self._claim_rows(tx, now)
            if not rows:
                break
            # Filling takes some 10 ms for a batch: outside the transaction, so that others write.
            over: list[Settled] = []
            for row, issue in rows:
                mail = self._prepare(row, issue, now)
                if isinstance(mail, Settled):
                    over.append(mail)
                else:
                    mails.append(mail)
            if over:
                with chain.db.write() as tx:
                    deliveries.settle(tx, over, fence=sending.process.fence, now=now)
                self._forget(over)
        return mails

    def settle(self, done: Sequence[tuple[Outgoing, Outcome]]) -> None:
        """Write outcomes under this process's fence; a stale fence writes nothing."""
        chain, fence = self._chain, self._sending.process.fence
        now = chain.clock()
        rows: dict[int, Settled] = {}
        pauses: dict[int, PauseIssue] = {}
        for mail, outcome in done:
            held = self._held.get(mail.delivery_id)
            if held is None:
                continue
            row, issue = held
            rows[row.id] = settled(row, issue, outcome, now)
            window = self._windows.setdefault(issue.id, RefusalWindow())
            pause = outcome if isinstance(outcome, PauseIssue) else window.note(row.id, outcome)
            if pause is not None:
                pauses[issue.id] = pause
                for refused in pause.rows:
                    if refused in rows:
                        rows[refused] = Settled(id=refused, state=State.PENDING)
        results = list(rows.values())
        with chain.db.write() as tx:
            deliveries.settle(tx, results, fence=fence, now=now)
            for issue_id, pause in pauses.items():
                earlier = [row for row in pause.rows if row not in rows]
                if earlier:
                    deliveries.revive(tx, earlier)
                issues.set_state(tx, issue_id, (IssueState.OPEN,), IssueState.PAUSED, pause.reason)
        self._forget(results)
        self.settled += len(results)
        for pause in pauses.values():
            self.notes.append(f"Paused, nobody was burnt: {pause.reason}")

    def gone(self) -> Collection[int]:
        """Claimed deliveries whose reader changed since the last look (P4)."""
        version = self._chain.db.data_version()
        if version == self._version:
            return ()
        self._version = version
        with self._chain.db.read() as tx:
            self._seen, changed = readers.changes_since(tx, self._seen)
        return [self._delivery_of[one] for one in changed if one in self._delivery_of]

    def may_send(self) -> bool:
        """Whether our lease still holds by our own clock (P5)."""
        return self._chain.monotonic() - self._beat < LEASE

    # ---- the lease ----------------------------------------------------------------------

    def beat(self) -> None:
        """Renew the lease when it is time; without success it lapses and sending stops."""
        now = self._chain.monotonic()
        if now - self._beat < BEAT_EVERY:
            return
        with self._chain.db.write() as tx:
            alive = processes.beat(tx, self._sending.process.id, self._chain.clock())
        if alive and self.may_send():
            self._beat = now

    # ---- inside -------------------------------------------------------------------------

    def _claim_rows(self, tx: Transaction, now: datetime) -> list[tuple[Claimed, Issue]]:
        room = CLAIM - len(self._held)
        if room <= 0:
            return []
        for issue in issues.find(tx):
            if issue.state is not IssueState.OPEN:
                continue
            wanted = self._sending.issue_ids
            if wanted is not None and issue.id not in wanted:
                continue
            rows = deliveries.claim(
                tx,
                issue.id,
                owner=str(self._sending.process.id),
                fence=self._sending.process.fence,
                now=now,
                limit=room,
                ignore_due=self._sending.ignore_hours,
            )
            if rows:
                for row in rows:
                    self._held[row.id] = (row, issue)
                    self._delivery_of[row.reader_id] = row.id
                return [(row, issue) for row in rows]
        return []

    def _forget(self, done: Sequence[Settled]) -> None:
        for one in done:
            held = self._held.pop(one.id, None)
            if held is not None:
                self._delivery_of.pop(held[0].reader_id, None)

    def _prepare(self, row: Claimed, issue: Issue, now: datetime) -> Outgoing | Settled:
        late = too_old(row, issue, now)
        if late is not None:
            return late
        try:
            if row.preferences_version != row.frozen_version:
                with self._chain.db.write() as tx:
                    renewed = self._renew(tx, row, issue)
                if isinstance(renewed, Settled):
                    return renewed
                row = renewed
            return self._fill(row, issue, now)
        except (UnsafeValue, ValueError, LookupError) as trouble:
            self.notes.append(f"Delivery {row.id} is unusable and was passed over: {trouble}")
            return _skip(row, SkipReason.UNUSABLE)

    def _fill(self, row: Claimed, issue: Issue, now: datetime) -> Outgoing:
        briefing = self._press.briefing(row.briefing_id, issue.name)
        letter = Letter(
            delivery_id=row.id,
            reader_id=row.reader_id,
            email=row.email,
            name=row.name,
            issue=issue.name,
            specializations=briefing.specializations,
        )
        return Outgoing(
            delivery_id=row.id,
            sender=self._chain.postmark().sender_address,
            recipient=row.email,
            content=fill(self._chain, briefing.sheet, letter, self._sending.instance, now),
            needs_utf8=not row.email.isascii(),
        )

    def _renew(self, tx: Transaction, row: Claimed, issue: Issue) -> Claimed | Settled:
        """Make the list anew for a reader whose preferences changed after the freeze (R7).

        A crash between the claim and this leaves the row with its old version: recovery gives it
        back and the next claim comes here again.
        """
        reader = readers.get(tx, row.reader_id)
        if reader is None:
            return _skip(row, SkipReason.UNUSABLE)
        audience = self._audiences.get(issue.week)
        if audience is None:
            audience = published_audience(tx, self._chain, Week.parse(issue.week))
            self._audiences[issue.week] = audience
        held = deliveries.held_elsewhere(tx, row.id, reader.id, audience.item_ids)
        made = audience.decide(reader, held)
        if made.composition is None or made.key is None:
            return Settled(id=row.id, state=State.SKIPPED, reason=made.reason)
        renderer = self._chain.renderer()
        composition = made.composition
        rendered = [renderer.render(spec) for spec in (composition.head, *composition.blocks)]
        blocks.put(tx, rendered)
        briefing_id = put_briefing(tx, issue.id, made.key[0], composition, rendered)
        deliveries.reassign(
            tx,
            row.id,
            fence=self._sending.process.fence,
            briefing_id=briefing_id,
            preferences_version=reader.preferences_version,
        )
        return replace(row, briefing_id=briefing_id)


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
