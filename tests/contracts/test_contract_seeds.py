"""Seed readers: marked once, claimed alone while the others wait, released once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from briefings.model.delivery import IssueState, SeedsFirst, Settled, State
from briefings.model.edition import Edition, EditionState
from briefings.store import archive, deliveries, editions, issues, publishing, readers, seeds
from tests.contracts.test_contract_deliveries import LATER, NOW, fence_of, frozen, some_readers

if TYPE_CHECKING:
    from briefings.model.delivery import Issue
    from briefings.store.database import Database

WEEK, SLUG = "2026-W34", "mlops-engineer"
EDITION = Edition(
    specialization=SLUG,
    week=WEEK,
    state=EditionState.DRAFT,
    placements=(),
    subject="S",
    intro="",
)


def waiting(database: Database, *marked: int) -> Issue:
    """An open issue of ten whose marked readers go first."""
    issue = frozen(database, 10)
    with database.write() as tx:
        seeds.hold(tx, issue.id, LATER)
        for number in marked:
            assert seeds.mark(tx, number, by="ana", now=NOW)
        first = [delivery for delivery, _ in seeds.first_in_line(tx, issue.id)]
        seeds.appoint(tx, issue.id, first, NOW - timedelta(hours=2))
        return issues.by_name(tx, issue.name)


def claimed(database: Database, issue: Issue, fence: int, *, ignore_due: bool = False) -> list[int]:
    with database.write() as tx:
        rows = deliveries.claim(
            tx,
            issue.id,
            owner="1",
            fence=fence,
            now=LATER,
            ignore_due=ignore_due,
            seeds_only=issues.by_name(tx, issue.name).seeds_only,
        )
    return [row.reader_id for row in rows]


@pytest.mark.parametrize("ignore_due", [False, True])
def test_nothing_but_the_seeds_is_claimed_until_the_release(
    database: Database, ignore_due: bool
) -> None:
    issue, fence = waiting(database, 3, 7), fence_of(database)
    assert issue.seeds_only
    assert issue.release_at == LATER
    assert claimed(database, issue, fence, ignore_due=ignore_due) == [3, 7]
    assert claimed(database, issue, fence, ignore_due=ignore_due) == []
    with database.write() as tx:
        assert seeds.release(tx, issue.id, by="ana", now=LATER)
    with database.write() as tx:
        assert not seeds.release(tx, issue.id, by="bo", now=LATER), "it is released once"
    assert claimed(database, issue, fence, ignore_due=ignore_due) == [1, 2, 4, 5, 6, 8, 9, 10]
    with database.read() as tx:
        now = issues.by_name(tx, issue.name)
    assert (now.released_by, now.released_at, now.seeds_only) == ("ana", LATER, False)


def test_seeds_are_due_at_once_and_the_others_keep_their_hour(database: Database) -> None:
    issue, fence = waiting(database, 3), fence_of(database)
    with database.read() as tx:
        assert seeds.next_due(tx, issue.id) == NOW - timedelta(hours=2)
        assert seeds.others_due(tx, issue.id) == NOW
        assert seeds.states(tx, issue.id) == {State.PENDING: 1}
    claimed(database, issue, fence)
    with database.write() as tx:
        (number,) = [r.id for r in deliveries.rows(tx, issue.id, State.CLAIMED)]
        done = [Settled(id=number, state=State.ACCEPTED, code=250)]
        deliveries.settle(tx, done, fence=fence, now=NOW)
    with database.read() as tx:
        assert seeds.next_due(tx, issue.id) is None
        assert seeds.states(tx, issue.id) == {State.ACCEPTED: 1}
        assert seeds.others_due(tx, issue.id) == NOW
        row = deliveries.get(tx, number)
    assert row is not None
    assert row.due_at == NOW, "what was planned stays written down"


@pytest.mark.parametrize("state", [IssueState.FREEZING, IssueState.CANCELLED])
def test_what_is_not_open_is_not_released(database: Database, state: IssueState) -> None:
    issue = waiting(database, 3)
    with database.write() as tx:
        issues.set_state(tx, issue.id, (IssueState.OPEN,), state)
        assert not seeds.release(tx, issue.id, by="ana", now=NOW)
        issues.set_state(tx, issue.id, (state,), IssueState.PAUSED)
        assert seeds.forget_hour(tx, issue.id)
        assert not seeds.forget_hour(tx, issue.id)
        assert issues.by_name(tx, issue.name).release_at is None
        assert seeds.release(tx, issue.id, by="ana", now=NOW), "a paused one is"


def test_a_reader_is_marked_once_and_shown_with_what_reaches_one(database: Database) -> None:
    some_readers(database, 3)
    with database.write() as tx:
        assert seeds.mark(tx, 2, by="ana", now=NOW)
        assert not seeds.mark(tx, 2, by="bo", now=LATER)
        assert seeds.mark(tx, 1, by="bo", now=NOW)
        readers.leave(tx, 1, specializations=None, now=NOW)
        found = seeds.marked(tx)
        assert [(one.reader_id, one.email, one.marked_by, one.reads) for one in found] == [
            (1, "r1@example.org", "bo", False),
            (2, "r2@example.org", "ana", True),
        ]
        assert found[1].specializations == (SLUG,)
        assert seeds.marked_at(tx, 2) == NOW
        assert seeds.unmark(tx, 2)
        assert not seeds.unmark(tx, 2)
        assert seeds.marked_at(tx, 2) is None


def test_an_approval_keeps_the_choice_and_taking_it_back_forgets_it(database: Database) -> None:
    chosen = SeedsFirst(most=3, release_at=LATER)

    def approve(seeds_first: SeedsFirst | None) -> SeedsFirst | None:
        with database.write() as tx:
            assert editions.approve(
                tx,
                WEEK,
                SLUG,
                content_hash=editions.content_hash(EDITION),
                count=5,
                by="ana",
                now=NOW,
                seeds=seeds_first,
            )
            found = editions.approvals(tx, WEEK)[SLUG].seeds
            assert editions.unapprove(tx, WEEK, SLUG, now=NOW)
        return found

    with database.write() as tx:
        editions.put(tx, EDITION, now=NOW)
    assert approve(chosen) == chosen
    assert approve(None) is None
    assert approve(SeedsFirst(most=1)) == SeedsFirst(most=1)


def test_what_only_seeds_have_is_shown_to_nobody_else(database: Database) -> None:
    issue = waiting(database, 3)
    with database.write() as tx:
        editions.put(tx, EDITION, now=NOW)
        fingerprint = editions.content_hash(EDITION)
        editions.approve(tx, WEEK, SLUG, content_hash=fingerprint, count=1, by="a", now=NOW)
        publishing.publish(tx, WEEK, SLUG, issue_id=issue.id, subject="S", now=NOW)
        archive.put(tx, WEEK, SLUG, 1, NOW)
        said = archive.Switch(specialization=SLUG, week="", shown=True, by="a", at=NOW)
        archive.switch(tx, said)

    def shown() -> tuple[int, int]:
        with database.read() as tx:
            newest = publishing.newest_published(tx, WEEK, WEEK)
            return len(newest), len(archive.shown(tx, SLUG))

    assert shown() == (0, 0)
    with database.write() as tx:
        seeds.release(tx, issue.id, by="ana", now=NOW)
    assert shown() == (1, 1)
