"""One switch that stops all mail of the installation, and the one that lets it go on again.

It is a fact in the database, so every process obeys it; it ends no process and loses no row.
"""

from __future__ import annotations

from dataclasses import dataclass

from briefings.errors import Refused, Remedy
from briefings.model.delivery import IssueState
from briefings.pipeline.chain import Chain
from briefings.store import deliveries, instance, issues
from briefings.store.database import Transaction

KEY = "stopped"
REASON = "everything is stopped"
"""The reason of issues that were paused by it; earlier versions wrote more behind these words."""


def stopped(tx: Transaction) -> str | None:
    """Say since when and by whom everything is stopped, or None."""
    return instance.get(tx, KEY) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWork:
    """What stopping would hold back: issues that are open, and their mails that have not left."""

    issues: tuple[str, ...]
    mails: int


def open_work(chain: Chain) -> OpenWork:
    """Count what has not left yet; paused issues count, too."""
    with chain.db.read() as tx:
        counted = {
            issue.name: deliveries.work_left(tx, issue.id)
            for issue in issues.find(tx)
            if issue.state in (IssueState.OPEN, IssueState.PAUSED)
        }
    left = {name: mails for name, mails in counted.items() if mails}
    return OpenWork(issues=tuple(left), mails=sum(left.values()))


def stop(chain: Chain, *, by: str) -> int:
    """Stop everything now: no row is claimed and nothing opens; gives how many issues paused."""
    now = chain.clock()
    with chain.db.write() as tx:
        instance.put(tx, KEY, f"since {now:%Y-%m-%d %H:%M} UTC by {by}")
        return sum(pause_if_stopped(tx, issue.id) for issue in issues.find(tx))


def go(chain: Chain) -> int:
    """Let everything go on that `stop` stopped; gives how many issues are open again.

    Issues that were paused for another reason stay paused.
    """
    with chain.db.write() as tx:
        instance.put(tx, KEY, "")
        return sum(
            issues.set_state(tx, issue.id, (IssueState.PAUSED,), IssueState.OPEN)
            for issue in issues.find(tx)
            if issue.state is IssueState.PAUSED and is_by_stop(issue.reason)
        )


def is_by_stop(reason: str | None) -> bool:
    """Whether this reason of a paused issue says that stopping everything paused it."""
    return (reason or "").startswith(REASON)


def pause_if_stopped(tx: Transaction, issue_id: int) -> bool:
    """Pause an open issue when everything is stopped; belongs into what opens issues."""
    return stopped(tx) is not None and issues.set_state(
        tx, issue_id, (IssueState.OPEN,), IssueState.PAUSED, REASON
    )


def refuse_if_stopped(tx: Transaction) -> None:
    """Raise Refused when everything is stopped, with what to do."""
    if (since := stopped(tx)) is not None:
        raise Refused(f"Everything is stopped {since}.", Remedy.LET_ALL_GO_ON)
