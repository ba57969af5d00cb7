"""Outcomes of readers who are alike: kept per run, written for all by one statement, cleared."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from briefings.errors import Conflict
from briefings.model.delivery import IssueKind, SkipReason, State
from briefings.model.reader import Section
from briefings.store import deliveries, issues, outcomes, readers
from briefings.store.outcomes import Outcome, Span
from tests.contracts.test_contract_deliveries import NOW, some_readers

if TYPE_CHECKING:
    from collections.abc import Callable

    from briefings.model.delivery import Issue
    from briefings.store.database import Database, Transaction

RUN, OTHER = 1, 2**61
DUE = datetime(2026, 8, 24, 8, tzinfo=UTC)
PENDING = Outcome(state=State.PENDING, reason=None, due_at=DUE, briefing_id=7)
SKIPPED = Outcome(state=State.SKIPPED, reason="paused", due_at=DUE, briefing_id=None)


def issue_of(database: Database, kind: IssueKind = IssueKind.REGULAR) -> Issue:
    with database.write() as tx:
        return issues.create(
            tx, week="2026-W34", kind=kind, n=1, began=NOW, opened_by_tick=False, now=NOW
        )


def whole(tx: Transaction, after: int = 0, limit: int = 100) -> Span:
    span = outcomes.next_span(tx, after=after, limit=limit, confirmed_before=NOW)
    assert span is not None
    return span


def keep_all(tx: Transaction, issue: Issue, run: int, made: Outcome) -> None:
    unknown = outcomes.unknown(tx, run, whole(tx))
    outcomes.keep(tx, issue.id, run, dict.fromkeys(unknown, made))


def pause(tx: Transaction, number: int) -> None:
    reader = readers.get(tx, number)
    assert reader is not None
    readers.set_preferences(tx, number, reader.preferences, reader.timezone, date(2026, 9, 1), NOW)


def switched(tx: Transaction, number: int) -> None:
    reader = readers.get(tx, number)
    assert reader is not None
    readers.switch_off(tx, reader, Section.PAY, NOW)


def gone(tx: Transaction, number: int) -> None:
    assert readers.leave(tx, number, specializations=None, now=NOW)


CHANGES: dict[str, Callable[[Transaction, int], None]] = {
    "a plan": lambda tx, n: readers.set_plan(tx, n, date(2026, 8, 3), 0, NOW),
    "a moved plan": lambda tx, n: readers.set_plan(tx, n, None, 2, NOW),
    "a tier": lambda tx, n: readers.set_tier(tx, n, "plus", NOW),
    "a pause": pause,
    "who left": gone,
    "who is suppressed": lambda tx, n: readers.suppress(tx, "x", "asked", NOW, reader_id=n),
    "a part switched off": switched,
}


@pytest.mark.parametrize("what", CHANGES)
def test_readers_who_differ_in_what_decides_are_not_alike(database: Database, what: str) -> None:
    some_readers(database, 4)
    with database.write() as tx:
        assert len(outcomes.unknown(tx, RUN, whole(tx))) == 1
        CHANGES[what](tx, 3)
        assert sorted(outcomes.unknown(tx, RUN, whole(tx)).values()) == [1, 3]


def test_one_statement_writes_the_rows_of_all_who_are_alike(database: Database) -> None:
    some_readers(database, 5)
    issue = issue_of(database)
    with database.write() as tx:
        CHANGES["a plan"](tx, 2)
        keep_all(tx, issue, RUN, PENDING)
        CHANGES["a pause"](tx, 4)  # since then
        assert outcomes.freeze_span(tx, issue.id, OTHER, whole(tx)) == 0
        assert outcomes.freeze_span(tx, issue.id, RUN, whole(tx)) == 4
        late = outcomes.unknown(tx, RUN, whole(tx))
        assert len(outcomes.unknown(tx, OTHER, whole(tx))) == 3
        assert list(late.values()) == [4]
        outcomes.keep(tx, issue.id, RUN, dict.fromkeys(late, SKIPPED))
        assert outcomes.freeze_span(tx, issue.id, RUN, whole(tx)) == 1
        assert outcomes.freeze_span(tx, issue.id, RUN, whole(tx)) == 0
    with database.read() as tx:
        rows = {
            row.reader_id: row
            for state in (State.PENDING, State.SKIPPED)
            for row in deliveries.rows(tx, issue.id, state)
        }
        assert [(n, rows[n].state, rows[n].reason) for n in sorted(rows)] == [
            (n, State.SKIPPED, "paused") if n == 4 else (n, State.PENDING, None)
            for n in range(1, 6)
        ]
        assert {rows[n].preferences_version for n in (1, 3, 5)} == {1}
        assert {rows[n].preferences_version for n in (2, 4)} == {2}
        assert {(r.due_at, r.next_at) for r in rows.values()} == {(DUE, DUE)}
        assert {rows[1].briefing_id, rows[4].briefing_id} == {7, None}
        assert deliveries.got_week(tx, "2026-W34", 0, 9) == {1, 2, 3, 5}


def test_the_planner_of_postgresql_knows_how_many_outcomes_there_are(database: Database) -> None:
    some_readers(database, 30)
    issue = issue_of(database)
    with database.write() as tx:
        for number in range(1, 31):
            readers.set_plan(tx, number, None, number, NOW)
        keep_all(tx, issue, RUN, PENDING)
        if not tx.is_sqlite:
            told = tx.one("SELECT reltuples FROM pg_class WHERE relname = 'freeze_outcome'")
            assert told == (30,)
        assert outcomes.freeze_span(tx, issue.id, RUN, whole(tx)) == 30


def test_a_span_counts_who_confirmed_in_time_and_ends(database: Database) -> None:
    some_readers(database, 5)
    with database.write() as tx:
        tx.execute("UPDATE reader SET confirmed_at = NULL WHERE id = 2")
        first = whole(tx, limit=3)
        assert (first.upto, first.readers) == (4, 3)
        rest = whole(tx, after=first.upto)
        assert (rest.upto, rest.readers) == (5, 1)
        assert outcomes.next_span(tx, after=5, limit=3, confirmed_before=NOW) is None
        early = NOW - timedelta(days=30)
        assert outcomes.next_span(tx, after=0, limit=3, confirmed_before=early) is None


def test_who_had_the_week_is_skipped_by_a_late_issue_and_by_nothing_else(
    database: Database,
) -> None:
    some_readers(database, 3)
    regular = issue_of(database)
    with database.write() as tx:
        keep_all(tx, regular, RUN, PENDING)
        outcomes.freeze_span(
            tx, regular.id, RUN, Span(after=0, upto=2, confirmed_before=NOW, readers=2)
        )
    late = issue_of(database, IssueKind.LATE)
    with database.write() as tx:
        keep_all(tx, late, OTHER, PENDING)
    with pytest.raises(Conflict), database.write() as tx:
        outcomes.freeze_span(tx, late.id, OTHER, whole(tx))
    with database.write() as tx:
        assert outcomes.skip_who_had_the_week(tx, late.id, OTHER, whole(tx), "2026-W34") == 2
        assert outcomes.freeze_span(tx, late.id, OTHER, whole(tx)) == 1
        assert deliveries.reasons(tx, late.id) == {
            (State.SKIPPED, SkipReason.HAD_THE_WEEK.value): 2
        }


def test_outcomes_are_cleared_once_their_issue_is_not_frozen_any_more(database: Database) -> None:
    some_readers(database, 3)
    issue = issue_of(database)
    with database.write() as tx:
        for number in (1, 2):
            readers.set_plan(tx, number, None, number, NOW)
        keep_all(tx, issue, RUN, PENDING)
        assert outcomes.clear(tx, 10) == 0
        outcomes.freeze_span(tx, issue.id, RUN, whole(tx))
        assert issues.open(tx, issue.id, 3, 3)
        assert [outcomes.clear(tx, 2) for _ in range(3)] == [2, 1, 0]
