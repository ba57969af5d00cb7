"""People of the desk exist once per mailbox, sessions once per letter, and the log only grows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from briefings.model.links import LinkAnswer
from briefings.model.user import Change, DeskRole
from briefings.store import audit, link_checks, users
from briefings.store.database import Database, OneUnit

NOW = datetime(2026, 8, 24, 6, tzinfo=UTC)
DAY = timedelta(days=1)


def put(database: Database, email: str = "Ada@Example.org", *roles: DeskRole) -> int:
    with database.write() as tx:
        return users.put(
            tx, email, name="Ada", roles=roles or (DeskRole.EDITOR,), may_approve_own=False, now=NOW
        ).id


def session(database: Database, user: int, token: str, *, letter: int = 1) -> int | None:
    with database.write() as tx:
        return users.open_session(
            tx,
            user,
            token=token,
            letter_id=letter,
            letter_at=NOW,
            browser="Firefox",
            now=NOW,
            expires_at=NOW + DAY,
        )


def change(subject: str) -> Change:
    return Change(by="ada", route="POST /x", act="do", subject=subject, before="a", after="b")


def test_a_mailbox_is_one_person_however_it_is_spelled(database: Database) -> None:
    first = put(database)
    assert put(database, "ada@EXAMPLE.org", DeskRole.SENDER, DeskRole.VIEWER) == first
    with database.read() as tx:
        found = users.by_email(tx, "ADA@example.ORG")
        assert found == users.get(tx, first) == users.everybody(tx)[0]
        assert users.by_email(tx, "bo@example.org") is None
    assert found is not None
    assert found.roles == (DeskRole.SENDER, DeskRole.VIEWER)
    assert found.may_approve_own is False
    assert found.added_at == NOW


def test_a_letter_opens_one_session_and_it_ends_by_time_and_by_hand(database: Database) -> None:
    user, other = put(database), put(database, "bo@example.org")
    number = session(database, user, "a")
    assert number is not None
    assert session(database, user, "b") is None, "the letter was used"
    second = session(database, other, "c", letter=2)
    with database.read() as tx:
        assert [one.id for one in users.sessions(tx, NOW)] == [second, number]
        assert [one.id for one in users.sessions(tx, NOW, user_id=user)] == [number]
        found = users.session(tx, "a", NOW)
        assert found is not None
        assert (found.user.id, found.browser) == (user, "Firefox")
        assert users.session(tx, "a", NOW + DAY) is None
        assert users.session(tx, "b", NOW) is None
    with database.write() as tx:
        assert users.end_session(tx, number, NOW)
        assert not users.end_session(tx, number, NOW)
        assert users.session(tx, "a", NOW) is None
        assert users.forget_sessions(tx, NOW + 2 * DAY) == 2


def test_a_removed_person_takes_the_sessions_along(database: Database) -> None:
    user = put(database)
    session(database, user, "a")
    with database.write() as tx:
        assert users.remove(tx, user)
        assert not users.remove(tx, user)
        assert users.session(tx, "a", NOW) is None
        assert users.everybody(tx) == []


def test_the_log_is_read_from_the_newest_and_by_subject(database: Database) -> None:
    with database.write() as tx:
        for number in range(4):
            audit.add(tx, change(f"item {number % 2}"), NOW + number * DAY)
    with database.read() as tx:
        newest = audit.newest(tx, limit=3)
        assert [one.at for one in newest] == [NOW + number * DAY for number in (3, 2, 1)]
        assert newest[0].change == change("item 1")
        rest = audit.newest(tx, limit=9, before=newest[-1].id)
        assert [one.at for one in rest] == [NOW]
        assert len(audit.newest(tx, limit=9, subject="item 0")) == 2


def test_units_inside_an_open_unit_are_kept_or_taken_back_with_it(database: Database) -> None:
    try:
        with database.write() as tx:
            inner = OneUnit(database, tx)
            with inner.write() as same, inner.read() as seen:
                audit.add(same, change("x"), NOW)
                assert len(audit.newest(seen, limit=9)) == 1
            raise KeyError  # noqa: TRY301 - what takes the unit back
    except KeyError:
        pass
    with database.read() as tx:
        assert audit.newest(tx, limit=9) == []
    with database.write() as tx, OneUnit(database, tx).write() as same:
        audit.add(same, change("x"), NOW)
    with database.read() as tx:
        assert len(audit.newest(tx, limit=9)) == 1


def test_the_newest_answer_of_a_link_stands_in_the_place_of_the_last(database: Database) -> None:
    one = LinkAnswer(url="https://example.org/1", code=200, trouble="", at=NOW)
    moved = LinkAnswer(
        url="https://example.org/4", code=200, trouble="", at=NOW, moved_to="https://example.org/5"
    )
    away = LinkAnswer(url="https://example.org/2", code=None, trouble="no such name", at=NOW)
    later = LinkAnswer(url=one.url, code=410, trouble="", at=NOW + DAY)
    with database.write() as tx:
        link_checks.put(tx, [replace(one, moved_to=moved.url), away, moved])
        link_checks.put(tx, [later])
    with database.read() as tx:
        assert link_checks.of(tx, [one.url, away.url, moved.url, "https://example.org/3"]) == {
            one.url: later,
            away.url: away,
            moved.url: moved,
        }
