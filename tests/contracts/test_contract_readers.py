"""Readers exist once per mailbox, leave once, and every change reaches those who are sending."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from briefings.errors import NotFound
from briefings.model.frequency import Frequency
from briefings.model.reader import NewReader, Preferences, Section
from briefings.store import readers, suppression
from briefings.store.database import Database
from briefings.store.readers import AddReport

NOW = datetime(2026, 8, 24, 6, tzinfo=UTC)
BEFORE = NOW - timedelta(days=9)


def new(email: str, *specializations: str, name: str = "Ada") -> NewReader:
    return NewReader(
        email=email,
        name=name,
        specializations=specializations or ("mlops-engineer",),
        timezone="Europe/Berlin",
        plan_started_on=date(2026, 8, 3),
        line=2,
    )


def add(database: Database, *added: NewReader, confirmed: datetime | None = BEFORE) -> AddReport:
    with database.write() as tx:
        return readers.add(
            tx,
            added,
            confirmed_at=confirmed,
            consent_source="a form",
            import_id=None,
            now=NOW,
            email_hashes=lambda key: [f"hash of {key}", f"older hash of {key}"],
        )


def test_a_reader_comes_back_as_imported(database: Database) -> None:
    add(database, new("Ada.L@Example.ORG", "mlops-engineer", "devops-engineer"))
    with database.read() as tx:
        reader = readers.by_email(tx, " ada.l@EXAMPLE.org ")
        assert reader is not None
        assert readers.get(tx, reader.id) == reader
        assert readers.among(tx, [reader.id, 99]) == {reader.id: reader}
        assert readers.get(tx, 99) is None
        assert readers.consent_of(tx, reader.id) == "a form"
        assert readers.consent_of(tx, 99) == ""
    assert reader.email == "Ada.L@Example.ORG"
    assert reader.preferences == Preferences(specializations=("mlops-engineer", "devops-engineer"))
    assert (reader.timezone, reader.plan_started_on) == ("Europe/Berlin", date(2026, 8, 3))
    assert (reader.confirmed_at, reader.left_at, reader.suppressed) == (BEFORE, None, False)


def test_one_mailbox_is_one_reader_however_it_is_spelled(database: Database) -> None:
    assert add(
        database,
        new("ada@bücher.example"),
        new("ADA@xn--bcher-kva.example"),
        new("Ada@BU\u0308CHER.example"),
        new("eve@example.org"),
    ) == AddReport(added=2, known=2, suppressed=0)
    assert add(database, new("Eve@example.org")) == AddReport(added=0, known=1, suppressed=0)


def test_suppressed_mailboxes_are_skipped_and_counted(database: Database) -> None:
    with database.write() as tx:
        readers.suppress(tx, "hash of eve@example.org", "complaint", NOW)
        assert not suppression.add(tx, "hash of eve@example.org", "again", NOW)
    report = add(database, new("Eve@Example.org"), new("ada@example.org"))
    assert report == AddReport(added=1, known=0, suppressed=1)


def test_batches_stream_the_confirmed_by_number(database: Database) -> None:
    add(database, *(new(f"r{n}@example.org") for n in range(7)))
    add(database, new("later@example.org"), confirmed=NOW)
    add(database, new("never@example.org"), confirmed=None)
    seen: list[int] = []
    with database.write() as tx:
        readers.leave(tx, 2, specializations=None, now=NOW)
        while found := readers.batch(
            tx, after_id=seen[-1] if seen else 0, limit=3, confirmed_before=NOW
        ):
            seen += [reader.id for reader in found]
        assert readers.confirmed_count(tx, NOW) == len(seen) == 7
        assert readers.count(tx) == 9
        assert readers.count_by_specializations(tx) == {("mlops-engineer",): 7}
    assert seen == sorted(seen)


def test_leaving_one_then_all_happens_once(database: Database) -> None:
    add(database, new("a@example.org", "a", "b", "c"))
    with database.write() as tx:
        assert readers.leave(tx, 1, specializations=["b", "z"], now=NOW)
        assert not readers.leave(tx, 1, specializations=["b"], now=NOW)
        reader = readers.get(tx, 1)
        assert reader is not None
        assert reader.preferences.specializations == ("a", "c")
        assert reader.left_at is None
        assert readers.leave(tx, 1, specializations=["a", "c"], now=NOW)
        assert not readers.leave(tx, 1, specializations=None, now=NOW + timedelta(days=1))
        reader = readers.get(tx, 1)
        assert reader is not None
        assert (reader.left_at, reader.confirmed_at) == (NOW, BEFORE)
        assert reader.preferences_version == 3
        assert readers.changes_since(tx, 0) == (2, [1, 1])
        with pytest.raises(NotFound, match="no reader 9"):
            readers.leave(tx, 9, specializations=None, now=NOW)


def test_coming_back_keeps_the_old_confirmation(database: Database) -> None:
    add(database, new("a@example.org"))
    with database.write() as tx:
        readers.leave(tx, 1, specializations=None, now=NOW)
        readers.rejoin(tx, 1, ("b",), NOW)
        reader = readers.get(tx, 1)
    assert reader is not None
    assert (reader.left_at, reader.confirmed_at) == (None, BEFORE)
    assert reader.preferences.specializations == ("b",)


def test_every_change_of_a_reader_is_told_once_and_in_order(database: Database) -> None:
    add(database, new("a@example.org"), new("b@example.org"))
    chosen = Preferences(
        specializations=("a", "b"),
        frequency=Frequency.MONTHLY,
        sections_off=(Section.PAY, Section.PLAN),
        language="de",
    )
    with database.write() as tx:
        assert readers.changes_since(tx, 0) == (0, [])
        assert readers.last_change(tx) == 0
        readers.set_preferences(tx, 2, chosen, "Asia/Tokyo", date(2026, 9, 1), NOW)
        readers.leave(tx, 1, specializations=None, now=NOW)
        readers.suppress(tx, "h", "bounce", NOW, reader_id=2)
        assert readers.changes_since(tx, 0) == (3, [2, 1, 2])
        assert readers.changes_since(tx, 2) == (3, [2])
        assert readers.last_change(tx) == 3
        reader = readers.get(tx, 2)
    assert reader is not None
    assert reader.preferences == chosen
    assert (reader.timezone, reader.paused_until) == ("Asia/Tokyo", date(2026, 9, 1))
    assert (reader.suppressed, reader.preferences_version) == (True, 3)


def test_an_erased_reader_leaves_a_number_that_still_counts(database: Database) -> None:
    add(database, new("a@example.org"), new("b@example.org"))
    with database.write() as tx:
        readers.erase(tx, 1, NOW)
        readers.erase(tx, 2, NOW)
        reader = readers.get(tx, 1)
        assert readers.by_email(tx, "a@example.org") is None
        assert readers.confirmed_count(tx, NOW) == 2
        assert readers.count_by_specializations(tx) == {}
        assert "example" not in str(tx.rows("SELECT * FROM reader"))
    assert reader is not None
    assert (reader.email, reader.name, reader.left_at, reader.confirmed_at) == ("", "", NOW, BEFORE)
    assert add(database, new("a@example.org")).added == 1
