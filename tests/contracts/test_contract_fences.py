"""Whatever processes do in whatever order: one owner a row, no write under an old fence, no loss."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from briefings.model.delivery import IssueKind, Settled, State
from briefings.model.reader import NewReader
from briefings.store import blocks, deliveries, issues, processes, readers
from briefings.store.database import Database
from briefings.store.deliveries import FreezeRow

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 8, 24, 6, tzinfo=UTC)
AUDIENCE = 9
ITEMS = (1, 2)
ENDS = [state for state in State if state is not State.CLAIMED]
KEEPS_ITEMS = {
    State.PENDING,
    State.DEFERRED,
    State.CLAIMED,
    State.ACCEPTED,
    State.UNSURE,
}


class Senders(RuleBasedStateMachine):
    """Processes claim, settle, die and are replaced; the model knows who holds which row."""

    make: Callable[[], tuple[Database, Callable[[], None]]]

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.database, self.clean = type(self).make()
        with self.database.write() as tx:
            readers.add(
                tx,
                [
                    NewReader(
                        email=f"r{n}@example.org",
                        name="R",
                        specializations=("a",),
                        timezone=None,
                        plan_started_on=None,
                        line=n,
                    )
                    for n in range(AUDIENCE)
                ],
                confirmed_at=NOW - timedelta(days=1),
                consent_source="test",
                import_id=None,
                now=NOW,
            )
            self.issue = issues.create(
                tx,
                week="2026-W34",
                kind=IssueKind.REGULAR,
                n=1,
                began=NOW,
                opened_by_tick=True,
                now=NOW,
            ).id
            briefing = blocks.put_briefing(
                tx,
                self.issue,
                signature="s",
                headers={},
                block_keys=(),
                carried=ITEMS,
                left_over=(),
                editions=(),
                specializations=(),
            )
            deliveries.freeze_batch(
                tx,
                [
                    FreezeRow(
                        issue_id=self.issue,
                        reader_id=reader.id,
                        state=State.PENDING,
                        reason=None,
                        due_at=NOW,
                        briefing_id=briefing,
                        preferences_version=1,
                    )
                    for reader in readers.batch(tx, after_id=0, limit=99, confirmed_before=NOW)
                ],
            )
            for item_id in ITEMS:
                deliveries.fill_received(tx, self.issue, item_id)
            assert issues.open(tx, self.issue, AUDIENCE)
            rows = deliveries.rows(tx, self.issue, None)
        self.states = {row.id: State.PENDING for row in rows}
        self.holders: dict[int, int] = {}
        self.fences: list[int] = []
        self.start()

    @rule()
    def start(self) -> None:
        with self.database.write() as tx:
            fence = processes.register(tx, host="h", boot_id="b", log_path="l", now=self.now).fence
        assert fence > max(self.fences, default=0)
        self.fences.append(fence)

    @rule(data=st.data(), limit=st.integers(1, 5))
    def claim(self, data: st.DataObject, limit: int) -> None:
        fence = data.draw(st.sampled_from(self.fences))
        with self.database.write() as tx:
            rows = deliveries.claim(
                tx, self.issue, owner=str(fence), fence=fence, now=self.now, limit=limit
            )
        for row in rows:
            assert self.states[row.id] in {State.PENDING, State.DEFERRED}
            self.states[row.id] = State.CLAIMED
            self.holders[row.id] = fence
        if len(rows) < limit:
            waiting = [i for i, s in self.states.items() if s is State.PENDING]
            assert not waiting, "due rows were left although there was room"

    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        fence = data.draw(st.sampled_from(self.fences))
        ids = data.draw(st.lists(st.sampled_from(sorted(self.states)), unique=True, max_size=6))
        ends = {row_id: data.draw(st.sampled_from(ENDS)) for row_id in ids}
        with self.database.write() as tx:
            written = deliveries.settle(
                tx,
                [
                    # Only what is deferred waits: a row that goes back is due as it was.
                    Settled(
                        id=i,
                        state=s,
                        next_at=self.now + timedelta(minutes=5) if s is State.DEFERRED else None,
                    )
                    for i, s in ends.items()
                ],
                fence=fence,
                now=self.now,
            )
        ours = [i for i in ids if self.holders.get(i) == fence]
        assert written == len(ours)
        for row_id in ours:
            self.states[row_id] = ends[row_id]
            del self.holders[row_id]

    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        fence = data.draw(st.sampled_from(self.fences))
        ids = data.draw(st.lists(st.sampled_from(sorted(self.states)), unique=True, max_size=6))
        with self.database.write() as tx:
            given = deliveries.give_back(tx, ids, fence)
        ours = [i for i in ids if self.holders.get(i) == fence]
        assert given == len(ours)
        for row_id in ours:
            del self.holders[row_id]
            with self.database.read() as tx:
                found = deliveries.get(tx, row_id)
            assert found is not None
            assert found.state in {State.PENDING, State.DEFERRED}
            self.states[row_id] = found.state

    @precondition(lambda self: self.holders)
    @rule()
    def recover(self) -> None:
        """A dead process's rows become unsure, under its own fence."""
        fence = min(self.holders.values())
        with self.database.write() as tx:
            (group, *_) = deliveries.claimed_by_others(tx, "nobody")
            assert group.fence == fence
            assert set(group.ids) == {i for i, f in self.holders.items() if f == fence}
            ends = [Settled(id=row_id, state=State.UNSURE) for row_id in group.ids]
            assert deliveries.settle(tx, ends, fence=fence, now=self.now) == len(ends)
        for row_id in group.ids:
            self.states[row_id] = State.UNSURE
            del self.holders[row_id]

    @rule()
    def wait(self) -> None:
        self.now += timedelta(minutes=10)

    @rule()
    def resend_unsure(self) -> None:
        with self.database.write() as tx:
            changed = deliveries.resolve_unsure(tx, self.issue, State.PENDING)
        unsure = [i for i, s in self.states.items() if s is State.UNSURE]
        assert changed == len(unsure)
        self.states |= dict.fromkeys(unsure, State.PENDING)

    @invariant()
    def the_rows_are_what_the_model_says_and_add_up(self) -> None:
        with self.database.read() as tx:
            rows = deliveries.rows(tx, self.issue, None)
            counted = deliveries.states(tx, self.issue)
            held = deliveries.received(tx, ITEMS, 0, 99)
        assert {row.id: row.state for row in rows} == self.states
        assert sum(counted.values()) == AUDIENCE
        assert {row.id: row.fence for row in rows if row.state is State.CLAIMED} == self.holders
        for row in rows:
            wanted = frozenset(ITEMS) if row.state in KEEPS_ITEMS else frozenset()
            assert held.get(row.reader_id, frozenset()) == wanted

    def teardown(self) -> None:
        self.clean()


def test_fences_hold_on_sqlite() -> None:
    def make() -> tuple[Database, Callable[[], None]]:
        folder = Path(tempfile.mkdtemp(prefix="briefings-fences-"))
        database = Database.open(f"sqlite:///{folder}/a.db")
        database.migrate()

        def clean() -> None:
            database.dispose()
            shutil.rmtree(folder)

        return database, clean

    run(make)


@pytest.mark.needs("postgresql")
def test_fences_hold_on_postgresql(postgres_database: str) -> None:
    database = Database.open(postgres_database)
    database.migrate()

    def make() -> tuple[Database, Callable[[], None]]:
        with database.write() as tx:
            tables = "received, briefing_item, delivery, briefing, issue, reader, process, counter"
            tx.execute(f"TRUNCATE {tables} RESTART IDENTITY")
        return database, lambda: None

    run(make)
    database.dispose()


def run(make: Callable[[], tuple[Database, Callable[[], None]]]) -> None:
    machine = type("Senders", (Senders,), {"make": staticmethod(make)})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=15, stateful_step_count=25, deadline=None)
    )
