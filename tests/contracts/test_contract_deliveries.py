"""Deliveries: frozen once, claimed by one, settled under a fence, counted without a rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from briefings.errors import Conflict
from briefings.model.delivery import IssueKind, IssueState, Settled, State
from briefings.model.news import ItemState, Kind, News
from briefings.model.reader import NewReader
from briefings.store import blocks, deliveries, issues, items, processes, readers
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
        assert deliveries.work_left(tx, issue.id) == 4
        assert deliveries.mailed_count(tx, issue.id) == 6
        assert deliveries.work_left(tx, issue.id + 1) == 0


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


def test_freezing_twice_adds_nothing_and_knows_where_it_stopped(database: Database) -> None:
    issue = frozen(database, 6)
    rows = [
        FreezeRow(
            issue_id=issue.id,
            reader_id=reader_id,
            state=State.SKIPPED,
            reason="paused",
            due_at=None,
            briefing_id=None,
            preferences_version=1,
        )
        for reader_id in (5, 6, 7, 8)
    ]
    with database.write() as tx:
        assert deliveries.last_frozen_reader(tx, issue.id) == 6
        assert deliveries.freeze_batch(tx, rows) == 2
        assert deliveries.freeze_batch(tx, rows) == 0
        assert deliveries.last_frozen_reader(tx, issue.id) == 8
        assert deliveries.last_frozen_reader(tx, 99) == 0
        assert deliveries.states(tx, issue.id) == {State.PENDING: 6, State.SKIPPED: 2}
        assert deliveries.work_left(tx, issue.id) == 6
        assert deliveries.reasons(tx, issue.id) == {(State.SKIPPED, "paused"): 2}


def test_only_due_rows_are_claimed_and_retries_come_first(database: Database) -> None:
    issue = frozen(database, 3)
    fence = fence_of(database)
    with database.write() as tx:
        assert deliveries.next_due(tx, issue.id) == NOW
        early = NOW - timedelta(hours=1)
        assert deliveries.claim(tx, issue.id, owner="1", fence=fence, now=early) == []
        (one,) = deliveries.claim(
            tx, issue.id, owner="1", fence=fence, now=early, limit=1, ignore_due=True
        )
        end = Settled(id=one.id, state=State.DEFERRED, reason="450", code=450, next_at=LATER)
        assert deliveries.settle(tx, [end], fence=fence, now=early) == 1
        two = deliveries.claim(
            tx, issue.id, owner="1", fence=fence, now=early, limit=9, ignore_due=True
        )
        assert one.id not in {row.id for row in two}
        assert len(two) == 2
        assert deliveries.give_back(tx, [row.id for row in two], fence + 1) == 0
        assert deliveries.give_back(tx, [row.id for row in two], fence) == 2
        assert deliveries.next_due(tx, issue.id) == NOW
        (first,) = deliveries.claim(tx, issue.id, owner="1", fence=fence, now=LATER, limit=1)
        assert (first.id, first.attempts) == (one.id, 1)
        assert deliveries.give_back(tx, [first.id], fence) == 1
        found = deliveries.get(tx, first.id)
        assert found is not None
        assert (found.state, found.next_at, found.owner) == (State.DEFERRED, LATER, None)


def test_a_claim_reads_the_reader_as_of_now(database: Database) -> None:
    issue = frozen(database, 2)
    with database.write() as tx:
        readers.leave(tx, 1, specializations=None, now=NOW)
        readers.erase(tx, 2, NOW)
        rows = deliveries.claim(tx, issue.id, owner="1", fence=1, now=NOW)
    by_reader = {row.reader_id: row for row in rows}
    assert by_reader[1].preferences_version == by_reader[1].frozen_version + 1
    assert (by_reader[2].email, by_reader[2].name) == ("", "")


def test_rejections_that_were_about_us_are_taken_back(database: Database) -> None:
    issue = frozen(database, 2)
    fence = fence_of(database)
    with database.write() as tx:
        rows = deliveries.claim(tx, issue.id, owner="1", fence=fence, now=NOW)
        ends = [Settled(id=row.id, state=State.REJECTED, reason="no", code=550) for row in rows]
        deliveries.settle(tx, ends, fence=fence, now=NOW)
        assert deliveries.received(tx, (1, 2), 0, 9) == {}
        assert deliveries.revive(tx, [row.id for row in rows]) == 2
        assert deliveries.revive(tx, [row.id for row in rows]) == 0
        assert deliveries.received(tx, (1, 2), 0, 9) == {n: frozenset({1, 2}) for n in (1, 2)}
        again = deliveries.claim(tx, issue.id, owner="1", fence=fence, now=NOW)
        assert [(row.attempts, row.first_attempt_at) for row in again] == [(0, None)] * 2


def test_an_item_reaches_a_reader_through_one_delivery_only(database: Database) -> None:
    first = frozen(database, 2)
    fence = fence_of(database)
    with database.write() as tx:
        late = issues.create(
            tx, week="2026-W33", kind=IssueKind.LATE, n=1, began=NOW, opened_by_tick=False, now=NOW
        )
        both, other = (
            blocks.put_briefing(
                tx,
                late.id,
                signature=str(carried),
                headers={},
                block_keys=(),
                carried=carried,
                left_over=(),
                editions=(),
                specializations=(),
            )
            for carried in ((2, 3), (4,))
        )
        deliveries.freeze_batch(
            tx,
            [
                FreezeRow(
                    issue_id=late.id,
                    reader_id=reader_id,
                    state=State.PENDING,
                    reason=None,
                    due_at=NOW,
                    briefing_id=both,
                    preferences_version=1,
                )
                for reader_id in (1, 2)
            ],
        )
        assert deliveries.fill_received(tx, late.id, 2) == 0
        assert deliveries.fill_received(tx, late.id, 3, [both], after_reader=0, to_reader=1) == 1
        assert deliveries.fill_received(tx, late.id, 3, [other]) == 0
        assert deliveries.fill_received(tx, late.id, 3, after_reader=1) == 1
        assert issues.open(tx, late.id, 2)
        one, two = deliveries.claim(tx, late.id, owner="1", fence=fence, now=NOW)
        assert deliveries.held_elsewhere(tx, one.id, one.reader_id, (2, 3, 4)) == {2}
        assert deliveries.reassign(
            tx, one.id, fence=fence, briefing_id=other, preferences_version=5
        )
        assert deliveries.received(tx, (1, 2, 3, 4), 1, 2) == {
            one.reader_id: frozenset({1, 2, 4}),
            two.reader_id: frozenset({1, 2, 3}),
        }
        assert not deliveries.reassign(
            tx, two.id, fence=fence + 1, briefing_id=other, preferences_version=5
        )
        assert deliveries.received(tx, (3, 4), 2, 2) == {2: frozenset({3})}
        assert deliveries.got_week(tx, "2026-W34", 1, 9) == {1, 2}
        assert deliveries.got_week(tx, "2026-W34", 1, 9, but_issue=first.id) == frozenset()
        assert [row.issue for row in deliveries.of_reader(tx, 1, 5)] == [late.name, first.name]


def sister(database: Database, kind: IssueKind) -> Issue:
    with database.write() as tx:
        return issues.create(
            tx, week="2026-W34", kind=kind, n=1, began=NOW, opened_by_tick=False, now=NOW
        )


def put_in(database: Database, issue: Issue, state: State, *reader_ids: int) -> int:
    with database.write() as tx:
        return deliveries.freeze_batch(
            tx,
            [
                FreezeRow(
                    issue_id=issue.id,
                    reader_id=n,
                    state=state,
                    reason=None,
                    due_at=NOW,
                    briefing_id=1,
                    preferences_version=1,
                )
                for n in reader_ids
            ],
        )


def test_a_reader_has_one_unskipped_regular_or_late_row_of_a_week(database: Database) -> None:
    """R4, by the database itself: whoever writes the row, and whatever was asked before."""
    issue = frozen(database, 4)
    fence = fence_of(database)
    late = sister(database, IssueKind.LATE)
    with pytest.raises(Conflict):
        put_in(database, late, State.PENDING, 5, 1)
    with database.read() as tx:
        assert issues.count_rows(tx, late.id) == 0
    with pytest.raises(Conflict), database.write() as tx:
        tx.execute(
            "INSERT INTO delivery (issue_id, reader_id, state, once_a_week, preferences_version, "
            "fence, attempts) VALUES (:late, 2, 'pending', '2026-W34', 1, 0, 0)",
            late=late.id,
        )
    assert put_in(database, sister(database, IssueKind.WELCOME), State.PENDING, 1) == 1
    assert put_in(database, late, State.SKIPPED, 3, 4) == 2
    with database.write() as tx:
        claimed = deliveries.claim(tx, issue.id, owner="1", fence=fence, now=NOW, limit=2)
        ends = (State.SKIPPED, State.REJECTED)
        results = [Settled(id=row.id, state=end) for row, end in zip(claimed, ends, strict=True)]
        assert deliveries.settle(tx, results, fence=fence + 1, now=NOW) == 0
        assert deliveries.got_week(tx, "2026-W34", 1, 9) == {1, 2, 3, 4}
        deliveries.settle(tx, results, fence=fence, now=NOW)
        assert deliveries.got_week(tx, "2026-W34", 1, 9) == {2, 3, 4}
    assert put_in(database, late, State.PENDING, 1) == 1
    with pytest.raises(Conflict):
        put_in(database, late, State.PENDING, 2)


def test_cancelling_ends_what_is_open_batch_by_batch(database: Database) -> None:
    issue = frozen(database, 5)
    with database.write() as tx:
        (kept,) = deliveries.claim(tx, issue.id, owner="1", fence=1, now=NOW, limit=1)
        assert [deliveries.cancel_batch(tx, issue.id, 3) for _ in range(3)] == [3, 1, 0]
        assert deliveries.reasons(tx, issue.id) == {(State.SKIPPED, "cancelled"): 4}
        assert set(deliveries.received(tx, (1, 2), 0, 9)) == {kept.reader_id}
        assert deliveries.next_due(tx, issue.id) is None
        assert deliveries.got_week(tx, "2026-W34", 0, 9) == {kept.reader_id}


@pytest.mark.parametrize("to", [State.PENDING, State.ACCEPTED])
def test_an_operator_settles_what_is_unsure(database: Database, to: State) -> None:
    issue = frozen(database, 3)
    with database.write() as tx:
        rows = deliveries.claim(tx, issue.id, owner="1", fence=1, now=NOW, limit=2)
        ends = [Settled(id=row.id, state=State.UNSURE) for row in rows]
        deliveries.settle(tx, ends, fence=1, now=NOW)
        assert len(deliveries.rows(tx, issue.id, State.UNSURE)) == 2
        assert deliveries.resolve_unsure(tx, issue.id, to) == 2
        assert deliveries.resolve_unsure(tx, issue.id, to) == 0
        assert len(deliveries.received(tx, (1,), 0, 9)) == 3
        with pytest.raises(ValueError, match="not rejected"):
            deliveries.resolve_unsure(tx, issue.id, State.REJECTED)


def test_rows_are_paged_with_their_addresses(database: Database) -> None:
    issue = frozen(database, 7)
    with database.write() as tx:
        deliveries.claim(tx, issue.id, owner="1", fence=1, now=NOW, limit=2)
        pages, last = [], 0
        while page := deliveries.rows(tx, issue.id, State.PENDING, last, 2):
            last = page[-1].id
            pages.append([row.email for row in page])
        assert pages == [[f"r{n}@example.org" for n in part] for part in ((3, 4), (5, 6), (7,))]
        assert len(deliveries.rows(tx, issue.id, None)) == 7
        assert deliveries.get(tx, 999) is None


def test_claims_of_others_are_told_by_owner_and_fence(database: Database) -> None:
    issue = frozen(database, 6)
    with database.write() as tx:
        taken = {
            owner: deliveries.claim(tx, issue.id, owner=owner, fence=int(owner), now=NOW, limit=2)
            for owner in ("3", "1", "2")
        }
        groups = deliveries.claimed_by_others(tx, "1")
    assert [(group.owner, group.fence) for group in groups] == [("2", 2), ("3", 3)]
    assert groups[0].ids == tuple(row.id for row in taken["2"])


def test_old_items_are_pruned_in_pieces(database: Database) -> None:
    frozen(database, 4)
    news = News(
        kind=Kind.ROLE_UPDATE,
        headline="h",
        summary="s",
        date=date(2026, 1, 10),
        source_name="n",
        source_url="https://example.org",
    )
    with database.write() as tx:
        for dated in (date(2026, 1, 10), date(2026, 8, 20)):
            items.add(
                tx, replace(news, date=dated), week="2026-W02", state=ItemState.QUEUED, now=NOW
            )
        cut = date(2026, 2, 1)
        pieces = [deliveries.prune_received(tx, cut, limit=3) for _ in range(3)]
        assert pieces == [3, 1, 0]
        assert deliveries.received(tx, (1, 2), 0, 9) == {n: frozenset({2}) for n in range(1, 5)}


def test_a_million_results_would_be_settled_in_pieces(database: Database) -> None:
    issue = frozen(database, 600)
    with database.write() as tx:
        rows = deliveries.claim(tx, issue.id, owner="1", fence=1, now=NOW, limit=600)
        ends = [Settled(id=row.id, state=State.ACCEPTED, code=250) for row in rows]
        assert deliveries.settle(tx, ends, fence=1, now=NOW) == 600
        assert deliveries.settle(tx, [], fence=1, now=NOW) == 0
