"""The run of a week: made once, whoever ticks and whenever; judged when it was found late."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from briefings.config import Settings
from briefings.errors import Refused
from briefings.model.delivery import IssueKind, IssueState
from briefings.pipeline.alerts import mailed, unmailed
from briefings.pipeline.approve import approve
from briefings.pipeline.control import pause
from briefings.pipeline.halt import go, stop
from briefings.pipeline.instance import init
from briefings.pipeline.runs import run_status
from briefings.pipeline.send import send_due
from briefings.schedule.runs import tick
from briefings.store import alerts, editions
from briefings.weeks import Week
from briefings.wiring import build
from tests.e2e.almanac import Almanac, almanac, logged, values
from tests.e2e.town import WEEK, Clock

SLUG = "mlops-engineer"
CUT_OFF = datetime(2026, 8, 23, 16, tzinfo=UTC)
"""Kiritimati's Monday 08:00 is Sunday 18:00 UTC; two hours before it W34 closes."""
NEXT = WEEK.next()


def before(place: Almanac, *, approved: bool = True) -> Almanac:
    """Two hours and a bit before the cut-off, with the schedule looking on."""
    place.clock.now = CUT_OFF - timedelta(hours=3)
    place.write_news(WEEK, "One", "Two", "Three")
    place.reader("a@example.org")
    if approved:
        place.approved()
    place.tick()
    return place


def alert_texts(place: Almanac, week: Week = WEEK) -> list[str]:
    with place.app.db.read() as tx:
        return [one.text for one in alerts.of_week(tx, str(week))]


def names(place: Almanac) -> list[str]:
    return [issue.name for issue in place.issues()]


def state(place: Almanac, week: Week = WEEK) -> tuple[str, str | None]:
    with place.app.db.read() as tx:
        found = run_status(tx, place.app.chain, week, place.clock())
    return found.state, found.reason


def test_a_run_is_made_at_the_cut_off_and_not_before(place: Almanac) -> None:
    before(place)
    place.clock.now = CUT_OFF - timedelta(seconds=1)
    place.tick()
    assert names(place) == []
    assert state(place) == ("planned", None)
    place.clock.forward(seconds=1)
    place.tick(times=3)
    assert names(place) == ["2026-W34-regular"]
    assert place.outcome("2026-W34-regular") == {"a@example.org": "pending"}
    assert state(place) == ("made", None)


@pytest.mark.parametrize("jump", [-2, 2])
def test_a_clock_that_jumps_two_hours_makes_a_run_once(place: Almanac, jump: int) -> None:
    before(place)
    for hour in range(-3, 6):
        place.clock.now = CUT_OFF + timedelta(hours=hour)
        place.tick()
        place.clock.forward(hours=jump)
        place.tick()
    assert names(place) == ["2026-W34-regular"]


def test_two_services_that_tick_at_once_make_one_run(place: Almanac, settled: Path) -> None:
    before(place)
    place.clock.now = CUT_OFF
    others = [almanac(settled, place.folder, place.clock) for _ in range(3)]
    gate = threading.Barrier(len(others))

    def both(one: Almanac) -> None:
        gate.wait()
        one.tick()

    with capture_logs() as entries:
        threads = [threading.Thread(target=both, args=(one,)) for one in others]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for one in others:
        one.app.db.dispose()
    place.tick()
    assert names(place) == ["2026-W34-regular"]
    assert place.outcome("2026-W34-regular") == {"a@example.org": "pending"}
    assert not [text for text in logged(entries) if "tick failed" in text]


