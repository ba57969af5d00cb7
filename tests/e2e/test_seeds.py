"""First to seed readers, then to all: nobody else gets a mail before a person or an hour says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from briefings.errors import Conflict, Refused
from briefings.model.delivery import SeedsFirst
from briefings.pipeline import control, halt, seeding
from briefings.pipeline.approve import approve
from briefings.pipeline.status import issue_status, week_status
from briefings.pipeline.taking_in import take_into
from briefings.store import deliveries, editions, issues, items, readers
from tests.e2e.almanac import Almanac
from tests.e2e.test_commands import Shell, loaded, one_line, shell
from tests.e2e.test_time_welcome import signed_up
from tests.e2e.town import WEEK

__all__ = ["loaded", "shell"]
SLUG, OTHER = "mlops-engineer", "devops-engineer"
ISSUE = "2026-W34-regular"
HOUR = datetime(2026, 8, 23, 17, 30, tzinfo=UTC)
CUT_OFF = "2026-08-23T16:00"


def test_the_commands_say_who_waits_and_for_whom(loaded: Shell) -> None:
    shell = loaded
    assert shell("assemble", "--week", str(WEEK)).code == 0
    one_line(shell("reader", "seed", "nobody@example.org"), 1, "nobody@example.org")
    one_line(shell("approve", "--week", str(WEEK), "--seed-first", "10"), 1, "reader seed EMAIL")
    late = ("--release-at", "2020-01-01T00:00Z")
    one_line(shell("approve", "--week", str(WEEK), *late), 2, "--seed-first")
    assert "ana@example.org is a seed reader." in shell("reader", "seed", "ana@example.org").out
    assert "nothing changed" in shell("reader", "seed", "ana@example.org").out
    assert "seed reader since" in shell("reader", "show", "ana@example.org").out
    assert '"seed_reader_since": "2' in shell("reader", "export", "ana@example.org").out
    assert shell("reader", "seeds").out == f"ana@example.org\t{SLUG}\n"
    approved = shell("approve", "--week", str(WEEK), "--seed-first", "10")
    assert "First to 1 seed reader when the issue opens; the other 1 reader when" in approved.out
    sent = shell("send", "--week", str(WEEK), "--now")
    assert sent.code == 1, "work is left"
    waits = f"first to 1 seed reader; 1 mail waits until `briefings release --issue {ISSUE}`"
    assert waits in sent.out
    assert "next due" not in sent.out, "no hour is known"
    status = json.loads(shell("status", "--week", str(WEEK), "--json").out)
    assert status["issues"][0]["waiting_for_release"] == 1
    assert f"{ISSUE} is released: 1 mail may leave" in shell("release", "--issue", ISSUE).out
    assert "was released before" in shell("release", "--issue", ISSUE).out
    assert shell("send", "--week", str(WEEK), "--now").code == 0
    one_line(shell("release", "--issue", "2026-W01-late"), 1, "2026-W01-late")
    assert shell("reader", "seed", "ana@example.org", "--off").code == 0
    assert shell("reader", "erase", "ana@example.org", "--yes").code == 0
    assert shell("reader", "seeds").out == ""


def planned(place: Almanac, release_at: datetime | None = None, most: int = 10) -> Almanac:
    """Approved with seeds first; one of four readers of three zones is a seed reader."""
    place.at("2026-08-20T12:00")
    place.tick()
    place.reader("early@example.org", timezone="Pacific/Kiritimati")
    place.reader("seed@example.org", timezone="Europe/Berlin")
    place.reader("berlin@example.org", timezone="Europe/Berlin")
    place.reader("other@example.org", OTHER)
    place.write_news(WEEK, "One", "Two", "Three")
    place.drafts(WEEK)
    seeding.mark(place.app.chain, "SEED@example.org", by="ana")
    chosen = SeedsFirst(most=most, release_at=release_at)
    approve(place.app.chain, WEEK, [SLUG], by="ana", seeds=chosen)
    return place


def opened(place: Almanac, release_at: datetime | None = None) -> Almanac:
    """The same after its cut-off, with the seed reader's mail in the outbox."""
    planned(place, release_at)
    place.at(CUT_OFF)
    place.tick()
    place.send(None, now=False)
    return place


def counts(place: Almanac) -> tuple[int, int]:
    """How many mails went first, and how many wait."""
    with place.app.db.read() as tx:
        found = issue_status(tx, issues.by_name(tx, ISSUE))
    assert found.adds_up
    return sum(found.seeds.values()), found.waiting


