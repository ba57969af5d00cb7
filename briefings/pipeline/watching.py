"""What people see of an issue while it goes: waves, rate, states, reasons; it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from briefings.desk.progress import eta, rate, remedy
from briefings.desk.sheets import csv_lines
from briefings.model.delivery import WORK_LEFT, IssueState, State
from briefings.pipeline.chain import Chain
from briefings.pipeline.halt import is_by_stop
from briefings.pipeline.seeding import too_old_at
from briefings.pipeline.status import IssueStatus, issue_status
from briefings.store import deliveries, issues, progress
from briefings.store.deliveries import DeliveryRow
from briefings.store.progress import WaveStates

SHOWN = 10
REASONS_SHOWN = 12
RATE_OVER = timedelta(minutes=1)
_BATCH = 1_000
COLUMNS = ("email", "state", "reason", "code", "attempts", "due_at", "next_at", "settled_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One issue now. `due` counts the mails that may leave at once.

    `per_second` is the rate of the last minute, or of as much of it as mails went in.
    `through_at` is when those are out at this rate; `remedy` what a person has to do, if anything.
    `too_old_at` is when the first of those who wait for a release is too old for a mail.
    """

    status: IssueStatus
    waves: tuple[WaveStates, ...]
    reasons: tuple[tuple[State, str, int], ...]
    due: int
    per_second: float
    through_at: datetime | None
    remedy: str
    too_old_at: datetime | None

    @property
    def is_going(self) -> bool:
        """Whether mails leave, so that a page should look again soon."""
        return self.status.issue.state is IssueState.OPEN and self.status.left > 0


def overview(chain: Chain) -> list[IssueStatus]:
    """The newest issues, newest first, each counted."""
    with chain.db.read() as tx:
        return [issue_status(tx, issue) for issue in reversed(issues.find(tx)[-SHOWN:])]


def watch(chain: Chain, name: str) -> Watched:
    """Look at one issue.

    Raises:
        NotFound: there is none of that name.
    """
    now = chain.clock()
    with chain.db.read() as tx:
        issue = issues.by_name(tx, name)
        status = issue_status(tx, issue)
        waves = tuple(progress.waves(tx, issue.id))
        settled, first = progress.settled_since(tx, issue.id, now - RATE_OVER)
        reasons = deliveries.reasons(tx, issue.id)
        old = too_old_at(tx, issue)
    due = (
        status.left - status.waiting
        if issue.seeds_only
        else sum(
            wave.states.get(state, 0) for wave in waves if wave.due_at <= now for state in WORK_LEFT
        )
    )
    per_second = rate(settled, first, now)
    counted = sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
    return Watched(
        status=status,
        waves=waves,
        reasons=tuple((state, why, number) for (state, why), number in counted[:REASONS_SHOWN]),
        due=due,
        per_second=per_second,
        through_at=eta(left=due, per_second=per_second, now=now)
        if issue.state is IssueState.OPEN
        else None,
        remedy=remedy(issue.state, issue.reason, by_stop=is_by_stop(issue.reason)),
        too_old_at=old,
    )


def as_csv(chain: Chain, name: str, state: State | None) -> Iterator[str]:
    """Yield the rows of an issue, in one state or all, as CSV in pieces; the address first.

    Times are ISO 8601 UTC. A cell that a spreadsheet would run as a formula begins with `'`.

    Raises:
        NotFound: there is no issue of that name; before the first piece.
    """
    with chain.db.read() as tx:
        issue = issues.by_name(tx, name)
    return _pieces(chain, issue.id, state)


def _pieces(chain: Chain, issue_id: int, state: State | None) -> Iterator[str]:
    yield csv_lines([COLUMNS])
    after = 0
    while True:
        with chain.db.read() as tx:
            rows = deliveries.rows(tx, issue_id, state, after, _BATCH)
        if rows:
            yield csv_lines([_cells(row) for row in rows])
            after = rows[-1].id
        if len(rows) < _BATCH:
            return


def _cells(row: DeliveryRow) -> list[str]:
    return [
        row.email,
        row.state.value,
        row.reason or "",
        "" if row.code is None else str(row.code),
        str(row.attempts),
        *(_instant(moment) for moment in (row.due_at, row.next_at, row.settled_at)),
    ]


def _instant(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()
