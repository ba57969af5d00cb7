"""Who is suppressed stays so whatever becomes of SECRET_KEY, and under every spelling."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from briefings.model.reader import NewReader
from briefings.pipeline.left_log import mailbox_hash
from briefings.pipeline.mailboxes import Mailboxes
from briefings.store import readers, suppression
from briefings.store.database import Database

OLD, NEW = "o" * 32, "n" * 32
NOW = datetime(2026, 8, 24, 6, tzinfo=UTC)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(f"sqlite:///{tmp_path}/briefings.db")
    opened.migrate()
    yield opened
    opened.dispose()


def suppressed(db: Database, secrets: str, address: str) -> str | None:
    with db.read() as tx:
        looked_up = Mailboxes.known(db, secrets).suppressed(tx, address)
    mailboxes = Mailboxes.of(db, secrets)
    with db.read() as tx:
        found = mailboxes.suppressed(tx, address)
    assert found == looked_up
    return found


def imported(db: Database, secrets: str, address: str) -> int:
    person = NewReader(
        email=address,
        name="",
        specializations=("mlops-engineer",),
        timezone=None,
        plan_started_on=None,
        line=2,
    )
    names = Mailboxes.known(db, secrets).names
    with db.write() as tx:
        return readers.add(
            tx,
            [person],
            confirmed_at=NOW,
            consent_source="a file",
            import_id=None,
            now=NOW,
            email_hashes=names,
        ).added


def add(db: Database, name: str) -> None:
    with db.write() as tx:
        suppression.add(tx, name, "erased", NOW)


def test_changing_the_secret_key_forgets_nobody(db: Database) -> None:
    add(db, Mailboxes.of(db, OLD).name("eve@example.org"))
    for secrets in (OLD, f"{NEW},{OLD}", NEW, ""):
        assert suppressed(db, secrets, "EVE@example.org") == "erased"
        assert imported(db, secrets, "Eve@Example.org") == 0
        assert suppressed(db, secrets, "bob@example.org") is None


def test_looking_up_makes_no_key_and_without_one_knows_nobody(db: Database) -> None:
    assert imported(db, "", "eve@example.org") == 1
    with db.read() as tx:
        assert Mailboxes.known(db).suppressed(tx, "eve@example.org") is None
        assert suppression.keys(tx) == []


def test_two_databases_name_one_mailbox_differently(db: Database, tmp_path: Path) -> None:
    other = Database.open(f"sqlite:///{tmp_path}/other.db")
    other.migrate()
    assert Mailboxes.of(db, OLD).name("a@b.example") != Mailboxes.of(other, OLD).name("a@b.example")
    other.dispose()


def test_rows_from_before_the_key_outlive_the_secret_that_they_were_made_under(
    db: Database,
) -> None:
    add(db, mailbox_hash(OLD, "eve@example.org"))
    assert suppressed(db, NEW, "eve@example.org") is None, "nobody knows the old key yet"
    assert suppressed(db, f"{NEW}, {OLD}", "eve@example.org") == "erased"
    for secrets in (NEW, ""):
        assert suppressed(db, secrets, "eve@example.org") == "erased"
        assert imported(db, secrets, "eve@example.org") == 0


def test_nothing_is_remembered_for_an_empty_list(db: Database) -> None:
    Mailboxes.of(db, f"{NEW},{OLD}")
    Mailboxes.of(db, NEW)
    with db.read() as tx:
        assert len(suppression.keys(tx)) == 1


def test_a_mailbox_that_comes_back_is_let_in_under_all_its_names(db: Database) -> None:
    add(db, mailbox_hash(OLD, "eve@example.org"))
    mailboxes = Mailboxes.of(db, OLD)
    add(db, mailboxes.name("eve@example.org"))
    with db.write() as tx:
        assert suppression.lift(tx, mailboxes.names("eve@example.org"))
    assert suppressed(db, OLD, "eve@example.org") is None


def test_plus_addresses_share_a_family_and_are_mailboxes_of_their_own(db: Database) -> None:
    mailboxes = Mailboxes.of(db, OLD)
    one, two = "Ada+lists@example.org", "ada@example.org"
    assert mailboxes.family(one) == mailboxes.family(two)
    assert mailboxes.name(one) != mailboxes.name(two)
    assert mailboxes.family("+x@example.org") != mailboxes.family("+y@example.org")
