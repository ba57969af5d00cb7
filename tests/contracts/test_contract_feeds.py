"""Feeds are claimed by one process at a time, and an entry is seen once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from briefings.errors import Conflict, NotFound
from briefings.model.news import ItemState, Kind, News
from briefings.store import feeds, items
from briefings.store.database import Database

NOW = datetime(2026, 8, 24, 6, tzinfo=UTC)
LEASE = timedelta(minutes=5)
URLS = {"feast": "https://example.org/f.atom", "mlflow": "https://example.org/m.atom"}


@pytest.fixture
def watched(database: Database) -> Database:
    with database.write() as tx:
        feeds.keep(tx, URLS, every_hours=6, now=NOW)
    return database


def outcome(**more: object) -> feeds.Outcome:
    given = {
        "words": "2 new",
        "due_at": NOW + timedelta(hours=6),
        "failures": 0,
        "etag": '"e"',
        "last_modified": "Thu",
    } | more
    return feeds.Outcome(**given)  # type: ignore[arg-type]


def claimed(database: Database, now: datetime, limit: int = 9) -> list[feeds.WatchedFeed]:
    with database.write() as tx:
        return feeds.claim_due(tx, limit=limit, lease=LEASE, now=now)


def test_a_due_feed_is_claimed_once_until_the_claim_lapses(watched: Database) -> None:
    assert [feed.tool for feed in claimed(watched, NOW, limit=1)] == ["feast"]
    assert [feed.tool for feed in claimed(watched, NOW)] == ["mlflow"]
    assert claimed(watched, NOW) == []
    with watched.write() as tx:
        assert not feeds.any_due(tx, NOW)
        assert feeds.claim(tx, "feast", lease=LEASE, now=NOW) is None
        with pytest.raises(NotFound, match="no feed of nothing"):
            feeds.claim(tx, "nothing", lease=LEASE, now=NOW)
        assert feeds.any_due(tx, NOW + LEASE)
    again = claimed(watched, NOW + LEASE)
    assert [(feed.tool, feed.fence) for feed in again] == [("feast", 2), ("mlflow", 2)]


def test_what_a_check_came_to_is_kept_and_a_stale_one_is_not(watched: Database) -> None:
    (stale, _) = claimed(watched, NOW)
    (fresh, _) = claimed(watched, NOW + LEASE)
    with watched.write() as tx:
        assert not feeds.settle(tx, stale, outcome(words="stale"), now=NOW + LEASE)
        assert feeds.settle(tx, fresh, outcome(failures=2), now=NOW + LEASE)
        (feast, mlflow) = feeds.listing(tx)
        assert not feeds.any_due(tx, NOW + LEASE)
    assert (feast.outcome, feast.failures, feast.etag) == ("2 new", 2, '"e"')
    assert (feast.checked_at, feast.due_at) == (NOW + LEASE, NOW + timedelta(hours=6))
    assert feast.claimed_until is None
    assert (mlflow.checked_at, mlflow.outcome) == (None, "")


def test_a_new_address_starts_afresh_and_a_tool_that_left_is_dropped(watched: Database) -> None:
    held = claimed(watched, NOW)
    with watched.write() as tx:
        for feed in held:
            feeds.settle(tx, feed, outcome(), now=NOW)
        moved = {"feast": "https://example.org/new.atom", "dvc": "https://example.org/d.atom"}
        feeds.keep(tx, moved, every_hours=6, now=NOW + LEASE)
        (dvc, feast) = feeds.listing(tx)
        assert (feast.url, feast.etag, feast.due_at) == (moved["feast"], "", NOW + LEASE)
        assert dvc.every == timedelta(hours=6)
        # What was fetched from the old address must not be stored as if it came from the new one.
        assert not feeds.settle(tx, held[0], outcome(), now=NOW + LEASE)
        feeds.keep(tx, moved, every_hours=6, now=NOW + 2 * LEASE)
        assert feeds.listing(tx) == [dvc, feast]


def test_a_shorter_interval_counts_at_once(watched: Database) -> None:
    (feast, _) = claimed(watched, NOW)
    with watched.write() as tx:
        feeds.settle(tx, feast, outcome(), now=NOW)
        feeds.set_interval(tx, "feast", 48, now=NOW)
        assert feeds.listing(tx)[0].due_at == NOW + timedelta(hours=6)
        feeds.set_interval(tx, "feast", 1, now=NOW)
        assert feeds.listing(tx)[0].due_at == NOW + timedelta(hours=1)
        assert feeds.listing(tx)[0].every == timedelta(hours=1)
        with pytest.raises(NotFound):
            feeds.set_interval(tx, "nothing", 1, now=NOW)


def test_an_entry_is_seen_once_and_tells_why_its_item_is_what_it_is(watched: Database) -> None:
    news = News(
        kind=Kind.TOOL_CHANGE,
        headline="h",
        summary="",
        date=date(2026, 8, 20),
        source_name="s",
        source_url="https://example.org",
        tool="feast",
    )
    with watched.write() as tx:
        item_id = items.add(tx, news, week="2026-W34", state=ItemState.DRAFT, now=NOW)
        feeds.add_entries(tx, "feast", [("a", item_id, "because"), ("b", None, "")], now=NOW)
    with watched.read() as tx:
        assert feeds.seen(tx, "feast", ["a", "b", "c"]) == {"a", "b"}
        assert feeds.seen(tx, "mlflow", ["a"]) == set()
        assert feeds.reasons(tx, [item_id, 99]) == {item_id: "because"}
    with pytest.raises(Conflict), watched.write() as tx:
        feeds.add_entries(tx, "feast", [("a", None, "")], now=NOW)
