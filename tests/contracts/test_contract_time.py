"""What time leaves in the store: runs, alerts, corrections, what went with which issue."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from briefings.model.delivery import IssueKind, IssueState, Settled, State
from briefings.model.edition import Edition, EditionState, Part, Placement
from briefings.model.frequency import Frequency
from briefings.store import (
    alerts,
    audiences,
    changes,
    corrections,
    deliveries,
    editions,
    issues,
    publishing,
    readers,
    runs,
)
from briefings.store.corrections import Correction
from briefings.store.runs import Decision
from tests.contracts.test_contract_deliveries import LATER, NOW, fence_of, frozen, some_readers

if TYPE_CHECKING:
    from briefings.store.database import Database, Transaction

WEEK, NEXT = "2026-W34", "2026-W35"


def edition(slug: str, week: str = WEEK, *item_ids: int) -> Edition:
    placed = tuple(
        Placement(item_id=i, revision=1, part=Part.WEEK, why_you="w", ranked="r")
        for i in item_ids or (1, 2)
    )
    return Edition(specialization=slug, week=week, placements=placed)


def approved(tx: Transaction, slug: str, week: str = WEEK) -> None:
    made = edition(slug, week)
    editions.put(tx, made, now=NOW)
    fingerprint = editions.content_hash(made)
    assert editions.approve(tx, week, slug, content_hash=fingerprint, count=1, by="x", now=NOW)


def test_a_decision_stands_until_another_one_and_a_move_beside_it(database: Database) -> None:
    with database.write() as tx:
        assert runs.of_week(tx, WEEK) is None
        runs.move(tx, WEEK, date(2026, 8, 25), by="ed", now=NOW)
        runs.decide(tx, WEEK, Decision.SKIP, reason="holidays", by="ed", now=NOW)
        runs.decide(tx, NEXT, Decision.HOLD, reason="late", by=runs.POLICY, now=LATER)
    with database.write() as tx:
        found = runs.since(tx, WEEK)
        assert list(found) == [WEEK, NEXT]
        assert found[WEEK].moved_to == date(2026, 8, 25)
        assert (found[WEEK].decision, found[WEEK].reason) == (Decision.SKIP, "holidays")
        assert found[NEXT].at == LATER
        runs.decide(tx, WEEK, None, reason="", by="ed", now=LATER)
        runs.move(tx, WEEK, None, by="ed", now=LATER)
        assert list(runs.since(tx, NEXT)) == [NEXT]
    with database.read() as tx:
        run = runs.of_week(tx, WEEK)
    assert run is not None
    assert (run.decision, run.moved_to) == (None, None)


def test_an_alert_is_raised_once_and_taken_along_once(database: Database) -> None:
    with database.write() as tx:
        assert alerts.add(tx, "late:2026-W34", "late", week=WEEK, now=NOW)
        assert not alerts.add(tx, "late:2026-W34", "late again", week=WEEK, now=LATER)
        assert alerts.add(tx, "relay", "no week", week=None, now=LATER)
    with database.write() as tx:
        (one,) = alerts.of_week(tx, WEEK)
        assert (one.text, one.at, one.mailed_at) == ("late", NOW, None)
        waiting = alerts.unmailed(tx)
        assert [alert.key for alert in waiting] == ["late:2026-W34", "relay"]
        alerts.mark_mailed(tx, [alert.id for alert in waiting], NOW)
        alerts.mark_mailed(tx, [alert.id for alert in waiting], LATER)
        assert alerts.unmailed(tx) == []
        assert alerts.of_week(tx, WEEK)[0].mailed_at == NOW


def test_an_edition_remembers_its_issue_its_subject_and_that_it_was_left_behind(
    database: Database,
) -> None:
    with database.write() as tx:
        approved(tx, "a")
        editions.put(tx, edition("b"), now=NOW)
        assert publishing.publish(tx, WEEK, "a", issue_id=7, subject="As it went", now=NOW)
        assert not publishing.publish(tx, WEEK, "a", issue_id=8, subject="again", now=NOW)
        assert not publishing.publish(tx, WEEK, "b", issue_id=8, subject="a draft", now=NOW)
        publishing.leave_behind(tx, WEEK, reason="not approved", now=NOW)
        assert publishing.left_behind(tx, WEEK) == {"b"}
        assert publishing.gone_with(tx, WEEK) == {"a": 7}
        assert editions.last_subjects(tx, ["a"], NEXT)["a"] == "As it went"
        held = editions.of_week(tx, WEEK)["b"]
        assert (held.state, held.reason) == (EditionState.HELD, "not approved")
        approved_again = editions.content_hash(held)
        editions.approve(tx, WEEK, "b", content_hash=approved_again, count=1, by="x", now=LATER)
        publishing.publish(tx, WEEK, "b", issue_id=9, subject=None, now=LATER)
        assert publishing.left_behind(tx, WEEK) == {"b"}


def test_the_newest_published_edition_of_each(database: Database) -> None:
    with database.write() as tx:
        for slug, week in (("a", WEEK), ("a", NEXT), ("b", WEEK)):
            approved(tx, slug, week)
            publishing.publish(tx, week, slug, issue_id=1, subject="s", now=NOW)
        editions.put(tx, edition("b", NEXT), now=NOW)
        found = publishing.newest_published(tx, NEXT, "2026-W30")
        assert {slug: e.week for slug, e in found.items()} == {"a": NEXT, "b": WEEK}
        assert list(publishing.newest_published(tx, WEEK, WEEK)) == ["a", "b"]


def test_what_waits_for_a_late_issue(database: Database) -> None:
    with database.write() as tx:
        approved(tx, "a")
        approved(tx, "a", NEXT)
        assert publishing.approved_after_freeze(tx) == []
        regular = created(tx, IssueKind.REGULAR)
        assert publishing.approved_after_freeze(tx) == []
        issues.open(tx, regular, 0)
        assert publishing.approved_after_freeze(tx) == [WEEK]
        publishing.publish(tx, WEEK, "a", issue_id=regular, subject="s", now=NOW)
        assert publishing.approved_after_freeze(tx) == []
        created(tx, IssueKind.LATE)
        assert publishing.approved_after_freeze(tx) == [WEEK]


def created(tx: Transaction, kind: IssueKind) -> int:
    return issues.create(tx, week=WEEK, kind=kind, n=1, began=NOW, opened_by_tick=True, now=NOW).id


def test_a_changed_placement_renews_the_approval_and_counts(database: Database) -> None:
    with database.write() as tx:
        approved(tx, "a")
        before = publishing.content_version(tx)
        assert publishing.carrying(tx, 1) == [(WEEK, "a")]
        one = editions.of_week(tx, WEEK)["a"]
        publishing.change_placement(tx, one, 1, 2, by="desk", now=LATER)
        two = editions.of_week(tx, WEEK)["a"]
        assert [(p.item_id, p.revision) for p in two.placements] == [(1, 2), (2, 1)]
        publishing.change_placement(tx, two, 1, None, by="desk", now=LATER)
        three = editions.of_week(tx, WEEK)["a"]
        assert [p.item_id for p in three.placements] == [2]
        approval = editions.approvals(tx, WEEK)["a"]
        assert (approval.content_hash, approval.by) == (editions.content_hash(three), "desk")
        assert publishing.content_version(tx) == before + 2


def test_corrections_go_to_who_had_the_item_once_each(database: Database) -> None:
    issue = frozen(database, 4)
    fence = fence_of(database)
    with database.write() as tx:
        rows = deliveries.claim(tx, issue.id, owner="me", fence=fence, now=NOW, limit=3)
        ends = (State.ACCEPTED, State.UNSURE, State.REJECTED)
        settled = [Settled(id=row.id, state=end) for row, end in zip(rows, ends, strict=True)]
        assert corrections.in_flight(tx, 1) == 3
        deliveries.settle(tx, settled, fence=fence, now=NOW)
        assert corrections.in_flight(tx, 1) == 0
        number = created(tx, IssueKind.CORRECTION)
        one = Correction(issue_id=number, item_id=1, item_revision=2, headline="h", note="n")
        corrections.add(tx, one)
        assert corrections.of_issue(tx, number) == one
        assert corrections.of_issue(tx, issue.id) is None
        had = [row.reader_id for row in rows[:2]]
        assert corrections.count(tx, one) == 2
        assert corrections.had_it(tx, one, 0, 10) == sorted(had)
        assert corrections.had_it(tx, one, min(had), 10) == [max(had)]
        assert corrections.mark(tx, one, had) == 2
        assert corrections.mark(tx, one, had) == 0
        assert corrections.count(tx, one) == 2  # its own marks still count
        other = Correction(issue_id=99, item_id=1, item_revision=2, headline="h", note="n")
        assert corrections.count(tx, other) == 0
        assert corrections.recompose(tx, issue.id, 1) == 1
        assert corrections.recompose(tx, issue.id, 3) == 0
        (row,) = deliveries.claim(tx, issue.id, owner="me", fence=fence, now=NOW)
        assert row.frozen_version != row.preferences_version


def test_readers_are_counted_by_zone_and_rhythm_and_found_for_a_welcome(
    database: Database,
) -> None:
    some_readers(database, 3)
    with database.write() as tx:
        found = readers.batch(tx, after_id=0, limit=9, confirmed_before=LATER)
        readers.leave(tx, found[0].id, specializations=None, now=NOW)
        assert audiences.count_by_zone(tx) == {(None, Frequency.WEEKLY): 2}
        since, until = NOW - timedelta(days=9), NOW
        assert audiences.to_welcome(tx, since, until, 0, 10) == [r.id for r in found[1:]]
        assert audiences.to_welcome(tx, since + timedelta(seconds=1), until, 0, 10) == []
        assert audiences.to_welcome(tx, since, since - timedelta(seconds=1), 0, 10) == []


def test_who_has_a_row_of_the_welcome_issue_is_not_found_again(database: Database) -> None:
    issue = frozen(database, 2)
    with database.read() as tx:
        assert audiences.to_welcome(tx, NOW - timedelta(days=9), NOW, issue.id, 10) == []


def test_changes_are_told_by_reader(database: Database) -> None:
    some_readers(database, 2)
    with database.write() as tx:
        one, two = readers.batch(tx, after_id=0, limit=9, confirmed_before=LATER)
        readers.leave(tx, one.id, specializations=None, now=NOW)
        readers.rejoin(tx, one.id, ("a",), LATER)
        assert changes.instants_of(tx, [one.id, two.id]) == {one.id: frozenset({NOW, LATER})}
        assert changes.instants_of(tx, []) == {}


def test_a_freeze_that_is_abandoned_counts_what_it_had(database: Database) -> None:
    with database.write() as tx:
        number = created(tx, IssueKind.LATE)
        issues.lock_week(tx, WEEK)
        assert issues.abandon(tx, number, "restored")
        assert not issues.abandon(tx, number, "again")
        stored = issues.get(tx, number)
        assert stored is not None
        assert (stored.state, stored.audience) == (IssueState.CANCELLED, 0)
        issues.grow(tx, number, 3)
        grown = issues.get(tx, number)
    assert grown is not None
    assert grown.audience == 3
    assert grown.began == datetime(2026, 8, 24, 6, tzinfo=UTC)
