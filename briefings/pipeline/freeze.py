"""Write a row of an issue for every confirmed reader, count them, open it (R7, P1); sends none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from briefings.errors import Conflict, Remedy
from briefings.model.delivery import Issue, IssueKind, IssueState, SkipReason, State
from briefings.pipeline.audience import REMEMBERED, Audience, Decision
from briefings.pipeline.chain import Chain
from briefings.pipeline.halt import pause_if_stopped
from briefings.pipeline.pace import Pace
from briefings.pipeline.press import Press
from briefings.pipeline.seeding import appoint
from briefings.store import audiences, deliveries, issues, readers
from briefings.store.database import Transaction
from briefings.store.deliveries import FreezeRow, Outcome
from briefings.store.readers import Alike
from briefings.weeks import Week

BATCH = 5_000
FILL_RANGE = 5_000
CHECKPOINT = 0.5
"""Seconds between two checkpoints: seldom enough not to write the same pages often."""
SCANS = 4
"""An import that is shown during a freeze makes one more scan necessary."""

Row = tuple[int, int, Outcome]
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
        with chain.db.checkpointing(CHECKPOINT):
            _scan(chain, issue, audience, after, progress)
            fill_received(chain, issue.id)
        with chain.db.read() as tx:  # one view: who must have a row, and the rows
            counted = audiences.counted(tx, issue.began)
            rows = issues.count_rows(tx, issue.id)
        expected = counted.audience
        with chain.db.write() as tx:
            same = not audiences.grew(tx, counted, issue.began)
            if same and issues.open(tx, issue.id, expected, rows):
                appoint(tx, issue, chain.clock())
                pause_if_stopped(tx, issue.id)
            opened = issues.by_name(tx, issue.name)
            if opened.state is not IssueState.FREEZING:
                return opened
        after = 0
    raise Conflict(
        f"{issue.name}: its rows do not add up to the audience of {expected}.", Remedy.OPEN_AGAIN
    )


def _scan(chain: Chain, issue: Issue, audience: Audience, after: int, progress: Progress) -> None:
    press = Press(chain, issue.id, audience.catalogue)
    pace = Pace(chain, BATCH)
    shared: dict[Alike, Outcome] = {}
    done = 0
    with chain.db.read() as tx:
        expected = readers.confirmed_count(tx, issue.began)
    while True:
        with chain.db.read() as tx:
            batch = readers.batch_alike(
                tx, after_id=after, limit=pace.size, confirmed_before=issue.began
            )
            if not batch:
                return
            got = deliveries.received(tx, audience.item_ids, batch[0][0], batch[-1][0])
            holders = [number for number, _, _ in batch if number in got] if got else []
            fresh = {
                alike: number
                for number, _, alike in batch
                if alike not in shared and number not in got
            }
            people = readers.among(tx, {*fresh.values(), *holders})
        made = {alike: audience.decide(people[n], frozenset()) for alike, n in fresh.items()}
        own = {n: audience.decide(people[n], got[n]) for n in holders}
        press.run([*made.values(), *own.values()])
        shared |= {alike: _outcome(decision, press) for alike, decision in made.items()}
        special = {number: _outcome(decision, press) for number, decision in own.items()}
        rows = [
            (number, version, special.get(number) or shared[alike])
            for number, version, alike in batch
        ]
        with pace.unit() as tx:
            if issue.kind is IssueKind.LATE:
                rows = _without_the_week(tx, issue, rows)
            deliveries.freeze_alike(tx, issue.id, rows)
        press.forget()
        if len(shared) > REMEMBERED:
            shared.clear()
        after = batch[-1][0]
        done += len(batch)
        progress(done, expected)


def _without_the_week(tx: Transaction, issue: Issue, rows: Sequence[Row]) -> list[Row]:
    """Leave out who has an unskipped regular or late row of the week; asked where it is written.

    The week's issues are locked until the rows are in, so two late issues cannot both take a reader
    (R4).
    """
    issues.lock_week(tx, issue.week)
    had = deliveries.got_week(tx, issue.week, rows[0][0], rows[-1][0], but_issue=issue.id)
    return [
        (number, version, _skipped(outcome, SkipReason.HAD_THE_WEEK) if number in had else outcome)
        for number, version, outcome in rows
    ]


def _skipped(outcome: Outcome, reason: SkipReason) -> Outcome:
    """The same without a mail."""
    return Outcome(
        state=State.SKIPPED, reason=reason.value, due_at=outcome.due_at, briefing_id=None
    )


def _outcome(made: Decision, press: Press) -> Outcome:
    """What a decision comes to; a list that could not be rendered is passed over."""
    briefing_id = press.id_of(made.key) if made.key else None
    unusable = made.state is State.PENDING and briefing_id is None
    reason = SkipReason.UNUSABLE if unusable else made.reason
    return Outcome(
        state=State.SKIPPED if unusable else made.state,
        reason=reason.value if reason else None,
        due_at=made.due_at,
        briefing_id=briefing_id,
    )


def frozen_row(
    issue_id: int, reader_id: int, version: int, made: Decision, press: Press
) -> FreezeRow:
    """Turn a decision into a row."""
    outcome = _outcome(made, press)
    return FreezeRow(
        issue_id=issue_id,
        reader_id=reader_id,
        state=outcome.state,
        reason=outcome.reason,
        due_at=outcome.due_at,
        briefing_id=outcome.briefing_id,
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