def test_manual_approval_warns_a_day_and_two_hours_before_and_then_holds(place: Almanac) -> None:
    place.clock.now = CUT_OFF - timedelta(days=3)
    place.reader("a@example.org")
    place.tick()
    place.write_news(WEEK, "One", "Two", "Three")
    place.drafts(WEEK)
    said: list[tuple[datetime, str]] = []
    while place.clock.now <= CUT_OFF:
        with capture_logs() as entries:
            place.tick()
        said += [(place.clock.now, text) for text in logged(entries)]
        place.clock.forward(minutes=30)
    assert [when for when, _ in said] == [
        CUT_OFF - timedelta(hours=24),
        CUT_OFF - timedelta(hours=2),
        CUT_OFF,
    ]
    assert "not approved" in said[0][1]
    assert "2026-08-23 16:00 UTC" in said[1][1]
    assert "held" in said[2][1]
    assert len(alert_texts(place)) == 3
    assert place.edition_states(WEEK)[SLUG] == "held"
    assert place.outcome("2026-W34-regular") == {"a@example.org": "all editions held"}


def test_what_is_approved_is_not_warned_of(place: Almanac) -> None:
    before(place)
    place.clock.now = CUT_OFF - timedelta(hours=1)
    place.tick()
    assert alert_texts(place) == []


def test_automatic_approval_assembles_and_approves_but_not_what_a_person_held(
    place: Almanac,
) -> None:
    place = place.again(approval="auto")
    place.clock.now = CUT_OFF - timedelta(hours=3)
    place.write_news(WEEK, "One", "Two", "Three")
    place.reader("a@example.org")
    place.reader("d@example.org", "devops-engineer")
    place.tick()
    place.drafts(WEEK)
    with place.app.db.write() as tx:
        tx.execute(
            "UPDATE edition SET state = 'held', reason = 'a doubt' WHERE specialization = :slug",
            slug="devops-engineer",
        )
    place.write_news(WEEK, "Queued at the last minute")
    place.clock.now = CUT_OFF
    place.tick()
    assert place.outcome("2026-W34-regular") == {
        "a@example.org": "pending",
        "d@example.org": "all editions held",
    }
    with place.app.db.read() as tx:
        edition = editions.get(tx, str(WEEK), SLUG)
    assert edition is not None
    assert len(edition.placements) == 4


@pytest.mark.parametrize(
    ("policy", "hours", "outcome"),
    [
        ("send", 1, "made"),
        ("send", 24, "made"),
        ("send", 25, "held"),
        ("hold", 1, "held"),
        ("skip", 1, "skipped"),
    ],
)
def test_a_run_that_was_never_made_is_judged_by_the_late_policy(
    place: Almanac, policy: str, hours: int, outcome: str
) -> None:
    before(place)
    place = place.again(late_policy=policy, late_hours=24)
    place.clock.now = datetime(2026, 8, 24, 8, tzinfo=UTC) + timedelta(hours=hours)
    with capture_logs() as entries:
        place.tick(times=2)
    assert state(place)[0] == outcome
    (text,) = alert_texts(place)
    assert len([line for line in logged(entries) if text in line]) == 1
    assert f"{hours} h after its first mail was due" in text
    assert names(place) == (["2026-W34-regular"] if outcome == "made" else [])


def test_a_run_that_is_made_days_late_does_not_expire_as_it_opens(place: Almanac) -> None:
    before(place)
    place = place.again(late_policy="send", late_hours=168)
    place.clock.now = datetime(2026, 8, 28, 12, tzinfo=UTC)
    place.tick()
    place.send(None, now=False)
    assert place.outcome("2026-W34-regular") == {"a@example.org": "accepted"}


def test_a_run_found_before_any_readers_hour_is_not_late(place: Almanac) -> None:
    """The readers are in Berlin: at 05:59 UTC on Monday none of them has waited yet."""
    place.readers(("b@example.org", SLUG), timezone="Europe/Berlin")
    place.clock.now = CUT_OFF - timedelta(hours=3)
    place.write_news(WEEK, "One", "Two", "Three")
    place.approved()
    place.tick()
    place.clock.now = datetime(2026, 8, 24, 5, 59, tzinfo=UTC)
    place.tick()
    assert state(place) == ("made", None)
    assert alert_texts(place) == []


def test_a_held_run_is_made_by_a_persons_word(place: Almanac) -> None:
    before(place)
    place.clock.now = datetime(2026, 8, 26, tzinfo=UTC)
    place.tick()
    assert state(place)[0] == "held"
    send_due(place.app.chain, place.settings, WEEK)
    assert place.outcome("2026-W34-regular") == {"a@example.org": "accepted"}
    place.tick(times=2)
    assert names(place) == ["2026-W34-regular"]