def told(place: Almanac) -> list[str]:
    with place.app.db.read() as tx:
        return [one.text for one in week_status(tx, str(WEEK)).alerts if "seed reader" in one.text]


def test_the_seed_reader_has_it_at_the_cut_off_and_the_others_when_released(place: Almanac) -> None:
    opened(place)
    assert place.recipients() == ["seed@example.org"]
    assert counts(place) == (1, 2)
    due = place.rows(ISSUE)["seed@example.org"].due_at
    assert due == datetime(2026, 8, 24, 6, tzinfo=UTC), "what was planned stays written down"
    place.at("2026-08-23T17:00")
    assert seeding.release(place.app.chain, ISSUE, by="ana")
    assert not seeding.release(place.app.chain, ISSUE, by="bo"), "once"
    place.send(None, now=False)
    assert place.recipients() == ["seed@example.org"], "nobody's hour has come"
    place.at("2026-08-23T18:00")
    place.send(None, now=False)
    assert place.recipients() == ["early@example.org", "seed@example.org"]
    place.at("2026-08-24T06:00")
    place.send(None, now=False)
    assert place.recipients() == ["berlin@example.org", "early@example.org", "seed@example.org"]
    assert counts(place) == (1, 0)
    assert place.states() == {"accepted": 3, "skipped": 1}


def test_not_even_sending_now_lets_the_others_go(place: Almanac) -> None:
    planned(place)
    place.send(WEEK, now=True)
    place.at("2026-08-26T12:00")
    place.send(WEEK, now=True)
    place.send(None, now=False)
    assert place.recipients() == ["seed@example.org"]
    seeding.release(place.app.chain, ISSUE, by="ana")
    place.send(WEEK, now=True)
    assert len(place.recipients()) == 3


def test_who_leaves_while_the_issue_waits_gets_nothing(place: Almanac) -> None:
    opened(place)
    reader = place.known("berlin@example.org")
    with place.app.db.write() as tx:
        readers.leave(tx, reader.id, specializations=None, now=place.clock())
    seeding.release(place.app.chain, ISSUE, by="ana")
    place.at("2026-08-24T07:00")
    place.send(None, now=False)
    assert place.recipients() == ["early@example.org", "seed@example.org"]
    assert place.outcome(ISSUE)["berlin@example.org"] == "left"
    assert counts(place) == (1, 0)


def test_a_pause_and_a_stop_change_nothing_about_the_waiting(place: Almanac) -> None:
    chain = opened(place).app.chain
    place.at("2026-08-24T07:00")
    control.pause(chain, ISSUE, "a person")
    control.resume(chain, ISSUE)
    halt.stop(chain, by="ana")
    halt.go(chain)
    place.send(None, now=False)
    assert place.recipients() == ["seed@example.org"], "resuming is no release"
    control.pause(chain, ISSUE, "a person")
    assert seeding.release(chain, ISSUE, by="ana")
    place.send(None, now=False)
    assert place.recipients() == ["seed@example.org"], "a release is no resuming"
    control.resume(chain, ISSUE)
    place.send(None, now=False)
    assert len(place.recipients()) == 3


def test_a_cancelled_issue_is_over_for_who_waited(place: Almanac) -> None:
    chain = opened(place).app.chain
    control.cancel(chain, ISSUE)
    assert counts(place) == (1, 0)
    assert place.states() == {"accepted": 1, "skipped": 3}
    with pytest.raises(Conflict, match="cancelled"):
        seeding.release(chain, ISSUE, by="ana")


def test_at_a_chosen_hour_it_goes_by_itself(place: Almanac) -> None:
    opened(place, HOUR)
    place.at("2026-08-23T17:29")
    place.tick()
    assert counts(place) == (1, 2)
    place.at("2026-08-23T18:00")
    place.tick(times=2)
    assert counts(place) == (1, 0)
    assert place.issues()[0].released_by == seeding.BY_HOUR
    place.send(None, now=False)
    assert place.recipients() == ["early@example.org", "seed@example.org"]
    assert told(place) == []


