"""SQLite reads the hot statements by the indexes that were made for them."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from briefings.store import (
    audiences,
    claims,
    deliveries,
    editions,
    outcomes,
    readers,
    received,
    seeds,
)
from briefings.store.database import Database, Transaction
from briefings.store.tables import OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(f"sqlite:///{tmp_path}/plans.db")
    opened.migrate()
    yield opened
    opened.dispose()


def plan(database: Database, sql: str) -> list[str]:
    with database.read() as tx:
        rows = tx.fetch(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?"))
    return [str(row[3]) for row in rows]


@pytest.mark.parametrize("ignore_due", [False, True])
def test_a_claim_steps_into_the_index_of_open_rows(database: Database, ignore_due: bool) -> None:
    steps = plan(database, claims.claim_sql(ignore_due=ignore_due, skip_locked=False))
    assert any("COVERING INDEX ix_delivery_open (issue_id=? AND state=?" in step for step in steps)
    assert not [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step]


@pytest.mark.parametrize("ignore_due", [False, True])
def test_a_claim_of_seeds_reads_no_row_but_theirs(database: Database, ignore_due: bool) -> None:
    sql = claims.claim_sql(ignore_due=ignore_due, skip_locked=False, seeds_only=True)
    steps = plan(database, sql)
    assert not [step for step in steps if "ix_delivery_open" in step or step.startswith("SCAN")]
    assert [step for step in steps if step.startswith("SEARCH seed_delivery USING ")]
    assert "SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)" in steps


def test_the_hour_of_who_waits_behind_seeds_is_one_walk_along_the_open_rows(
    database: Database,
) -> None:
    steps = plan(database, seeds.OTHERS_DUE)
    assert "ix_delivery_open (issue_id=? AND state>" in steps[0]
    assert not [step for step in steps if "TEMP B-TREE" in step]


def test_bound_states_would_not_use_it(database: Database) -> None:
    bound = "SELECT id FROM delivery WHERE state IN (?, ?)"
    assert "ix_delivery_open" not in str(plan(database, bound))
    assert "ix_delivery_open" in str(plan(database, f"SELECT issue_id FROM delivery WHERE {OPEN}"))


def test_a_settlement_finds_its_rows_by_their_number(database: Database) -> None:
    steps = plan(database, claims.settle_sql(256))
    assert "SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)" in steps


def test_the_next_instant_is_one_step_per_state(database: Database) -> None:
    steps = plan(database, deliveries.NEXT_DUE)
    assert sum("ix_delivery_open (issue_id=? AND state>" in step for step in steps) == 1
    assert sum("ix_delivery_open (issue_id=? AND state<" in step for step in steps) == 1


def test_received_items_are_filled_along_the_readers(database: Database) -> None:
    steps = plan(database, received.FILL.format(chosen=""))
    assert "uq_delivery_issue_id_reader_id (issue_id=? AND reader_id>? AND reader_id<?)" in steps[0]
    assert "SEARCH briefing_item USING PRIMARY KEY (briefing_id=?)" in steps[1]


def asked(database: Database, act: Callable[[Transaction], object]) -> list[str]:
    """The steps of what an act asks the database."""
    told: list[str] = []
    with database.read() as tx:
        connection = tx.connection.connection.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        connection.set_trace_callback(told.append)
        act(tx)
        connection.set_trace_callback(None)
        return [
            str(row[3]) for sql in told for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")
        ]


def test_what_is_left_of_an_issue_is_counted_without_its_other_rows(database: Database) -> None:
    steps = asked(database, lambda tx: deliveries.work_left(tx, 1))
    assert steps == [
        "SEARCH delivery USING INDEX ix_delivery_claimed (fence>?)",
        "SEARCH delivery USING COVERING INDEX ix_delivery_open (issue_id=? AND state=?)",
    ]


def test_readers_are_counted_out_of_an_index_alone(database: Database) -> None:
    steps = asked(database, readers.count_by_specializations)
    assert "SCAN reader USING COVERING INDEX ix_reader_counted" in steps
    assert not [step for step in steps if "TEMP B-TREE" in step]


def test_the_index_of_counts_leads_no_one_astray_who_reads_whole_rows(database: Database) -> None:
    now = datetime(2026, 8, 24, tzinfo=UTC)
    span = outcomes.Span(after=0, upto=9, confirmed_before=now, readers=9)
    for act in (
        audiences.groups,
        audiences.count_by_zone,
        lambda tx: outcomes.next_span(tx, after=0, limit=9, confirmed_before=now),
        lambda tx: outcomes.unknown(tx, 1, span),
    ):
        steps = asked(database, act)
        assert [step for step in steps if " reader" in step], steps
        assert not [step for step in steps if "ix_reader_counted" in step], steps


def test_the_last_subject_of_many_is_one_step_into_an_index_for_each(database: Database) -> None:
    steps = asked(database, lambda tx: editions.last_subjects(tx, ["a", "b"], "2026-W34"))
    assert (
        "SEARCH edition USING INDEX uq_edition_specialization_week (specialization=? AND week<?)"
        in steps
    )