def test_three_weeks_down_are_three_runs_to_judge_and_nothing_is_made_up(place: Almanac) -> None:
    before(place)
    place = place.again(late_policy="send", late_hours=12, approval="auto")
    for week in (NEXT, NEXT.next()):
        place.write_news(week, f"News of {week}")
    place.clock.now = datetime(2026, 9, 7, 10, tzinfo=UTC)
    place.tick(times=2)
    assert [state(place, w)[0] for w in (WEEK, NEXT, NEXT.next())] == ["held", "held", "made"]
    assert names(place) == ["2026-W36-regular"]
    assert len(alert_texts(place, WEEK)) == 1


def test_the_week_before_an_installation_began_is_nobodys_duty(place: Almanac) -> None:
    place.clock.now = datetime(2026, 8, 26, tzinfo=UTC)
    place.reader("a@example.org")
    place.tick(times=2)
    assert names(place) == []
    assert alert_texts(place) == []
    assert state(place) == ("due", None)


def test_what_was_approved_goes_though_the_service_starts_after_the_cut_off(
    place: Almanac,
) -> None:
    place.write_news(WEEK, "One", "Two", "Three")
    place.reader("a@example.org")
    place.approved()
    place.clock.now = datetime(2026, 8, 24, 7, tzinfo=UTC)
    place.tick()
    assert names(place) == ["2026-W34-regular"]


def test_an_installation_without_a_catalogue_ticks_in_silence(tmp_path: Path) -> None:
    settings = Settings.load({}, **values(tmp_path))
    app = build(settings, clock=Clock(), sleep=lambda _s: None)
    init(app.chain)
    with capture_logs() as entries:
        tick(app.chain, settings, "here")
    app.db.dispose()
    assert logged(entries) == []


def test_stop_lets_nothing_open_or_leave_until_go(place: Almanac) -> None:
    before(place)
    place.clock.now = CUT_OFF
    place.tick()
    assert stop(place.app.chain, by="ops") == 1
    place.clock.now = datetime(2026, 8, 24, 9, tzinfo=UTC)
    with pytest.raises(Refused, match="Everything is stopped since"):
        place.send(now=False)
    send_due(place.app.chain, place.settings, None)
    place.clock.now = datetime(2026, 8, 30, 18, tzinfo=UTC)
    place.tick()
    assert not place.outbox()
    assert names(place) == ["2026-W34-regular"]
    assert go(place.app.chain) == 1
    place.clock.now = datetime(2026, 8, 24, 9, tzinfo=UTC)
    place.send(now=False)
    assert place.recipients() == ["a@example.org"]


def test_go_leaves_paused_what_was_paused_for_another_reason(place: Almanac) -> None:
    before(place)
    place.clock.now = CUT_OFF
    place.tick()
    pause(place.app.chain, "2026-W34-regular", "a look first")
    assert stop(place.app.chain, by="ops") == 0
    assert go(place.app.chain) == 0
    assert place.issues()[0].state is IssueState.PAUSED


def test_alerts_wait_for_a_letter_to_take_them_along(place: Almanac) -> None:
    before(place, approved=False)
    place.clock.now = CUT_OFF
    place.tick()
    waiting = unmailed(place.app.chain)
    assert [one.week for one in waiting] == ["2026-W34"] * len(waiting)
    assert waiting
    mailed(place.app.chain, waiting)
    assert unmailed(place.app.chain) == []


