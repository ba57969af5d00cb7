"""Who signs up between two freezes: a first mail at once, then the next regular one (R11)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from briefings.model.delivery import IssueKind
from briefings.model.frequency import Frequency
from briefings.model.reader import NewReader, Preferences
from briefings.store import readers
from tests.e2e.almanac import Almanac
from tests.e2e.town import WEEK, body

NEXT = WEEK.next()
SLUG = "mlops-engineer"


def signed_up(place: Almanac, email: str, slugs: str = SLUG, *, imported: bool = False) -> None:
    """Confirm a reader now."""
    person = NewReader(
        email=email,
        name="New",
        specializations=tuple(slugs.split(";")),
        timezone="UTC",
        plan_started_on=None,
        line=1,
    )
    with place.app.db.write() as tx:
        readers.add(
            tx,
            [person],
            confirmed_at=place.clock(),
            consent_source="the form",
            import_id=4711 if imported else None,
            now=place.clock(),
        )


def opened(place: Almanac) -> Almanac:
    place.write_news(WEEK, "One", "Two", "Three")
    place.reader("old@example.org")
    place.approved()
    place.at("2026-08-23T17:00")
    place.tick()
    return place


def test_a_new_reader_gets_the_latest_edition_at_once_and_then_the_next(place: Almanac) -> None:
    opened(place)
    place.at("2026-08-26T21:17")
    signed_up(place, "new@example.org")
    place.tick(times=3)
    assert place.outcome("2026-W34-welcome") == {"new@example.org": "pending"}
    assert place.rows("2026-W34-welcome")["new@example.org"].due_at == place.clock.now
    place.send(None, now=False)
    first = next(m for m in place.outbox() if "new@" in str(m["To"]))
    assert all(headline in body(first) for headline in ("One", "Two", "Three"))
    place.empty_outbox()
    place.write_news(NEXT, "Four")
    place.approved(NEXT)
    place.at("2026-08-31T12:00")
    place.send(NEXT, now=False)
    (second,) = [m for m in place.outbox() if "new@" in str(m["To"])]
    assert "Four" in body(second)
    assert "One" not in body(second)


def test_the_welcome_issue_grows_and_still_adds_up(place: Almanac) -> None:
    opened(place)
    for hour in range(5):
        place.clock.forward(hours=hour)
        signed_up(place, f"n{hour}@example.org", SLUG if hour % 2 else "web-developer")
        place.tick(times=2)
    (issue,) = [i for i in place.issues() if i.kind is IssueKind.WELCOME]
    assert issue.audience == 5
    assert sorted(place.outcome(issue.name).values()) == [
        "nothing new",
        "nothing new",
        "nothing new",
        "pending",
        "pending",
    ]


def test_imported_readers_and_readers_of_the_regular_issue_get_no_welcome(place: Almanac) -> None:
    opened(place)
    place.clock.forward(hours=1)
    signed_up(place, "imported@example.org", imported=True)
    place.tick()
    assert [i.kind for i in place.issues()] == [IssueKind.REGULAR]


def test_before_the_first_issue_there_is_nothing_to_welcome_with(place: Almanac) -> None:
    place.at("2026-08-20T12:00")
    signed_up(place, "early@example.org")
    place.tick()
    assert place.issues() == []


def test_who_confirmed_before_the_next_freeze_is_in_it_and_gets_no_welcome_any_more(
    place: Almanac,
) -> None:
    opened(place)
    place.clock.forward(hours=1)
    signed_up(place, "new@example.org")
    place.write_news(NEXT, "Four")
    place.approved(NEXT)
    place.at("2026-08-30T16:30")  # the service was down all week
    place.tick()
    assert place.outcome("2026-W35-regular")["new@example.org"] == "pending"
    assert "2026-W34-welcome" not in [i.name for i in place.issues()]
    assert "2026-W35-welcome" not in [i.name for i in place.issues()]


def test_a_monthly_reader_is_welcomed_in_whatever_week(place: Almanac) -> None:
    opened(place)
    place.clock.forward(hours=1)
    signed_up(place, "m@example.org")
    place.prefer("m@example.org", Preferences(specializations=(SLUG,), frequency=Frequency.MONTHLY))
    place.tick()
    assert place.outcome("2026-W34-welcome") == {"m@example.org": "pending"}


def test_a_held_edition_is_replaced_by_the_newest_that_went(place: Almanac) -> None:
    opened(place)
    place.send()
    place.write_news(NEXT, "A doubtful one")
    place.drafts(NEXT)
    place.at("2026-08-30T17:00")
    place.tick()
    assert place.edition_states(NEXT)[SLUG] == "held"
    signed_up(place, "new@example.org")
    place.tick()
    place.empty_outbox()
    place.send(None)
    (mail,) = [m for m in place.outbox() if "new@" in str(m["To"])]
    assert "One" in body(mail)
    assert "doubtful" not in body(mail)


def test_preferences_changed_before_the_welcome_leaves_are_kept_to(place: Almanac) -> None:
    opened(place)
    place.clock.forward(hours=1)
    signed_up(place, "new@example.org", "web-developer")
    signed_up(place, "gone@example.org")
    place.tick()
    with place.app.db.write() as tx:
        gone = readers.by_email(tx, "gone@example.org")
        assert gone is not None
        readers.leave(tx, gone.id, specializations=None, now=place.clock())
    place.send(None, now=False)
    assert place.outcome("2026-W34-welcome")["gone@example.org"] == "left"
    assert "gone@example.org" not in place.recipients()


def test_a_reader_who_pauses_gets_nothing_until_the_day(place: Almanac) -> None:
    opened(place)
    place.prefer(
        "old@example.org", Preferences(specializations=(SLUG,)), paused_until=date(2026, 9, 1)
    )
    place.at("2026-08-24T12:00")
    place.send(None, now=False)
    assert place.outcome("2026-W34-regular") == {"old@example.org": "paused"}
    for week in (NEXT, NEXT.next()):
        place.write_news(week, f"News of {week}")
        place.approved(week)
        place.clock.now = datetime.combine(week.mail_monday, datetime.min.time(), UTC) + timedelta(
            hours=9
        )
        place.send(week, now=False)
    assert place.outcome("2026-W35-regular") == {"old@example.org": "paused"}
    assert place.outcome("2026-W36-regular") == {"old@example.org": "accepted"}


def test_a_pause_ends_on_the_day_that_the_readers_calendar_shows(place: Almanac) -> None:
    """On Kiritimati Monday's 08:00 is still Sunday in UTC; in Los Angeles both are Monday."""
    place.write_news(WEEK, "One", "Two", "Three")
    for name, zone in (("k", "Pacific/Kiritimati"), ("l", "America/Los_Angeles")):
        for number, day in enumerate((date(2026, 8, 24), date(2026, 8, 25))):
            email = f"{name}{number}@example.org"
            place.reader(email, timezone=zone)
            place.prefer(email, Preferences(specializations=(SLUG,)), paused_until=day)
    said = {planned.email: planned.skipped for planned in place.planned(WEEK)}
    assert said == {
        "k0@example.org": None,
        "k1@example.org": "paused",
        "l0@example.org": None,
        "l1@example.org": "paused",
    }
