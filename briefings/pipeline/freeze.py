"""Write a row of an issue for every confirmed reader, count them, open it (R7, P1); sends none."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

from briefings.errors import Conflict, Remedy
from briefings.model.delivery import Issue, IssueKind, IssueState, SkipReason, State
from briefings.model.reader import Reader
from briefings.pipeline.audience import Audience, Decision
from briefings.pipeline.chain import Chain
from briefings.pipeline.halt import pause_if_stopped
from briefings.pipeline.pace import Pace
from briefings.pipeline.press import Press
from briefings.pipeline.seeding import appoint
from briefings.store import audiences, deliveries, issues, outcomes, readers
from briefings.store.database import Transaction
from briefings.store.deliveries import FreezeRow
from briefings.store.outcomes import Outcome
from briefings.weeks import Week

BATCH = 5_000
FILL_RANGE = 5_000
CHECKPOINT = 0.5
"""Seconds between two checkpoints: seldom enough not to write the same pages often."""
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
            _clear_outcomes(chain)
            return opened
        after = 0
    raise Conflict(
        f"{issue.name}: its rows do not add up to the audience of {expected}.", Remedy.OPEN_AGAIN
    )


def _scan(chain: Chain, issue: Issue, audience: Audience, after: int, progress: Progress) -> None:
    """Write the rows of all readers above a number: decide for one of each likeness, not for all.

    What is decided is kept under a number of this run: another process, or this one tomorrow, may
    know other editions.
    """
    press = Press(chain, issue.id, audience.catalogue)
    pace = Pace(chain, BATCH)
    run = secrets.randbits(62)
    done = 0
    with chain.db.read() as tx:
        expected = readers.confirmed_count(tx, issue.began)
    while True:
        with chain.db.read() as tx:  # what happens between two units is a pause for other writers
            span = outcomes.next_span(
                tx, after=after, limit=pace.size, confirmed_before=issue.began
            )
            if span is None:
                return
            fresh = outcomes.unknown(tx, run, span)
            got = deliveries.received(tx, audience.item_ids, after + 1, span.upto)
            people = readers.among(tx, {*fresh.values(), *got})
        holders = {n: people[n] for n in got if n in people and _concerns(issue, people[n])}
        made = {alike: audience.decide(people[n], frozenset()) for alike, n in fresh.items()}
        own = {n: audience.decide(reader, got[n]) for n, reader in holders.items()}
        press.run([*made.values(), *own.values()])
        rows = [
            frozen_row(issue.id, n, holders[n].preferences_version, decision, press)
            for n, decision in own.items()
        ]
        kept = {alike: _outcome(decision, press) for alike, decision in made.items()}
        with pace.unit() as tx:
            outcomes.keep(tx, issue.id, run, kept)
            if issue.kind is IssueKind.LATE:
                rows = _without_the_week(tx, issue, rows)
                outcomes.skip_who_had_the_week(tx, issue.id, run, span, issue.week)
            deliveries.freeze_batch(tx, rows)
            outcomes.freeze_span(tx, issue.id, run, span)
        press.forget()
        after = span.upto
        done += span.readers
        progress(done, expected)


def _concerns(issue: Issue, reader: Reader) -> bool:
    """Whether a reader confirmed before the freeze began; who did later has no row (R7)."""
    return reader.confirmed_at is not None and reader.confirmed_at < issue.began


def _clear_outcomes(chain: Chain) -> None:
    """Delete what this freeze kept, and what one that was killed after its last unit left."""
    pace = Pace(chain, BATCH)
    while True:
        with pace.unit() as tx:
            if outcomes.clear(tx, pace.size) < pace.size:
                return


def _without_the_week(tx: Transaction, issue: Issue, rows: Sequence[FreezeRow]) -> list[FreezeRow]:
    """Leave out who has an unskipped regular or late row of the week; asked where it is written.

    The week's issues are locked until the rows are in, so two late issues cannot both take a reader
    (R4).
    """
    issues.lock_week(tx, issue.week)
    if not rows:
        return []
    numbers = [row.reader_id for row in rows]
    had = deliveries.got_week(tx, issue.week, min(numbers), max(numbers), but_issue=issue.id)
    return [
        replace(row, state=State.SKIPPED, reason=SkipReason.HAD_THE_WEEK.value, briefing_id=None)
        if row.reader_id in had
        else row
        for row in rows
    ]


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
