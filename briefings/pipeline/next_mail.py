"""Foretell when a reader's next mail leaves, as things stand: moved and skipped weeks included."""

from __future__ import annotations

from datetime import datetime

from briefings.model.delivery import IssueKind, IssueState
from briefings.model.reader import Reader
from briefings.pipeline.chain import Chain
from briefings.pipeline.status import WORK_LEFT
from briefings.pipeline.timetable import timetable
from briefings.readers.silence import silence
from briefings.store import deliveries, issues, runs
from briefings.store.database import Transaction
from briefings.weeks import Week, zone

_WEEKS_BACK = 3
"""A moved mail leaves before that of the week after, which may be moved too."""
_WEEKS_AHEAD = 60
"""A pause of a year and a month after it: a mail comes within these, or none does."""
_ROWS = 8
_WEEKLY = (IssueKind.REGULAR, IssueKind.LATE)


def next_mail(tx: Transaction, chain: Chain, reader: Reader, now: datetime) -> datetime | None:
    """Give the instant of a reader's next mail on the reader's clock; None when none comes.

    What is frozen is due when its row says so (R7), whatever the reader's zone is now; of later
    weeks the timetable tells. A week that waits for a person's word is not promised.
    """
    where = zone(reader.timezone or chain.schedule.timezone)
    frozen = _frozen(tx, reader, now)
    after = issues.last_regular_week(tx) or ""
    decided = runs.since(tx, after)
    table = timetable(tx, chain)
    first = Week.of(now).shift(-_WEEKS_BACK)
    for week in (first.shift(ahead) for ahead in range(_WEEKS_AHEAD)):
        name = str(week)
        due = frozen.get(week) if name <= after else table.due(week, reader.timezone)
        if due is None or due <= now or silence(reader, week, due, where) is not None:
            continue
        if name > after and name in decided and decided[name].decision is not None:
            continue
        return due.astimezone(where)
    return None


def _frozen(tx: Transaction, reader: Reader, now: datetime) -> dict[Week, datetime]:
    """The open rows of a reader that lie ahead, by the week of their issue."""
    regular = {
        issue.id: Week.parse(issue.week)
        for issue in issues.find(tx)
        if issue.kind in (IssueKind.REGULAR, IssueKind.LATE)
        and issue.state is not IssueState.CANCELLED
    }
    return {
        regular[row.issue_id]: row.due_at
        for row in deliveries.of_reader(tx, reader.id, _ROWS)
        if row.issue_id in regular
        and row.state in WORK_LEFT
        and row.due_at is not None
        and row.due_at > now
    }
