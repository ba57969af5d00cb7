"""Units of work and migrations behave alike on both databases."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from briefings.errors import Conflict, DatabaseBusy, Misconfigured
from briefings.store import instance, issues, migrations, readers
from briefings.store.database import Database
from briefings.store.schema import METADATA

if TYPE_CHECKING:
    from pathlib import Path

    from briefings.store.database import Transaction

NOW = datetime(2026, 8, 24, 6, tzinfo=UTC)


def difference(tx: Transaction) -> list[object]:
    context = MigrationContext.configure(tx.connection, opts={"compare_type": True})
    return list(compare_metadata(context, METADATA))


def test_an_empty_database_migrates_to_exactly_the_tables_of_the_models(url: str) -> None:
    opened = Database.open(url)
    assert opened.version() == (None, migrations.HEAD)
    opened.migrate()
    assert opened.version() == (migrations.HEAD, migrations.HEAD)
    with opened.read() as tx:
        assert difference(tx) == []
    opened.dispose()


def test_partial_indexes_carry_the_same_condition_in_models_and_migrations(
    database: Database,
) -> None:
    with database.read() as tx:
        found = {
            index["name"]
            for table in METADATA.tables
            for index in inspect(tx.connection).get_indexes(table)
            if any(key.endswith("_where") for key in index["dialect_options"])
        }
    wanted = {
        index.name
        for table in METADATA.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    assert found == wanted
    assert "ix_delivery_open" in wanted


def test_the_last_step_can_be_taken_back_and_taken_again(database: Database) -> None:
    database.downgrade_one()
    steps = ScriptDirectory.from_config(migrations.configuration())
    assert database.version()[0] == steps.get_revision("head").down_revision
    database.migrate()
    database.migrate()
    with database.read() as tx:
        assert difference(tx) == []


def test_rows_of_before_are_counted_for_their_week(database: Database) -> None:
    """Step 0004: one mail a week (R4), also for what was frozen under an older version."""
    with database.write() as tx:
        for number, kind in enumerate(("regular", "late", "welcome"), start=1):
            tx.execute(
                "INSERT INTO issue (id, name, week, kind, n, state, began, audience, "
                "opened_by_tick, created_at) VALUES (:id, :kind, '2026-W34', :kind, 1, 'open', 0, "
                "2, FALSE, 0)",
                id=number,
                kind=kind,
            )
            for reader_id in (1, 2):
                tx.execute(
                    "INSERT INTO delivery (issue_id, reader_id, state, preferences_version, fence, "
                    "attempts) VALUES (:issue, :reader, :state, 1, 0, 0)",
                    issue=number,
                    reader=reader_id,
                    state="skipped" if (number, reader_id) in {(1, 2), (2, 1)} else "accepted",
                )
    while database.version()[0] != "0003":
        database.downgrade_one()
    database.migrate()
    with database.read() as tx:
        found = tx.rows(
            "SELECT issue_id, reader_id, once_a_week FROM delivery WHERE once_a_week IS NOT NULL "
            "ORDER BY issue_id"
        )
    assert [tuple(row) for row in found] == [(1, 1, "2026-W34"), (2, 2, "2026-W34")]


def test_the_program_names_its_newest_step_rightly() -> None:
    steps = ScriptDirectory.from_config(migrations.configuration())
    assert steps.get_heads() == [migrations.HEAD]


def test_a_schema_from_the_future_is_refused_with_what_to_do(database: Database) -> None:
    with database.write() as tx:
        tx.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Misconfigured, match=r"9999.*newer version of Briefings"):
        database.migrate()


def test_tables_that_are_not_there_yet_are_named_with_the_remedy(url: str) -> None:
    opened = Database.open(url)
    with (
        pytest.raises(Misconfigured, match="has not the tables of this version"),
        opened.read() as tx,
    ):
        readers.count(tx)
    opened.dispose()


def test_a_unit_that_fails_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(RuntimeError, match="half way"), database.write() as tx:  # noqa: PT012 - both belong to the unit
        instance.put(tx, "a", "1")
        raise RuntimeError("half way")
    with database.read() as tx:
        assert instance.get(tx, "a") is None


def test_a_read_unit_sees_one_state_of_the_world(database: Database) -> None:
    with database.read() as reading:
        assert instance.get(reading, "a") is None
        with database.write() as writing:
            instance.put(writing, "a", "1")
        assert instance.get(reading, "a") is None
    with database.read() as reading:
        assert instance.get(reading, "a") == "1"


def test_a_second_writer_of_one_row_waits_and_then_says_busy(database: Database, url: str) -> None:
    with database.write() as tx:
        instance.put(tx, "a", "1")
    impatient = Database.open(url, busy_timeout=0.05)
    with database.write() as tx:
        instance.put(tx, "a", "2")
        with pytest.raises(DatabaseBusy, match="locked") as raised, impatient.write() as second:
            instance.put(second, "a", "3")
    assert "\n" not in str(raised.value)
    with impatient.write() as second:
        instance.put(second, "a", "3")
    impatient.dispose()


def test_a_broken_unique_key_is_a_conflict(database: Database) -> None:
    with database.write() as tx:
        tx.execute("INSERT INTO meta (key, value) VALUES ('k', 'v')")
    with pytest.raises(Conflict, match="somebody else"), database.write() as tx:
        tx.execute("INSERT INTO meta (key, value) VALUES ('k', 'v')")


def test_a_statement_that_is_wrong_shows_as_what_it_is(database: Database) -> None:
    with pytest.raises(Exception, match="syntax") as raised, database.read() as tx:
        tx.rows("SELEKT 1")
    assert not isinstance(raised.value, Misconfigured)


def test_many_rows_are_written_and_counted_whatever_their_number(database: Database) -> None:
    pairs = [(f"k{n}", "v") for n in range(4_321)]
    sql = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING"
    with database.write() as tx:
        assert tx.many(sql, pairs[:10]) == 10
        assert tx.many(sql, pairs) == 4_311
        assert tx.many(sql, []) == 0
        assert tx.many("UPDATE meta SET value = ? WHERE key = ?", [("w", "k1"), ("w", "no")]) == 1
        assert tx.rows("SELECT COUNT(*) FROM meta") == [(4_321,)]


def test_counters_count_from_one_without_gaps(database: Database) -> None:
    with database.write() as tx:
        assert [instance.next_number(tx, "a") for _ in range(3)] == [1, 2, 3]
        assert instance.next_number(tx, "b") == 1


def test_history_is_an_issue_or_an_approved_edition(database: Database) -> None:
    from briefings.model.delivery import IssueKind

    with database.write() as tx:
        assert instance.instance_id(tx) is None
        assert not instance.has_history(tx)
        instance.set_instance_id(tx, "x")
        instance.set_instance_id(tx, "y")
        assert instance.instance_id(tx) == "y"
        issues.create(
            tx,
            week="2026-W34",
            kind=IssueKind.REGULAR,
            n=1,
            began=NOW,
            opened_by_tick=True,
            now=NOW,
        )
        assert instance.has_history(tx)


def test_who_writes_without_end_pauses_so_that_other_processes_get_in(tmp_path: Path) -> None:
    opened = Database.open(f"sqlite:///{tmp_path}/briefings.db")
    opened.migrate()
    pauses: list[float] = []
    at: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        at.append(time.monotonic())

    opened.pause = pause
    until = time.monotonic() + 20
    while len(pauses) < 2 and time.monotonic() < until:
        with opened.write() as tx:
            instance.put(tx, "a", str(time.monotonic_ns()))
    assert pauses == [0.005, 0.005]
    assert at[1] - at[0] >= 0.02, "a pause was forgotten as soon as it was made"
    opened.dispose()
