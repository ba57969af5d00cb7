"""An item that was wrong: who got it is told once, and nobody else gets it any more (R12)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from briefings.errors import Misconfigured, NotFound
from briefings.model.delivery import IssueState
from briefings.pipeline.correct import Corrected, correct, finish_corrections
from briefings.pipeline.open_issue import open_regular
from briefings.store import deliveries, editions, items, readers
from tests.e2e.almanac import Almanac
from tests.e2e.town import WEEK, body

SLUG = "mlops-engineer"
NOTE = "The release is of 18 August, not of 8 August."
RIGHT = {"headline": "Two, put right"}


def number(place: Almanac, headline: str) -> int:
    with place.app.db.read() as tx:
        return next(i.id for i in items.listing(tx) if i.news.headline == headline)


def put_right(place: Almanac, item: int, **more: object) -> Corrected:
    given: dict[str, object] = {"note": NOTE, "changes": RIGHT, "withdraw": False, "by": "desk"}
    return correct(place.app.chain, item, **{**given, **more})  # pyright: ignore[reportArgumentType]


def two_waves(place: Almanac) -> Almanac:
    """East has its mail, west waits for its hour."""
    place.write_news(WEEK, "One", "Two", "Three")
    place.reader("east@example.org", timezone="Pacific/Auckland")
    place.reader("west@example.org", timezone="America/Los_Angeles")
    place.approved()
    place.at("2026-08-23T21:00")
    place.send(now=False)
    assert place.outcome("2026-W34-regular") == {
        "east@example.org": "accepted",
        "west@example.org": "pending",
    }
    return place


def test_who_got_it_is_told_and_waves_not_yet_gone_drop_it(place: Almanac) -> None:
    two_waves(place)
    done = put_right(place, number(place, "Two"))
    assert done.issue == "2026-W34-correction"
    assert done.readers == 1
    assert done.recomposed == 1
    assert ("2026-W34", SLUG) in done.renewed
    place.empty_outbox()
    place.at("2026-08-24T16:00")
    place.send(None, now=False)
    mails = {m["To"].addresses[0].addr_spec: m for m in place.outbox()}
    told = mails["east@example.org"]
    assert str(told["Subject"]) == "Correction: Two"
    assert NOTE in " ".join(body(told).split())
    assert "One" not in body(told).split()
    west = body(mails["west@example.org"])
    assert "One" in west
    assert "Three" in west
    assert "Two" not in west
    assert place.outcome("2026-W34-correction") == {"east@example.org": "accepted"}


def test_the_approval_is_renewed_in_the_same_act(place: Almanac) -> None:
    two_waves(place)
    put_right(place, number(place, "Two"))
    with place.app.db.read() as tx:
        approval = editions.approvals(tx, str(WEEK))[SLUG]
        assert approval.by == "desk"
        assert approval.content_hash == editions.content_hash_of(tx, str(WEEK), SLUG)
        edition = editions.get(tx, str(WEEK), SLUG)
        assert edition is not None
        assert approval.content_hash == editions.content_hash(edition)


def test_an_edition_that_waits_takes_the_new_words_with_its_approval(place: Almanac) -> None:
    place.write_news(WEEK, "One", "Two", "Three")
    place.reader("a@example.org")
    place.approved()
    done = put_right(place, number(place, "Two"))
    assert done.issue is None
    assert place.edition_states(WEEK)[SLUG] == "approved"
    place.send()
    (mail,) = place.outbox()
    assert "Two, put right" in body(mail)


def test_each_revision_is_corrected_once_for_each_reader(place: Almanac) -> None:
    two_waves(place)
    item = number(place, "Two")
    put_right(place, item)
    finish_corrections(place.app.chain)
    again = put_right(place, item, changes={"headline": "Two, put right again"})
    assert again.issue == "2026-W34-correction-2"
    place.send(None)
    with place.app.db.read() as tx:
        rows = tx.rows("SELECT item_id, item_revision, reader_id FROM corrected ORDER BY 2")
    assert [(row[0], row[1]) for row in rows] == [(item, 2), (item, 3)]
    subjects = [s for s in place.subjects() if s.startswith("Correction")]
    assert sorted(subjects) == ["Correction: Two", "Correction: Two, put right"]


def test_a_correction_waits_for_mails_under_way(place: Almanac) -> None:
    two_waves(place)
    with place.app.db.write() as tx:
        tx.execute(
            "UPDATE delivery SET state = 'claimed', fence = 99, owner = 'x' WHERE state = 'pending'"
        )
    done = put_right(place, number(place, "Two"))
    assert done.waiting == 1
    assert [i.state for i in place.issues() if i.name == done.issue] == [IssueState.FREEZING]
    with place.app.db.write() as tx:
        tx.execute("UPDATE delivery SET state = 'accepted' WHERE state = 'claimed'")
    finish_corrections(place.app.chain)
    assert place.outcome("2026-W34-correction") == {
        "east@example.org": "pending",
        "west@example.org": "pending",
    }


def test_who_left_or_pauses_is_not_told(place: Almanac) -> None:
    place.write_news(WEEK, "One", "Two", "Three")
    place.readers(*((f"{n}@example.org", SLUG) for n in ("left", "stays", "later")))
    place.approved()
    place.send()
    leaver = place.known("left@example.org")
    with place.app.db.write() as tx:
        readers.leave(tx, leaver.id, specializations=None, now=place.clock())
    put_right(place, number(place, "Two"))
    later = place.known("later@example.org")
    with place.app.db.write() as tx:
        readers.leave(tx, later.id, specializations=None, now=place.clock())
    place.empty_outbox()
    place.send(None)
    assert place.recipients() == ["stays@example.org"]
    assert place.outcome("2026-W34-correction") == {
        "left@example.org": "left",
        "stays@example.org": "accepted",
        "later@example.org": "left",
    }


def test_withdrawing_takes_the_item_out_everywhere(place: Almanac) -> None:
    two_waves(place)
    item = number(place, "Two")
    put_right(place, item, changes={}, withdraw=True)
    place.clock.now = datetime(2026, 8, 24, 16, tzinfo=UTC)
    place.empty_outbox()
    place.send(None, now=False)
    assert not any("Two" in body(m).split() for m in place.outbox() if "west@" in str(m["To"]))
    with place.app.db.read() as tx:
        assert items.get(tx, [item])[item].state == "withdrawn"
        west = deliveries.rows(tx, place.issues()[0].id, None)
    assert len(west) == 2


def test_a_correction_needs_words_and_something_to_put_right(place: Almanac) -> None:
    two_waves(place)
    item = number(place, "Two")
    with pytest.raises(Misconfigured, match="what was wrong"):
        put_right(place, item, note=" ")
    with pytest.raises(Misconfigured, match="put right or withdrawn"):
        put_right(place, item, changes={})
    with pytest.raises(NotFound, match="4711"):
        put_right(place, 4711)
    assert [i.name for i in place.issues()] == ["2026-W34-regular"]


def test_a_freeze_that_is_half_made_drops_the_item_too(place: Almanac) -> None:
    place.write_news(WEEK, "One", "Two", "Three")
    place.reader("a@example.org")
    place.approved()
    open_regular(place.app.chain, WEEK)
    done = put_right(place, number(place, "Two"))
    assert done.issue is None
    assert done.recomposed == 1
    place.send(None)
    (mail,) = place.outbox()
    assert "Two" not in body(mail).split()
    assert "One" in body(mail)
