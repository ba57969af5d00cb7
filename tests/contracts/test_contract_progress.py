"""How far an issue has come and who got an item, counted alike on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from briefings.model.delivery import IssueKind, State
from briefings.store import deliveries, issues, progress, recipients
from briefings.store.database import Database
from briefings.store.deliveries import FreezeRow

NOW = datetime(2026, 8, 24, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


def opened(database: Database, *states: tuple[int, State]) -> int:
    """An issue with a row for each (hours after NOW, state), readers from 1."""
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
        deliveries.freeze_batch(
            tx,
            [
                FreezeRow(
                    issue_id=issue.id,
                    reader_id=number,
                    state=State.PENDING,
                    reason=None,
                    due_at=NOW + hours * HOUR if hours >= 0 else None,
                    briefing_id=None,
                    preferences_version=1,
                )
                for number, (hours, _) in enumerate(states, 1)
            ],
        )
        for number, (_, state) in enumerate(states, 1):
            tx.execute(
                "UPDATE delivery SET state = :state WHERE reader_id = :reader",
                state=state.value,
                reader=number,
            )
            tx.execute(
                "INSERT INTO received (item_id, reader_id, delivery_id) "
                "SELECT 7, reader_id, id FROM delivery WHERE reader_id = :reader",
                reader=number,
            )
    return issue.id


def test_waves_count_rows_by_their_instant_and_state(database: Database) -> None:
    number = opened(
        database,
        (1, State.PENDING),
        (0, State.ACCEPTED),
        (0, State.ACCEPTED),
        (0, State.DEFERRED),
        (-1, State.SKIPPED),
    )
    with database.read() as tx:
        found = progress.waves(tx, number)
    assert [(one.due_at, one.states, one.mails) for one in found] == [
        (NOW, {State.ACCEPTED: 2, State.DEFERRED: 1}, 3),
        (NOW + HOUR, {State.PENDING: 1}, 1),
    ]


def test_only_what_ended_after_the_instant_counts_for_the_rate(database: Database) -> None:
    number = opened(database, (0, State.ACCEPTED), (0, State.ACCEPTED), (0, State.PENDING))
    with database.write() as tx:
        for reader, seconds in ((1, 0), (2, 30)):
            tx.execute(
                "UPDATE delivery SET settled_at = :at WHERE reader_id = :reader",
                at=(1_787_551_200 + seconds) * 1_000_000,
                reader=reader,
            )
    with database.read() as tx:
        assert progress.settled_since(tx, number, NOW - HOUR)[0] == 2
        assert progress.settled_since(tx, number, NOW)[0] == 1
        assert progress.settled_since(tx, number, NOW + HOUR)[0] == 0
        assert progress.settled_since(tx, number, NOW - HOUR)[1] == NOW
        assert progress.settled_since(tx, number + 1, NOW - HOUR) == (0, None)


def test_who_got_an_item_is_counted_by_issue_and_listed_in_pages(database: Database) -> None:
    opened(database, (0, State.ACCEPTED), (0, State.UNSURE), (0, State.ACCEPTED))
    with database.read() as tx:
        assert recipients.by_issue(tx, 7) == {
            "2026-W34-regular": {State.ACCEPTED: 2, State.UNSURE: 1}
        }
        assert recipients.by_issue(tx, 8) == {}
        assert recipients.count(tx, [7, 8]) == {7: 3}
        assert recipients.count(tx, []) == {}
        first = recipients.page(tx, 7, after=0, limit=2)
        rest = recipients.page(tx, 7, after=first[-1].reader_id, limit=2)
    assert [(one.reader_id, one.state) for one in (*first, *rest)] == [
        (1, State.ACCEPTED),
        (2, State.UNSURE),
        (3, State.ACCEPTED),
    ]
    assert {one.email for one in first} == {""}, "erased readers have no address"
