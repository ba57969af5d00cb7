"""Write a row of an issue for every confirmed reader, count them, open it (R7, P1); sends none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from briefings.errors import Conflict
from briefings.model.delivery import Issue, IssueKind, IssueState, SkipReason, State
from briefings.pipeline.audience import Audience, Decision
from briefings.pipeline.chain import Chain
from briefings.pipeline.halt import pause_if_stopped
from briefings.pipeline.pace import Pace
from briefings.pipeline.press import Press
from briefings.store import deliveries, issues, readers
from briefings.store.database import Transaction
from briefings.store.deliveries import FreezeRow
from briefings.weeks import Week

BATCH = 5_000
FILL_RANGE = 10_000
SCANS = 4
"""An import that is shown during a freeze makes one more scan necessary."""

Progress = Callable[[int, int], None]


def freeze(chain: Chain, issue: Issue, audience: Audience, progress: Progress) -> Issue:
    """Write the rows in batches by reader id and open the issue; resumable at any point.

    Two processes may freeze one issue at once: every row is stored once, one of them opens it.

    Raises:
        Conflict: the rows do not add up to the audience, or the issue was cancelled meanwhile.
    """
    with chain.db.read() as tx:
        after = deliveries.last_frozen_reader(tx, issue.id)
    expected = 0
    for _ in range(SCANS):
        _scan(chain, issue, audience, after, progress)
        fill_received(chain, issue.id)
        with chain.db.write() as tx:
            expected = readers.confirmed_count(tx, issue.began)
            if issues.open(tx, issue.id, expected):
                pause_if_stopped(tx, issue.id)
            opened = issues.by_name(tx, issue.name)
            if opened.state is not IssueState.FREEZING:
                return opened
        after = 0
    raise Conflict(
        f"{issue.name}: its rows do not add up to the audience of {expected}. "
        "Run the same command again; if it fails again, run `briefings doctor`."
    )


def _scan(chain: Chain, issue: Issue, audience: Audience, after: int, progress: Progress) -> None:
    press = Press(chain, issue.id)
    pace = Pace(chain, BATCH)
    done = 0
    with chain.db.read() as tx:
        expected = readers.confirmed_count(tx, issue.began)
    while True:
        with chain.db.read() as tx:
            batch = readers.batch(tx, after_id=after, limit=pace.size, confirmed_before=issue.began)
            if not batch:
                return
            got = deliveries.received(tx, audience.item_ids, batch[0].id, batch[-1].id)
        decisions = [audience.decide(r, got.get(r.id, frozenset())) for r in batch]
        press.run(decisions)
        rows = [
            frozen_row(issue.id, reader.id, reader.preferences_version, d, press)
            for reader, d in zip(batch, decisions, strict=True)
        ]
        with pace.unit() as tx:
            if issue.kind is IssueKind.LATE:
                rows = _without_the_week(tx, issue, rows)
            deliveries.freeze_batch(tx, rows)
        press.forget()
        after = batch[-1].id
        done += len(batch)
        progress(done, expected)


def _without_the_week(tx: Transaction, issue: Issue, rows: Sequence[FreezeRow]) -> list[FreezeRow]:
    """Leave out who has an unskipped regular or late row of the week; asked where it is written.

    The week's issues are locked until the rows are in, so two late issues cannot both take a reader
    (R4).
    """
    issues.lock_week(tx, issue.week)
    had = deliveries.got_week(
        tx, issue.week, rows[0].reader_id, rows[-1].reader_id, but_issue=issue.id
    )
    return [
        skipped_row(row, SkipReason.HAD_THE_WEEK) if row.reader_id in had else row for row in rows
    ]


def skipped_row(row: FreezeRow, reason: SkipReason) -> FreezeRow:
    """The same reader without a mail."""
    return FreezeRow(
        issue_id=row.issue_id,
        reader_id=row.reader_id,
        state=State.SKIPPED,
        reason=reason.value,
        due_at=row.due_at,
        briefing_id=None,
        preferences_version=row.preferences_version,
    )


def frozen_row(
    issue_id: int, reader_id: int, version: int, made: Decision, press: Press
) -> FreezeRow:
    """Turn a decision into a row; a list that could not be rendered is passed over."""
    briefing_id = press.id_of(made.key) if made.key else None
    unusable = made.state is State.PENDING and briefing_id is None
    reason = SkipReason.UNUSABLE if unusable else made.reason
    return FreezeRow(
        issue_id=issue_id,
        reader_id=reader_id,
        state=State.SKIPPED if unusable else made.state,
        reason=reason.value if reason else None,
        due_at=made.due_at,
        briefing_id=briefing_id,
        preferences_version=version,
    )


def fill_received(chain: Chain, issue_id: int) -> None:
    """Record who gets which item, reader range by reader range (R5)."""
    with chain.db.read() as tx:
        last = deliveries.last_frozen_reader(tx, issue_id)
    pace = Pace(chain, FILL_RANGE)
    after = 0
    while after < last:
        to_reader = after + pace.size
        with pace.unit() as tx:
            deliveries.fill_received(tx, issue_id, after_reader=after, to_reader=to_reader)
        after = to_reader


def week_of(issue: Issue) -> Week:
    """The week of an issue."""
    return Week.parse(issue.week)
