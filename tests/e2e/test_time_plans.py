"""Looking ahead: simulate equals what send makes, weeks are moved and skipped, rules are stored."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, date, datetime, timedelta

import pytest

from briefings.config import Settings
from briefings.errors import Conflict, Misconfigured, Refused, WrongSetting
from briefings.model.delivery import IssueKind
from briefings.model.frequency import Frequency
from briefings.model.reader import NewReader, Preferences, Section
from briefings.pipeline.calendar import as_document, calendar
from briefings.pipeline.holidays import move, skip, unskip
from briefings.pipeline.open_issue import open_regular
from briefings.pipeline.rules import rules_of, store_rule
from briefings.pipeline.simulate import compare, foresee, simulate
from briefings.store import blocks, deliveries, issues, items, readers
from briefings.weeks import Week
from briefings.wiring import build
from tests.e2e.almanac import Almanac, values
from tests.e2e.test_time_editions import parts
from tests.e2e.test_time_year import ZONES
from tests.e2e.town import WEEK

SLUGS = ("mlops-engineer", "devops-engineer", "data-scientist", "web-developer")
NEXT = WEEK.next()


def crowd(place: Almanac, number: int = 200) -> None:
    """Readers of all habits: frequencies, pauses, two specializations, plans, zones, sections."""
    dice = random.Random(20260824)
    made: list[NewReader] = []
    for n in range(number):
        started = WEEK.mail_monday - timedelta(weeks=dice.randrange(-2, 15))
        made.append(
            NewReader(
                email=f"r{n}@example.org",
                name=f"Reader {n}",
                specializations=tuple(dice.sample(SLUGS, dice.choice((1, 1, 2, 3)))),
                timezone=dice.choice((None, *ZONES)),
                plan_started_on=dice.choice((None, started)),
                line=n,
            )
        )
    before = place.clock() - timedelta(days=30)
    with place.app.db.write() as tx:
        readers.add(tx, made, confirmed_at=before, consent_source="x", import_id=7, now=before)
        for n in range(0, number, 3):
            own = readers.by_email(tx, f"r{n}@example.org")
            assert own is not None
            chosen = Preferences(
                specializations=own.preferences.specializations,
                frequency=dice.choice(list(Frequency)),
                sections_off=tuple(dice.sample(list(Section), dice.choice((0, 0, 1, 3)))),
            )
            until = dice.choice((None, None, date(2026, 8, 24), date(2026, 9, 30)))
            readers.set_preferences(tx, own.id, chosen, own.timezone, until, before)
            if n % 21 == 0:
                readers.leave(tx, own.id, specializations=None, now=before)


def frozen(place: Almanac, week: Week) -> dict[str, tuple[datetime | None, list[str], str | None]]:
    """What the rows of a regular issue say: hour, headlines, reason."""
    with place.app.db.read() as tx:
        (issue,) = issues.find(tx, week=str(week), kind=IssueKind.REGULAR)
        rows = deliveries.rows(tx, issue.id, None)
        stored = {b.id: b for b in blocks.briefings(tx, issue.id)}
        known = items.get(tx, [i for b in stored.values() for i in b.carried])
    return {
        row.email: (
            row.due_at,
            [known[i].news.headline for i in stored[row.briefing_id].carried]
            if row.briefing_id
            else [],
            row.reason,
        )
        for row in rows
    }


def test_simulate_says_what_send_makes_for_readers_of_all_habits(place: Almanac) -> None:
    place.at("2026-08-20T12:00")
    crowd(place)
    weeks = (WEEK, NEXT, NEXT.next())  # the second is a fortnight's, the third the month's
    news = ("One", "Two", "Three", "Four"), ("Alone",), ()
    for week, headlines in zip(weeks, news, strict=True):
        place.write_news(week, *(f"{h} of {week}" for h in headlines), tool="MLflow")
        place.drafts(week)
        before = [(p.email, p.due_at, list(p.items), p.skipped) for p in place.planned(week)]
        assert before == [
            (p.email, p.due_at, list(p.items), p.skipped) for p in place.planned(week)
        ]
        place.approved(week)
        place.clock.now = datetime.combine(week.mail_monday, datetime.min.time(), UTC)
        open_regular(place.app.chain, week)
        made = [(email, *row) for email, row in frozen(place, week).items()]
        assert made == before
        with place.app.db.write() as tx:
            tx.execute("UPDATE delivery SET state = 'accepted' WHERE state = 'pending'")
    for week in weeks:  # and a past week still shows what it was
        shown = [(p.email, p.due_at, list(p.items), p.skipped) for p in place.planned(week)]
        assert shown == [(email, *row) for email, row in frozen(place, week).items()]
    reasons = {row[2] for week in weeks for row in frozen(place, week).values()}
    assert {None, "paused", "left", "not their week"} <= reasons


def test_simulate_writes_nothing(place: Almanac) -> None:
    place.reader("a@example.org")
    place.write_news(WEEK, "One")
    before = dump(place)
    list(simulate(place.app.chain, WEEK))
    list(compare(place.app.chain, WEEK))
    foresee(place.app.chain, place.settings, WEEK, place.clock())
    calendar(place.app.chain)
    assert dump(place) == before


def dump(place: Almanac) -> list[str]:
    with sqlite3.connect(place.folder / "subscribers.db") as connection:
        return list(connection.iterdump())


def test_a_difference_tells_who_has_another_kind_of_week(place: Almanac) -> None:
    place.reader("a@example.org")
    place.reader("m@example.org", frequency=Frequency.MONTHLY)
    place.reader("w@example.org", "web-developer")
    place.write_news(WEEK, "One")
    place.write_news(NEXT, "Two")
    place.write_news(NEXT.next(), "Three")
    said = {d.planned.email: d.change for d in compare(place.app.chain, NEXT.next())}
    assert said == {
        "a@example.org": None,
        "m@example.org": "gets a mail; the week before none (not their week)",
        "w@example.org": None,
    }


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        ("2026-08-23T15:59", "planned"),
        ("2026-08-23T16:00", "make"),
        ("2026-08-24T09:00", "hold"),
    ],
)
def test_runs_are_foreseen_for_any_instant(place: Almanac, now: str, outcome: str) -> None:
    place.at("2026-08-20T12:00")
    place.reader("a@example.org")
    place.write_news(WEEK, "One")
    place.approved()
    place.tick()
    when = datetime.fromisoformat(now).replace(tzinfo=UTC)
    (run,) = foresee(place.app.chain, place.settings, WEEK, when)
    assert run.outcome == outcome
    assert run.cut_off == datetime(2026, 8, 23, 16, tzinfo=UTC)


def test_a_made_run_is_foreseen_as_made(place: Almanac) -> None:
    place.reader("a@example.org")
    place.write_news(WEEK, "One")
    place.approved()
    open_regular(place.app.chain, WEEK)
    (run,) = foresee(place.app.chain, place.settings, WEEK, place.clock())
    assert run.outcome == "made"


def test_the_calendar_shows_eight_weeks_with_warnings_and_waves(place: Almanac) -> None:
    place.at("2026-08-21T12:00")
    place.reader("b@example.org", timezone="Europe/Berlin")
    place.reader("k@example.org", timezone="Pacific/Kiritimati")
    place.reader("f@example.org", timezone="UTC", frequency=Frequency.FORTNIGHTLY)
    place.write_news(WEEK, "One", "Two", "Three")
    place.write_news(NEXT, "Alone")
    skip(place.app.chain, NEXT.next(), reason="summer", by="ed")
    found = calendar(place.app.chain)
    assert [one.week for one in found] == [WEEK.shift(n) for n in range(8)]
    first, second, third = found[:3]
    assert first.run.state == "planned"
    assert first.thin == ()
    assert "mlops-engineer" in second.thin
    assert "web-developer" in first.empty
    assert [(w.due_at.isoformat(), w.readers) for w in first.waves] == [
        ("2026-08-23T18:00:00+00:00", 1),
        ("2026-08-24T06:00:00+00:00", 1),
    ]
    assert sum(wave.readers for wave in second.waves) == 3
    assert (third.run.state, third.run.reason) == ("skipped", "summer")
    document = as_document(found)
    assert document["weeks"][0]["run"]["cut_off"] == "2026-08-23T16:00:00Z"  # pyright: ignore[reportIndexIssue]
    assert document == as_document(calendar(place.app.chain))


def test_a_moved_week_leaves_on_its_day_at_the_usual_hour(place: Almanac) -> None:
    place.at("2026-08-21T12:00")
    place.reader("b@example.org", timezone="Europe/Berlin")
    place.write_news(WEEK, "One")
    place.approved()
    said = move(place.app.chain, WEEK, "2026-08-26", by="ed")
    assert "Wednesday 2026-08-26" in said
    assert "2026-08-25 16:00 UTC" in said
    assert place.planned(WEEK)[0].due_at == datetime(2026, 8, 26, 6, tzinfo=UTC)
    place.tick()
    place.at("2026-08-25T15:59")
    place.tick()
    assert place.issues() == []
    place.at("2026-08-25T16:00")
    place.tick()
    (row,) = place.rows("2026-W34-regular").values()
    assert row.due_at == datetime(2026, 8, 26, 6, tzinfo=UTC)
    with pytest.raises(Conflict, match="gone out"):
        move(place.app.chain, WEEK, None, by="ed")


@pytest.mark.parametrize("day", ["2026-08-17", "2026-08-31", "2026-09-02"])
def test_a_week_moves_only_between_its_neighbours(place: Almanac, day: str) -> None:
    place.at("2026-08-10T12:00")
    with pytest.raises(Refused, match="2026-08-17"):
        move(place.app.chain, WEEK, day, by="ed")
    assert place.planned(WEEK) == []


def test_a_week_moves_neither_into_the_past_nor_to_no_day(place: Almanac) -> None:
    place.at("2026-08-21T12:00")
    with pytest.raises(Refused, match="is over"):
        move(place.app.chain, WEEK, "2026-08-21", by="ed")
    with pytest.raises(Misconfigured, match="2026-12-29"):
        move(place.app.chain, WEEK, "tomorrow", by="ed")
    move(place.app.chain, WEEK, "2026-08-25", by="ed")
    assert "Monday 2026-08-24" in move(place.app.chain, WEEK, None, by="ed")


def test_a_skipped_week_makes_no_mail_and_owes_its_items_to_the_next(place: Almanac) -> None:
    place.at("2026-08-21T12:00")
    place.reader("a@example.org")
    place.write_news(WEEK, "One", "Two")
    place.approved()
    place.tick()
    skip(place.app.chain, WEEK, reason="holidays", by="ed")
    place.at("2026-08-23T17:00")
    place.tick()
    assert place.issues() == []
    with pytest.raises(Refused, match="is skipped"):
        place.send()
    place.write_news(NEXT, "Three", "Four", "Five", "Six")
    place.drafts(NEXT)
    assert {h: p.value for h, p in parts(place, NEXT).items()} == {
        "One": "earlier",
        "Two": "earlier",
        "Three": "week",
        "Four": "week",
        "Five": "week",
        "Six": "week",
    }
    assert "cut-off is over" in unskip(place.app.chain, WEEK, by="ed")
    assert "was not skipped" in unskip(place.app.chain, NEXT, by="ed")
    place.tick()
    assert [issue.name for issue in place.issues()] == ["2026-W34-regular"]
    with pytest.raises(Conflict, match="gone out"):
        skip(place.app.chain, WEEK, reason="", by="ed")


def test_the_environment_wins_over_stored_rules_at_every_start(place: Almanac) -> None:
    chain = place.app.chain
    store_rule(chain, "SEND_AT=TUE 07:30")
    store_rule(chain, "BRIEFINGS_LATE_POLICY=skip")
    store_rule(chain, "thin_minimum=5")
    plain = build(Settings.load({}, **values(place.folder)), clock=place.clock)
    assert str(plain.chain.schedule.send_at) == "TUE 07:30"
    assert plain.settings.late_policy == "skip"
    assert plain.chain.thin.minimum == 5
    locked = build(
        Settings.load({"BRIEFINGS_SEND_AT": "FRI 06:00"}, **values(place.folder)),
        clock=place.clock,
    )
    assert str(locked.chain.schedule.send_at) == "FRI 06:00"
    assert locked.settings.late_policy == "skip"
    rules = {
        rule.name: (rule.value, rule.origin)
        for rule in rules_of(chain, locked.settings, {"BRIEFINGS_SEND_AT": "FRI 06:00"})
    }
    assert rules["SEND_AT"] == ("FRI 06:00", "environment")
    assert rules["LATE_POLICY"] == ("skip", "stored")
    assert rules["LATE_HOURS"] == ("24", "default")
    store_rule(chain, "SEND_AT=")
    again = build(Settings.load({}, **values(place.folder)), clock=place.clock)
    assert str(again.chain.schedule.send_at) == "MON 08:00"
    for app in (plain, locked, again):
        app.db.dispose()


@pytest.mark.parametrize("text", ["SEND_AT", "SECRET_KEY=x", "nonesuch=1"])
def test_only_rules_can_be_stored(place: Almanac, text: str) -> None:
    with pytest.raises(Misconfigured, match="SEND_AT"):
        store_rule(place.app.chain, text)


def test_a_wrong_rule_is_refused_before_it_is_stored(place: Almanac) -> None:
    with pytest.raises(WrongSetting, match="MON 08:00"):
        store_rule(place.app.chain, "SEND_AT=someday")
