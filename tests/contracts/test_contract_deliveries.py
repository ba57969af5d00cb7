"""Deliveries: frozen once, claimed by one, settled under a fence, counted without a rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from briefings.model.delivery import IssueKind, IssueState, Settled, State
from briefings.model.reader import NewReader
from briefings.store import blocks, deliveries, issues, processes, readers
from briefings.store.deliveries import FreezeRow

if TYPE_CHECKING:
    from briefings.model.delivery import Issue
    from briefings.store.database import Database

NOW = datetime(2026, 8, 24, 6, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def some_readers(database: Database, count: int) -> None:
    with database.write() as tx:
        readers.add(
            tx,
            [
                NewReader(
                    email=f"r{n}@example.org",
                    name=f"R {n}",
                    specializations=("mlops-engineer",),
                    timezone=None,
                    plan_started_on=None,
                    line=n,
                )
                for n in range(1, count + 1)
            ],
            confirmed_at=NOW - timedelta(days=9),
            consent_source="test",
            import_id=None,
            now=NOW,
        )


def frozen(database: Database, count: int = 10, carried: tuple[int, ...] = (1, 2)) -> Issue:
    """An open issue with `count` pending deliveries of one briefing that carries two items."""
    some_readers(database, count)
    with database.write() as tx:
        issue = issues.create(
            tx,
            week="2026-W34",
            kind=IssueKind.REGULAR,
            n=1,
            began=NOW,
            opened_by_tick=False,
            now=NOW,
        )
        briefing = blocks.put_briefing(
            tx,
            issue.id,
            signature="a",
            headers={"Subject": "S"},
            block_keys=("h", "f"),
            carried=carried,
            left_over=(),
            editions=("mlops-engineer",),
            specializations=("mlops-engineer",),
        )
        found = readers.batch(tx, after_id=0, limit=count, confirmed_before=NOW)
        deliveries.freeze_batch(
            tx,
            [
                FreezeRow(
                    issue_id=issue.id,
                    reader_id=reader.id,
                    state=State.PENDING,
                    reason=None,
                    due_at=NOW,
                    briefing_id=briefing,
                    preferences_version=reader.preferences_version,
                )
                for reader in found
            ],
        )
        for item_id in carried:
            deliveries.fill_received(tx, issue.id, item_id)
        assert issues.open(tx, issue.id, count)
    return issue


def fence_of(database: Database) -> int:
    with database.write() as tx:
        return processes.register(tx, host="h", boot_id="b", log_path="l", now=NOW).fence


def test_claims_go_to_one_owner_and_settles_need_its_fence(database: Database) -> None:
    issue = frozen(database)
    first, second = fence_of(database), fence_of(database)
    with database.write() as tx:
        mine = deliveries.claim(tx, issue.id, owner="1", fence=first, now=NOW, limit=6)
        theirs = deliveries.claim(tx, issue.id, owner="2", fence=second, now=NOW, limit=6)
    assert (len(mine), len(theirs)) == (6, 4)
    assert {row.id for row in mine}.isdisjoint(row.id for row in theirs)
    assert mine[0].email.endswith("@example.org")
    ends = [Settled(id=row.id, state=State.ACCEPTED, code=250) for row in mine]
    with database.write() as tx:
        assert deliveries.settle(tx, ends, fence=second, now=LATER) == 0
        assert deliveries.settle(tx, ends, fence=first, now=LATER) == 6
        assert deliveries.settle(tx, ends, fence=first, now=LATER) == 0
        assert deliveries.states(tx, issue.id) == {State.ACCEPTED: 6, State.CLAIMED: 4}


def test_what_ends_without_its_mail_forgets_its_items(database: Database) -> None:
    issue = frozen(database, 4)
    fence = fence_of(database)
    with database.write() as tx:
        rows = deliveries.claim(tx, issue.id, owner="1", fence=fence, now=NOW)
        ends = (State.ACCEPTED, State.REJECTED, State.UNSURE, State.DEFERRED)
        deliveries.settle(
            tx,
            [
                Settled(id=row.id, state=state, reason="r", code=None, next_at=LATER)
                for row, state in zip(rows, ends, strict=True)
            ],
            fence=fence,
            now=NOW,
        )
        held = deliveries.received(tx, (1, 2), 0, 100)
        assert {rows[0].reader_id, rows[2].reader_id, rows[3].reader_id} == set(held)
        assert set(held.values()) == {frozenset({1, 2})}
        assert deliveries.next_due(tx, issue.id) == LATER
        assert deliveries.claim(tx, issue.id, owner="1", fence=fence, now=NOW) == []
        (again,) = deliveries.claim(tx, issue.id, owner="1", fence=fence, now=LATER)
        assert (again.attempts, again.first_attempt_at) == (1, NOW)


@pytest.mark.parametrize("state", [IssueState.PAUSED, IssueState.CANCELLED])
def test_an_issue_that_is_not_open_gives_no_rows(database: Database, state: IssueState) -> None:
    issue = frozen(database, 2)
    with database.write() as tx:
        assert issues.set_state(tx, issue.id, (IssueState.OPEN,), state, "why")
        assert not issues.set_state(tx, issue.id, (IssueState.OPEN,), state, "why")
        assert deliveries.claim(tx, issue.id, owner="1", fence=1, now=NOW) == []