def test_late_approval_opens_an_issue_of_its_own_for_who_got_nothing(place: Almanac) -> None:
    place.clock.now = CUT_OFF - timedelta(hours=3)
    place.write_news(WEEK, "One", "Two", "Three")
    place.reader("held@example.org", SLUG)
    place.reader("other@example.org", "devops-engineer")
    place.reader("both@example.org", f"{SLUG};devops-engineer")
    place.reader("web@example.org", "web-developer")
    place.tick()
    place.drafts(WEEK)
    approve(place.app.chain, WEEK, ["devops-engineer"], by="tester")
    place.clock.now = CUT_OFF
    place.tick()
    regular = place.outcome("2026-W34-regular")
    assert regular["held@example.org"] == "all editions held"
    assert regular["both@example.org"] == "pending"
    place.clock.now = datetime(2026, 8, 25, 12, tzinfo=UTC)
    approve(place.app.chain, WEEK, [SLUG], by="tester")
    place.tick(times=2)
    assert names(place)[1:] == ["2026-W34-late"]
    late = place.outcome("2026-W34-late")
    assert late["held@example.org"] == "pending"
    assert late["both@example.org"] == "had this week's mail"
    assert late["other@example.org"] == "had this week's mail"
    assert late["web@example.org"] == "nothing new"
    assert place.rows("2026-W34-late")["held@example.org"].due_at == place.clock.now
    (issue,) = [i for i in place.issues() if i.kind is IssueKind.LATE]
    assert issue.audience == 4
    # What a past week shows is what its regular issue was.
    shown = {p.email: p.skipped for p in place.planned(WEEK)}
    assert shown["held@example.org"] == "all editions held"


def test_each_late_approval_opens_its_own_issue_until_the_next_cut_off(place: Almanac) -> None:
    place.clock.now = CUT_OFF - timedelta(hours=3)
    place.write_news(WEEK, "One", "Two", "Three")
    place.reader("m@example.org", SLUG)
    place.reader("d@example.org", "devops-engineer")
    place.reader("b@example.org", f"{SLUG};devops-engineer")
    place.reader("c@example.org", "cloud-architect")
    place.tick()
    place.clock.now = CUT_OFF
    place.tick()
    for day, slug in ((25, SLUG), (26, "devops-engineer")):
        place.clock.now = datetime(2026, 8, day, 12, tzinfo=UTC)
        approve(place.app.chain, WEEK, [slug], by="tester")
        place.tick()
    assert names(place)[1:] == ["2026-W34-late", "2026-W34-late-2"]
    assert place.outcome("2026-W34-late")["b@example.org"] == "pending"
    assert place.outcome("2026-W34-late-2") == {
        "m@example.org": "had this week's mail",
        "d@example.org": "pending",
        "b@example.org": "had this week's mail",
        "c@example.org": "nothing new",
    }
    place.clock.now = CUT_OFF + timedelta(days=7)
    with pytest.raises(Refused, match="Earlier"):
        approve(place.app.chain, WEEK, ["cloud-architect"], by="tester")


def test_an_approval_that_no_tick_saw_before_the_next_cut_off_is_held_again(
    place: Almanac,
) -> None:
    before(place, approved=False)
    place.clock.now = CUT_OFF
    place.tick()
    approve(place.app.chain, WEEK, [SLUG], by="tester")
    place.clock.now = CUT_OFF + timedelta(days=7, hours=1)
    place.tick()
    assert "2026-W34-late" not in names(place)
    assert place.edition_states(WEEK)[SLUG] == "held"


def test_a_copy_that_nobody_confirmed_makes_no_run_and_says_so(place: Almanac) -> None:
    before(place)
    (place.app.chain.state_dir / "instance").write_text("another\n")
    place.clock.now = CUT_OFF
    with capture_logs() as entries:
        place.tick()
    assert names(place) == []
    assert ["restore confirm" in text for text in logged(entries)] == [True]


def test_a_step_that_fails_stops_no_other_and_is_tried_again(place: Almanac) -> None:
    """Without a postal address no mail can be rendered: the run waits, and nothing is lost."""
    before(place)
    place.clock.now = CUT_OFF
    broken = place.again(postal_address=None)
    with capture_logs() as entries:
        broken.tick(times=2)
    assert names(place) == []
    assert all("POSTAL_ADDRESS" in text for text in logged(entries))
    assert len(logged(entries)) == 2
    place.tick()
    assert names(place) == ["2026-W34-regular"]
