"""A step that a reader did ahead comes with no mail, however long ago they pressed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from briefings.pipeline.plan_moves import move_ahead
from briefings.pipeline.showing import show
from briefings.store import plan_marks
from briefings.weeks import Week
from tests.e2e.almanac import Almanac
from tests.e2e.test_time_editions import sent
from tests.e2e.town import WEEK, found

SLUG = "mlops-engineer"
ANA, BO = "ana@example.org", "bo@example.org"
STARTED = date(2026, 7, 27)  # the mail of W34 brings step 5


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Almanac]:
    town = found(tmp_path)
    made = Almanac(folder=town.folder, clock=town.clock, settings=town.settings, app=town.app)
    yield made
    made.app.db.dispose()


def mark(place: Almanac, email: str, *steps: int) -> None:
    with place.app.db.write() as tx:
        marks = [(step, 0, "done") for step in steps]
        plan_marks.replace(tx, place.known(email).id, SLUG, marks, place.clock())


def step(place: Almanac, email: str) -> str:
    """What the one mail of a reader in the outbox says of the plan."""
    (mail,) = [m for m in place.outbox() if m["To"].addresses[0].addr_spec == email]
    text = mail.get_body(("plain",)).get_content()
    return next(line for line in text.splitlines() if line.startswith("YOUR PLAN"))


def test_the_mails_of_two_weeks_bring_open_steps_only(place: Almanac) -> None:
    place.reader(ANA, SLUG, plan_started_on=STARTED)
    place.reader(BO, SLUG, plan_started_on=STARTED)
    mark(place, ANA, 1, 2, 5, 6, 8)
    mark(place, BO, 4)
    place.write_news(WEEK, "One", "Two", "Three")
    place.drafts(WEEK)
    assert "YOUR PLAN: WEEK 7 OF 12" in show(place.app.chain, WEEK, SLUG, ANA).text
    planned = [(p.email, p.items, p.skipped) for p in place.planned(WEEK)]
    sent(place, WEEK)
    assert [(p.email, p.items, p.skipped) for p in place.planned(WEEK)] == planned
    assert "YOUR PLAN: WEEK 7 OF 12" in step(place, ANA)
    assert "YOUR PLAN: WEEK 5 OF 12" in step(place, BO)
    assert (place.known(ANA).plan_snoozes, place.known(BO).plan_snoozes) == (-2, 0)
    # What is done once its mail has gone is done on time, and moves nothing.
    mark(place, ANA, 1, 2, 5, 6, 7, 8)
    assert "YOUR PLAN: WEEK 7 OF 12" in show(place.app.chain, WEEK, SLUG, ANA).text
    assert move_ahead(place.app.chain, WEEK.next()) == 1
    assert move_ahead(place.app.chain, WEEK.next()) == 0
    place.empty_outbox()
    place.write_news(WEEK.next(), "Four", "Five", "Six")
    sent(place, WEEK.next())
    assert "YOUR PLAN: WEEK 9 OF 12" in step(place, ANA)
    assert "YOUR PLAN: WEEK 6 OF 12" in step(place, BO)


def test_who_left_or_reads_another_plan_now_is_left_alone(place: Almanac) -> None:
    place.reader(ANA, "mlops-ai-infrastructure", plan_started_on=STARTED)
    place.reader(BO, SLUG, plan_started_on=STARTED)
    mark(place, ANA, 5)  # in the plan of another specialization
    mark(place, BO, 5)
    with place.app.db.write() as tx:
        tx.execute("UPDATE reader SET left_at = 1 WHERE email = :email", email=BO)
    assert move_ahead(place.app.chain, WEEK) == 0
    assert move_ahead(place.app.chain, Week.parse("2026-W20")) == 0