@pytest.mark.parametrize("trouble", ["not accepted", "paused", "nobody had it"])
def test_at_its_hour_it_waits_for_a_person_when_something_is_wrong(
    place: Almanac, trouble: str
) -> None:
    opened(place, HOUR)
    if trouble == "paused":
        control.pause(place.app.chain, ISSUE, "a typo")
    state = {"not accepted": "rejected", "nobody had it": "skipped"}.get(trouble)
    if state:
        with place.app.db.write() as tx:
            tx.execute("UPDATE delivery SET state = :s WHERE state = 'accepted'", s=state)
    place.at("2026-08-23T18:00")
    place.tick(times=2)
    if trouble == "paused":
        control.resume(place.app.chain, ISSUE)
    place.at("2026-08-23T19:00")
    place.tick(times=2)
    place.send(None, now=False)
    assert place.recipients() == ["seed@example.org"]
    assert place.issues()[0].seeds_only
    first, *rest = [text for text in _alerts(place) if ISSUE in text]
    assert "was to go to all at 2026-08-23 17:30 UTC and did not" in first
    assert f"briefings release --issue {ISSUE}" in first
    assert [text for text in rest if "wait for you since 2026-08-23 18:00 UTC" in text]


def _alerts(place: Almanac) -> list[str]:
    with place.app.db.read() as tx:
        return [one.text for one in week_status(tx, str(WEEK)).alerts]


def test_whoever_waits_past_their_hour_is_told_of_once_a_day(place: Almanac) -> None:
    opened(place)
    place.at("2026-08-23T17:59")
    place.tick()
    assert told(place) == []
    for hours in (0, 1, 20, 25, 26):
        place.at("2026-08-23T18:00")
        place.clock.forward(hours=hours)
        place.tick()
    assert len(told(place)) == 2
    assert "From 2026-08-26 18:00 UTC on they are too old to be sent" in told(place)[0]


def test_an_approval_needs_a_seed_reader_and_an_hour_that_can_be(place: Almanac) -> None:
    planned(place)
    chain = place.app.chain
    with pytest.raises(Refused, match=f"No seed reader reads {OTHER}"):
        approve(chain, WEEK, [OTHER], by="ana", seeds=SeedsFirst(most=10))
    assert place.edition_states(WEEK)[OTHER] == "draft", "nothing was approved"
    seeding.mark(chain, "other@example.org", by="ana")
    for wrong in (datetime(2026, 8, 23, 16, tzinfo=UTC), datetime(2026, 8, 26, 18, tzinfo=UTC)):
        with pytest.raises(Refused, match="between 2026-08-23 16:00 UTC"):
            approve(chain, WEEK, [OTHER], by="ana", seeds=SeedsFirst(most=1, release_at=wrong))
    done = approve(chain, WEEK, [OTHER], by="ana", seeds=SeedsFirst(most=1, release_at=HOUR))
    assert (done.seeds, done.readers) == (1, 1)
    place.at(CUT_OFF)
    place.tick()
    assert counts(place) == (2, 2), "one of each edition"
    assert place.issues()[0].release_at is None, "one of the two waits for a person"


def test_where_the_issue_opens_after_the_hour_it_waits_for_a_person(place: Almanac) -> None:
    planned(place, HOUR)
    place.at("2026-08-23T17:45")
    place.tick()
    place.send(None, now=False)
    place.tick()
    assert place.issues()[0].release_at is None
    assert counts(place) == (1, 2)


def test_no_stranger_is_welcomed_with_what_only_seeds_have(place: Almanac) -> None:
    opened(place)
    place.at("2026-08-23T17:00")
    signed_up(place, "new@example.org")
    place.tick()
    assert place.outcome("2026-W34-welcome") == {"new@example.org": "nothing new"}


def test_an_approval_that_is_renewed_keeps_its_seeds(place: Almanac) -> None:
    planned(place, HOUR)
    with place.app.db.read() as tx:
        item = next(i for i in items.listing(tx) if i.news.headline == "Two")
    take_into(place.app.chain, item.id, [(str(WEEK), SLUG)], by="bo", again=True)
    with place.app.db.read() as tx:
        kept = editions.approvals(tx, str(WEEK))[SLUG]
    assert (kept.by, kept.seeds) == ("bo", SeedsFirst(most=10, release_at=HOUR))


def test_no_more_go_first_than_were_asked_for(place: Almanac) -> None:
    planned(place, most=1)
    seeding.mark(place.app.chain, "early@example.org", by="ana")
    place.at(CUT_OFF)
    place.tick()
    place.send(None, now=False)
    assert place.recipients() == ["early@example.org"], "the one with the lower number"


def test_waiting_costs_a_sender_no_claims(place: Almanac) -> None:
    opened(place)
    place.at("2026-08-24T12:00")
    with place.app.db.read() as tx:
        issue = issues.by_name(tx, ISSUE)
        assert deliveries.next_due(tx, issue.id) is not None
        assert seeding.next_due(tx, issue) is None
    assert place.clock() - issue.began > timedelta(hours=12)
