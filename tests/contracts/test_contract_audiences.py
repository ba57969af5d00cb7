"""An audience that was counted is known to have grown, whichever way somebody came into it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from briefings.model.delivery import IssueKind, IssueState
from briefings.model.reader import NewReader
from briefings.store import audiences, imports, issues, readers
from briefings.store.audiences import Counted
from briefings.store.database import Database, Transaction

NOW = datetime(2026, 8, 24, 6, tzinfo=UTC)
BEFORE = NOW - timedelta(days=9)


def add(
    tx: Transaction, email: str, confirmed: datetime | None, import_id: int | None = None
) -> None:
    reader = NewReader(
        email=email,
        name="Ada",
        specializations=("mlops-engineer",),
        timezone=None,
        plan_started_on=None,
        line=2,
    )
    readers.add(
        tx, [reader], confirmed_at=confirmed, consent_source="a form", import_id=import_id, now=NOW
    )


@pytest.fixture
def staged(database: Database) -> int:
    """Reader 1 is confirmed, reader 2 is not, reader 3 belongs to an import nobody sees yet."""
    with database.write() as tx:
        add(tx, "a@example.org", BEFORE)
        add(tx, "b@example.org", None)
        import_id = imports.begin(tx, "subscribers", "made up", now=NOW)
        add(tx, "c@example.org", BEFORE, import_id)
    return import_id


def count(database: Database) -> Counted:
    with database.read() as tx:
        return audiences.counted(tx, NOW)


def grew(database: Database, since: Counted) -> bool:
    with database.write() as tx:
        return audiences.grew(tx, since, NOW)


def test_whoever_leaves_or_comes_later_changes_no_audience(database: Database, staged: int) -> None:
    counted = count(database)
    assert counted.audience == 1
    with database.write() as tx:
        readers.leave(tx, 1, specializations=None, now=NOW)
        readers.confirm(tx, 2, NOW)
        add(tx, "d@example.org", NOW)
        add(tx, "e@example.org", BEFORE, staged)
    assert not grew(database, counted)
    assert count(database).audience == 1


def test_a_new_reader_who_confirmed_before_makes_it_grow(database: Database, staged: int) -> None:
    counted = count(database)
    with database.write() as tx:
        add(tx, "d@example.org", BEFORE)
    assert grew(database, counted)
    assert not grew(database, count(database))


def test_a_known_reader_who_confirms_makes_it_grow(database: Database, staged: int) -> None:
    counted = count(database)
    with database.write() as tx:
        readers.confirm(tx, 2, BEFORE)
    assert grew(database, counted)


def test_an_import_that_is_shown_makes_it_grow(database: Database, staged: int) -> None:
    counted = count(database)
    with database.write() as tx:
        imports.show(tx, staged, {"added": 1}, now=NOW)
    assert grew(database, counted)
    assert count(database).audience == 2


def test_an_issue_opens_only_when_rows_counted_before_equal_the_audience(
    database: Database,
) -> None:
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
        assert issues.count_rows(tx, issue.id) == 0
        assert not issues.open(tx, issue.id, 2, 1)
        assert issues.open(tx, issue.id, 2, 2)
        assert issues.by_name(tx, issue.name).state is IssueState.OPEN
        assert not issues.open(tx, issue.id, 2, 2)


def test_groups_are_readers_who_differ_in_what_makes_a_mail(database: Database) -> None:
    some = [
        ("a@example.org", ("one", "two"), "Europe/Berlin"),
        ("b@example.org", ("one", "two"), None),
        ("c@example.org", ("one",), None),
        ("d@example.org", ("one",), None),
    ]
    with database.write() as tx:
        for number, (email, slugs, zone) in enumerate(some, 1):
            person = NewReader(
                email=email,
                name="",
                specializations=slugs,
                timezone=zone,
                plan_started_on=None,
                line=number,
            )
            readers.add(tx, [person], confirmed_at=NOW, consent_source="t", import_id=None, now=NOW)
        assert audiences.groups(tx) == {("one", "two"): 1, ("one",): 1}, "a zone makes none"
        readers.set_plan(tx, 3, NOW.date(), 0, NOW)
        assert audiences.groups(tx) == {("one", "two"): 1, ("one",): 2}
        readers.leave(tx, 4, specializations=None, now=NOW)
        assert audiences.groups(tx) == {("one", "two"): 1, ("one",): 1}
