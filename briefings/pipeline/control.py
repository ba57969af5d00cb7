"""Pause, resume, cancel an issue, and settle its unsure rows by a person's word; never sends."""

from __future__ import annotations

from collections.abc import Iterator

from briefings.errors import Conflict, Remedy
from briefings.model.delivery import IssueState, State
from briefings.pipeline.chain import Chain
from briefings.pipeline.halt import refuse_if_stopped
from briefings.store import deliveries, issues
from briefings.store.deliveries import DeliveryRow

BATCH = 1_000


def pause(chain: Chain, name: str, reason: str) -> str:
    """Pause an open issue; a mail whose last bytes are leaving is not called back."""
    with chain.db.write() as tx:
        issue = issues.by_name(tx, name)
        if issue.state is IssueState.PAUSED:
            return f"{name} was paused already."
        if not issues.set_state(tx, issue.id, (IssueState.OPEN,), IssueState.PAUSED, reason):
            raise Conflict(f"{name} is {issue.state}: only an open issue can be paused.")
    return f"{name} is paused: no further mail of it starts."


def resume(chain: Chain, name: str) -> str:
    """Open a paused issue again."""
    with chain.db.write() as tx:
        issue = issues.by_name(tx, name)
        if issue.state is IssueState.OPEN:
            return f"{name} is open already."
        refuse_if_stopped(tx)
        if not issues.set_state(tx, issue.id, (IssueState.PAUSED,), IssueState.OPEN, None):
            raise Conflict(f"{name} is {issue.state}: only a paused issue can be resumed.")
    return f"{name} is open again."


def cancel(chain: Chain, name: str) -> str:
    """End an issue; its open rows become skipped (cancelled) batch by batch."""
    with chain.db.write() as tx:
        issue = issues.by_name(tx, name)
        states, why = (IssueState.OPEN, IssueState.PAUSED), "cancelled by an operator"
        if (
            issue.state is not IssueState.CANCELLED
            and not issues.abandon(tx, issue.id, why)
            and not issues.set_state(tx, issue.id, states, IssueState.CANCELLED, why)
        ):
            raise Conflict(
                f"{name} changed meanwhile: look at it, and try again.", Remedy.SEE_ISSUES
            )
    skipped = 0
    while True:
        with chain.db.write() as tx:
            number = deliveries.cancel_batch(tx, issue.id, BATCH)
        if not number:
            return f"{name} is cancelled: {skipped:,} mails will not leave."
        skipped += number
        chain.sleep(0.005)


def unsure_rows(chain: Chain, name: str) -> Iterator[DeliveryRow]:
    """Yield the unsure rows of an issue by id."""
    with chain.db.read() as tx:
        issue = issues.by_name(tx, name)
    after = 0
    while True:
        with chain.db.read() as tx:
            rows = deliveries.rows(tx, issue.id, State.UNSURE, after, BATCH)
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1].id


def resend(chain: Chain, name: str) -> int:
    """Make unsure rows pending again; returns how many."""
    with chain.db.write() as tx:
        return deliveries.resolve_unsure(tx, issues.by_name(tx, name).id, State.PENDING)


def accept(chain: Chain, name: str) -> int:
    """Count unsure rows as accepted; returns how many."""
    with chain.db.write() as tx:
        return deliveries.resolve_unsure(tx, issues.by_name(tx, name).id, State.ACCEPTED)
