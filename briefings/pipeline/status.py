"""What is true about a week's issues and editions, out of the rows; it changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from briefings.model.delivery import WORK_LEFT, Issue, IssueState, State
from briefings.model.edition import Edition
from briefings.pipeline.calendar import run_document, zulu
from briefings.pipeline.halt import stopped
from briefings.pipeline.runs import RunStatus, waiting_runs
from briefings.pipeline.seeding import next_due
from briefings.store import alerts, deliveries, editions, issues, seeds
from briefings.store.alerts import Alert
from briefings.store.database import Transaction
from briefings.store.runs import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueStatus:
    """An issue, its counts by state and by reason, and when the next mail is due.

    `seeds` counts the mails that go first; the others have no hour while they wait for a release.
    """

    issue: Issue
    states: dict[State, int]
    reasons: dict[str, int]
    next_due: datetime | None
    seeds: Mapping[State, int]

    @property
    def waiting(self) -> int:
        """Mails that wait until somebody releases them."""
        return self.left - _left(self.seeds) if self.issue.seeds_only else 0

    @property
    def left(self) -> int:
        """Rows that still have work in them."""
        return _left(self.states)

    @property
    def finished(self) -> bool:
        """Computed from rows, never set (P6)."""
        return self.issue.state is not IssueState.FREEZING and self.left == 0

    @property
    def adds_up(self) -> bool:
        """Whether the states add up to the frozen audience (P1)."""
        return sum(self.states.values()) == self.issue.audience


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekStatus:
    """Everything about one week."""

    week: str
    issues: tuple[IssueStatus, ...]
    editions: tuple[Edition, ...]
    alerts: tuple[Alert, ...]
    stopped: str | None
    waiting: tuple[Run, ...]


def week_status(tx: Transaction, week: str) -> WeekStatus:
    """Count a week's issues, list its editions by specialization and what was to be heard of it."""
    return WeekStatus(
        week=week,
        alerts=tuple(alerts.of_week(tx, week)),
        stopped=stopped(tx),
        waiting=waiting_runs(tx),
        issues=tuple(issue_status(tx, issue) for issue in issues.find(tx, week=week)),
        editions=tuple(edition for _, edition in sorted(editions.of_week(tx, week).items())),
    )


def issue_status(tx: Transaction, issue: Issue) -> IssueStatus:
    """Count one issue's rows."""
    return IssueStatus(
        issue=issue,
        states=deliveries.states(tx, issue.id),
        reasons={
            reason: number
            for (state, reason), number in deliveries.reasons(tx, issue.id).items()
            if state is State.SKIPPED
        },
        next_due=next_due(tx, issue),
        seeds=seeds.states(tx, issue.id) if issue.seeds_first else {},
    )


def _left(states: Mapping[State, int]) -> int:
    return sum(states.get(state, 0) for state in WORK_LEFT)


def as_document(
    status: WeekStatus,
    run: RunStatus | None = None,
    going: Mapping[str, tuple[float, datetime | None]] | None = None,
) -> dict[str, object]:
    """The fixed form of `status --json`.

    `going` gives by issue the mails a second of the last minute, and when what is due is through.
    """
    paces = going or {}
    return {
        "week": status.week,
        "run": None if run is None else run_document(run),
        "stopped": status.stopped,
        "waiting": [{"week": run.week, "reason": run.reason} for run in status.waiting],
        "alerts": [{"at": zulu(one.at), "text": one.text} for one in status.alerts],
        "issues": [
            {
                "issue": one.issue.name,
                "kind": one.issue.kind.value,
                "state": one.issue.state.value,
                "reason": one.issue.reason,
                "audience": one.issue.audience,
                "states": {state.value: one.states.get(state, 0) for state in State},
                "skipped": one.reasons,
                "next_due": one.next_due.isoformat() if one.next_due else None,
                "finished": one.finished,
                "waiting_for_release": one.waiting,
                "release_at": zulu(one.issue.release_at)
                if one.issue.seeds_only and one.issue.release_at
                else None,
                "per_second": round(paces.get(one.issue.name, (0.0, None))[0], 1),
                "through_at": zulu(through)
                if (through := paces.get(one.issue.name, (0.0, None))[1])
                else None,
            }
            for one in status.issues
        ],
        "editions": [
            {
                "specialization": edition.specialization,
                "state": edition.state.value,
                "reason": edition.reason,
                "items": len(edition.placements),
            }
            for edition in status.editions
        ],
    }


def newest_week(tx: Transaction) -> str | None:
    """The newest week that has an edition or an issue."""
    return next(iter(editions.weeks(tx)), None)
