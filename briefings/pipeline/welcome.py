"""Give who signs up between two freezes a first mail at once (R11); it sends nothing by itself."""

from __future__ import annotations

from dataclasses import replace

from briefings.errors import Conflict
from briefings.model.delivery import Issue, IssueKind, IssueState, State
from briefings.pipeline.chain import Chain
from briefings.pipeline.freeze import frozen_row
from briefings.pipeline.halt import stopped
from briefings.pipeline.open_issue import issue_audience
from briefings.pipeline.press import Press
from briefings.pipeline.restored import restored_at
from briefings.store import audiences, blocks, deliveries, issues, readers
from briefings.store.database import Transaction

BATCH = 1_000


def welcome(chain: Chain) -> int:
    """Add readers who confirmed after the last freeze to its week's welcome issue; gives how many.

    The rows, the counted audience and what counts as received are written in one transaction. Who
    is in the audience of a regular issue already gets no welcome.
    """
    now = chain.clock()
    with chain.db.read() as tx:
        regular = _newest_regular(tx)
        if regular is None or stopped(tx) is not None:
            return 0
        known = issues.find(tx, week=regular.week, kind=IssueKind.WELCOME)
        began = max(regular.began, restored_at(tx) or regular.began)
        waiting = audiences.to_welcome(tx, began, now, known[0].id if known else 0, BATCH)
    if not waiting:
        return 0
    issue = known[0] if known else _begin(chain, regular)
    if issue.state is not IssueState.OPEN:
        return 0
    return _add(chain, issue, waiting)


def _newest_regular(tx: Transaction) -> Issue | None:
    """The last frozen week's issue; None while it is being frozen, or before the first."""
    week = issues.last_regular_week(tx)
    if week is None:
        return None
    (issue,) = issues.find(tx, week=week, kind=IssueKind.REGULAR)
    return None if issue.state is IssueState.FREEZING else issue


def _begin(chain: Chain, regular: Issue) -> Issue:
    now = chain.clock()
    try:
        with chain.db.write() as tx:
            issue = issues.create(
                tx,
                week=regular.week,
                kind=IssueKind.WELCOME,
                n=1,
                began=now,
                opened_by_tick=True,
                now=now,
            )
            issues.open(tx, issue.id, 0)
            return issues.by_name(tx, issue.name)
    except Conflict:  # another process was first
        with chain.db.read() as tx:
            return issues.find(tx, week=regular.week, kind=IssueKind.WELCOME)[0]


def _add(chain: Chain, issue: Issue, waiting: list[int]) -> int:
    now = chain.clock()
    with chain.db.read() as tx:
        audience = replace(issue_audience(tx, chain, issue), at_once=now)
        people = [reader for _, reader in sorted(readers.among(tx, waiting).items())]
        got = deliveries.received(tx, audience.item_ids, people[0].id, people[-1].id)
    decisions = [audience.decide(r, got.get(r.id, frozenset())) for r in people]
    press = Press(chain, issue.id, audience.catalogue)
    press.run(decisions)
    rows = [
        frozen_row(issue.id, reader.id, reader.preferences_version, made, press)
        for reader, made in zip(people, decisions, strict=True)
    ]
    with chain.db.write() as tx:
        added = deliveries.freeze_batch(tx, rows)
        issues.grow(tx, issue.id, added)
        first, last = people[0].id, people[-1].id
        for item_id in blocks.carried_in(tx, issue.id):
            deliveries.fill_received(tx, issue.id, item_id, after_reader=first - 1, to_reader=last)
    return sum(row.state is not State.SKIPPED for row in rows) if added else 0
