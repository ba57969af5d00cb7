"""Letters go once per key, one owner at a time, and rather twice than never."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from briefings.model.delivery import Settled, State
from briefings.model.letter import LetterKind, NewLetter
from briefings.store import consents, letters, moves, quotas, signups, suppression
from briefings.store.consents import Consent
from briefings.store.database import Database
from briefings.store.quotas import Use
from briefings.store.signups import NewSignUp

NOW = datetime(2026, 8, 24, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


def new(key: str = "a", *, to: str = "Ada@Example.org", skipped: str = "") -> NewLetter:
    return NewLetter(
        key=key,
        kind=LetterKind.CONFIRM,
        recipient=to,
        subject_id=7,
        payload={"specializations": "Köln"},
        expires_at=NOW + 2 * HOUR,
        skipped=skipped,
    )


def queue(database: Database, *those: NewLetter) -> list[int | None]:
    with database.write() as tx:
        return [letters.queue(tx, one, NOW) for one in those]


def claim(database: Database, *, fence: int = 1, now: datetime = NOW, limit: int = 9) -> list[int]:
    with database.write() as tx:
        return [one.id for one in letters.claim(tx, fence=fence, now=now, limit=limit)]


def settle(database: Database, *results: Settled, fence: int = 1) -> int:
    with database.write() as tx:
        return letters.settle(tx, results, fence=fence, now=NOW)


def state(database: Database, letter_id: int) -> State:
    with database.read() as tx:
        (row,) = tx.rows("SELECT state FROM letter WHERE id = :id", id=letter_id)
    return State(row[0])


def test_a_letter_is_queued_once_per_key_and_comes_back_as_it_was(database: Database) -> None:
    first, again, other = queue(database, new(), new(), new("b"))
    assert first is not None
    assert again is None
    assert other not in (None, first)
    with database.read() as tx:
        found = letters.get(tx, first)
        assert letters.get(tx, 99) is None
        assert letters.next_due(tx) == NOW
    assert found is not None
    assert (found.recipient, found.subject_id, found.kind) == (
        "Ada@Example.org",
        7,
        LetterKind.CONFIRM,
    )
    assert (found.payload, found.created_at, found.attempts) == (
        {"specializations": "Köln"},
        NOW,
        0,
    )


def test_one_claim_takes_what_is_due_and_no_second_one_gets_it(database: Database) -> None:
    one, two, three = queue(database, new("a"), new("b"), new("c"))
    assert claim(database, limit=2) == [one, two]
    assert claim(database, fence=2) == [three]
    assert claim(database, fence=3) == []
    with database.read() as tx:
        assert sorted(letters.claimed_fences(tx)) == [1, 2]


def test_only_letters_of_the_kinds_asked_for_are_due_and_taken(database: Database) -> None:
    confirm, desk = queue(database, new(), replace(new("b"), kind=LetterKind.DESK))
    assert confirm is not None
    with database.write() as tx:
        assert letters.next_due(tx, [LetterKind.ALERT]) is None
        assert letters.claim(tx, fence=1, now=NOW, limit=9, kinds=[LetterKind.ALERT]) == []
        kinds = [LetterKind.ALERT, LetterKind.DESK]
        assert letters.next_due(tx, kinds) == NOW
        assert [one.id for one in letters.claim(tx, fence=1, now=NOW, limit=9, kinds=kinds)] == [
            desk
        ]
        assert letters.next_due(tx, kinds) is None
    assert claim(database) == [confirm]


def test_only_the_fence_that_claimed_a_letter_settles_it(database: Database) -> None:
    (one,) = queue(database, new())
    assert one is not None
    claim(database)
    assert settle(database, Settled(id=one, state=State.ACCEPTED), fence=2) == 0
    assert settle(database, Settled(id=one, state=State.ACCEPTED, code=250)) == 1
    assert settle(database, Settled(id=one, state=State.REJECTED)) == 0
    assert state(database, one) is State.ACCEPTED
    with database.read() as tx:
        assert letters.states(tx) == {State.ACCEPTED: 1}
        assert letters.next_due(tx) is None


def test_a_deferred_letter_waits_and_one_given_back_does_not_count(database: Database) -> None:
    (one,) = queue(database, new())
    assert one is not None
    claim(database)
    settle(database, Settled(id=one, state=State.PENDING))
    claim(database)
    settle(database, Settled(id=one, state=State.DEFERRED, next_at=NOW + HOUR))
    assert claim(database) == []
    assert claim(database, now=NOW + HOUR) == [one]
    with database.read() as tx:
        found = letters.get(tx, one)
    assert found is not None
    assert found.attempts == 1


def test_what_a_dead_process_claimed_goes_again(database: Database) -> None:
    one, two = queue(database, new("a"), new("b"))
    assert one is not None
    claim(database, limit=1)
    settle(database, Settled(id=one, state=State.DEFERRED, next_at=NOW))
    claim(database)
    with database.write() as tx:
        assert letters.release(tx, 2) == 0
        assert letters.release(tx, 1) == 2
    assert state(database, one) is State.DEFERRED
    assert claim(database, fence=2) == [one, two]


def test_a_letter_ends_with_its_link_and_is_never_sent_later(database: Database) -> None:
    (one,) = queue(database, new())
    assert one is not None
    late = NOW + 2 * HOUR
    assert claim(database, now=late) == []
    with database.write() as tx:
        assert letters.expire(tx, late - timedelta(seconds=1)) == 0
        assert letters.expire(tx, late) == 1
    assert state(database, one) is State.EXPIRED


def test_a_skipped_letter_is_written_down_without_an_address(database: Database) -> None:
    (one,) = queue(database, new(skipped="suppressed"))
    assert one is not None
    assert claim(database) == []
    assert state(database, one) is State.SKIPPED
    with database.read() as tx:
        assert tx.one("SELECT recipient, mailbox FROM letter") == ("", "")


def test_letters_are_found_by_mailbox_and_forgotten(database: Database) -> None:
    one, two, _ = queue(database, new("a"), new("b", to="ada@EXAMPLE.org"), new("c", to="b@c.de"))
    with database.read() as tx:
        assert [found.id for found in letters.of_mailbox(tx, "ADA@example.org", 9)] == [two, one]
    with database.write() as tx:
        assert letters.forget_mailbox(tx, "ada@example.org", but=[LetterKind.CONFIRM]) == 0
        assert letters.forget_mailbox(tx, "ada@example.org") == 2
    claim(database)
    with database.write() as tx:
        assert letters.forget(tx, NOW + HOUR) == 0
    settle(database, Settled(id=3, state=State.ACCEPTED))
    with database.write() as tx:
        assert letters.forget(tx, NOW) == 0
        assert letters.forget(tx, NOW + HOUR) == 1


def asked(email: str = "Ada@Example.org", *slugs: str) -> NewSignUp:
    return NewSignUp(
        email=email,
        specializations=slugs or ("mlops-engineer",),
        timezone="Europe/Berlin",
        source="form",
        consent_text="2026-08",
        asked_at=NOW,
        asked_from="203.0.113.9",
        expires_at=NOW + HOUR,
    )


def test_a_mailbox_has_one_sign_up_whose_newest_wish_counts(database: Database) -> None:
    with database.write() as tx:
        first = signups.put(tx, asked())
        assert (
            signups.put(tx, asked("ada@example.ORG", "data-scientist", "mlops-engineer")) == first
        )
        found = signups.get(tx, first)
        assert found == signups.by_email(tx, "ADA@example.org")
        assert found is not None
        assert found.specializations == ("data-scientist", "mlops-engineer")
        assert (found.asked_from, found.timezone) == ("203.0.113.9", "Europe/Berlin")
        assert signups.drop(tx, "ada@example.org") is True
        assert signups.drop(tx, "ada@example.org") is False
        assert signups.get(tx, first) is None


def test_sign_ups_that_nobody_confirmed_go(database: Database) -> None:
    with database.write() as tx:
        number = signups.put(tx, asked())
        assert signups.expire(tx, NOW) == 0
        assert signups.get(tx, number) is not None
        assert signups.expire(tx, NOW + HOUR) == 1
        assert signups.by_email(tx, "ada@example.org") is None


def test_proof_of_consent_keeps_both_steps(database: Database) -> None:
    proof = Consent(
        text_version="2026-08",
        source="form",
        specializations=("mlops-engineer",),
        asked_at=NOW,
        asked_from="203.0.113.9",
        confirmed_at=NOW + HOUR,
        confirmed_from="2001:db8::1",
    )
    with database.write() as tx:
        consents.add(tx, 4, proof)
        assert consents.of_reader(tx, 4) == [proof]
        assert consents.of_reader(tx, 5) == []
        consents.erase(tx, 4)
        assert consents.of_reader(tx, 4) == []


def test_uses_are_counted_within_a_window_that_begins_with_the_first(database: Database) -> None:
    with database.write() as tx:
        assert quotas.use(tx, "a", HOUR, NOW) == Use(number=1, ends_at=NOW + HOUR)
        assert quotas.use(tx, "a", HOUR, NOW + HOUR / 2) == Use(number=2, ends_at=NOW + HOUR)
        assert quotas.use(tx, "b", HOUR, NOW).number == 1
        assert quotas.use(tx, "a", HOUR, NOW + HOUR).number == 1
        assert quotas.use(tx, "a", HOUR, NOW + 1.9 * HOUR).number == 2
        assert quotas.expire(tx, NOW + HOUR) == 1


def test_a_reader_has_one_change_of_address_at_a_time(database: Database) -> None:
    with database.write() as tx:
        first = moves.put(tx, 4, "old-wish@example.org", now=NOW, expires_at=NOW + HOUR)
        second = moves.put(tx, 4, "new@example.org", now=NOW, expires_at=NOW + HOUR)
        assert second != first or tx.is_sqlite
        found = moves.of_reader(tx, 4, NOW)
        assert found is not None
        assert (found.id, found.new_email, found.agreed_at) == (second, "new@example.org", None)
        assert moves.agree(tx, second, NOW) is True
        assert moves.agree(tx, second, NOW) is False
        agreed = moves.of_reader(tx, 4, NOW)
        assert agreed is not None
        assert agreed.agreed_at == NOW
        assert moves.of_reader(tx, 4, NOW + HOUR) is None
        assert moves.expire(tx, NOW + HOUR) == 1
        moves.put(tx, 4, "x@example.org", now=NOW, expires_at=NOW + HOUR)
        moves.drop(tx, 4)
        assert moves.of_reader(tx, 4, NOW) is None


def test_a_suppressed_mailbox_is_known_under_any_of_its_hashes(database: Database) -> None:
    with database.write() as tx:
        assert suppression.reason(tx, ["new", "old"]) is None
        suppression.add(tx, "old", "erased", NOW)
        assert suppression.reason(tx, ["new", "old"]) == "erased"
        assert suppression.lift(tx, ["new", "old"]) is True
        assert suppression.lift(tx, ["new", "old"]) is False
        assert suppression.reason(tx, ["old"]) is None


def test_a_database_keeps_one_key_of_its_own_and_remembers_older_ones(database: Database) -> None:
    with database.write() as tx:
        assert suppression.keys(tx) == []
        suppression.make_key(tx, "aa")
        suppression.make_key(tx, "bb")
        assert suppression.keys(tx) == ["aa"]
        suppression.keep_keys(tx, ["cc", "dd"])
        suppression.keep_keys(tx, ["dd", "ee"])
        assert suppression.keys(tx) == ["aa", "cc", "dd", "ee"]
