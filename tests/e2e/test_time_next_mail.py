"""The next mail that a reader is told of is the one that comes: moved, skipped and frozen weeks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from briefings.model.delivery import State
from briefings.model.frequency import Frequency
from briefings.model.reader import Preferences
from briefings.pipeline.holidays import move, skip, unskip
from briefings.pipeline.next_mail import next_mail
from briefings.pipeline.timetable import timetable
from briefings.store import readers, runs
from briefings.store.runs import Decision
from tests.e2e.almanac import Almanac
from tests.e2e.town import WEEK

ANA = "ana@example.org"
BERLIN = "Europe/Berlin"


def told(place: Almanac, email: str = ANA) -> str | None:
    with place.app.db.read() as tx:
        found = next_mail(tx, place.app.chain, place.known(email), place.clock())
    return found.isoformat() if found else None


def test_moved_skipped_and_held_weeks(place: Almanac) -> None:
    chain = place.app.chain
    place.at("2026-08-21T12:00")
    place.reader(ANA, timezone=BERLIN)
    assert told(place) == "2026-08-24T08:00:00+02:00"
    move(chain, WEEK, "2026-08-27", by="ed")
    assert told(place) == "2026-08-27T08:00:00+02:00"
    place.at("2026-08-25T12:00")  # the moved mail still lies ahead
    assert told(place) == "2026-08-27T08:00:00+02:00"
    place.at("2026-08-21T12:00")
    skip(chain, WEEK, reason="holidays", by="ed")
    assert told(place) == "2026-08-31T08:00:00+02:00"
    unskip(chain, WEEK, by="ed")
    move(chain, WEEK, None, by="ed")
    assert told(place) == "2026-08-24T08:00:00+02:00"
    with place.app.db.write() as tx:
        runs.decide(tx, str(WEEK), Decision.HOLD, reason="late", by=runs.POLICY, now=place.clock())
    assert told(place) == "2026-08-31T08:00:00+02:00"


def test_a_frozen_mail_leaves_when_its_row_says(place: Almanac) -> None:
    place.write_news(WEEK, "One", "Two", "Three")
    place.at("2026-08-22T12:00")
    place.reader(ANA, timezone=BERLIN)
    place.approved()
    place.at("2026-08-23T16:00")
    place.tick()
    own = place.known(ANA)
    with place.app.db.write() as tx:
        readers.set_preferences(
            tx, own.id, own.preferences, "America/New_York", None, place.clock()
        )
    assert told(place) == "2026-08-24T02:00:00-04:00"  # 08:00 in Berlin, as frozen
    # Who confirmed after the freeze has no row in it.
    place.clock.forward(hours=1)
    place.reader("new@example.org", timezone=BERLIN)
    assert told(place, "new@example.org") == "2026-08-31T08:00:00+02:00"
    place.at("2026-08-24T06:30")
    place.send(None, now=False)
    assert place.outcome("2026-W34-regular")[ANA] == "accepted"
    assert told(place) == "2026-08-31T08:00:00-04:00"


@pytest.mark.parametrize("frequency", Frequency)
@pytest.mark.parametrize("paused_until", [None, date(2026, 9, 10)])
def test_what_is_told_is_what_the_freeze_makes(
    place: Almanac, frequency: Frequency, paused_until: date | None
) -> None:
    place = place.again(approval="auto")
    place.at("2026-08-18T12:00")
    place.reader(ANA, timezone="Pacific/Chatham")
    preferences = Preferences(specializations=("mlops-engineer",), frequency=frequency)
    place.prefer(ANA, preferences, paused_until)
    place.tick()
    promised = told(place)
    assert promised is not None
    for ahead in range(8):
        week = WEEK.shift(ahead)
        place.write_news(week, f"One of {week}", f"Two of {week}", f"Three of {week}")
        with place.app.db.read() as tx:
            place.clock.now = timetable(tx, place.app.chain).cut_off(week)
        place.tick()
        (row,) = place.rows(f"{week}-regular").values()
        assert row.due_at is not None
        if row.state is State.PENDING:
            assert row.due_at == datetime.fromisoformat(promised).astimezone(UTC)
            return
        assert row.due_at < datetime.fromisoformat(promised)
    raise AssertionError("no mail came at all")


def test_who_left_or_is_suppressed_hears_of_none(place: Almanac) -> None:
    place.at("2026-08-21T12:00")
    place.reader(ANA)
    own = place.known(ANA)
    for changed in (replace(own, left_at=place.clock()), replace(own, suppressed=True)):
        with place.app.db.read() as tx:
            assert next_mail(tx, place.app.chain, changed, place.clock()) is None
