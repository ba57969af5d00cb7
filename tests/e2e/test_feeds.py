"""Release feeds over real sockets into a real installation: once each, bounded, and told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from briefings.cli.app import run
from briefings.errors import Conflict, NotFound
from briefings.model.news import Change, ItemState
from briefings.pipeline.feed_checks import LEASE, check_due, check_now, set_interval, watched
from briefings.pipeline.items import listing
from briefings.pipeline.open_issue import open_regular
from briefings.pipeline.prepare import load_catalogue
from briefings.schedule.feeds import look_at_feeds
from briefings.schedule.service import Service
from briefings.store import catalogue as catalogues
from briefings.store import feeds, items
from briefings.testing.feed_server import FeedServer, Page, atom
from tests.e2e.town import SECRET, WEEK, Town, found

TOOLS = ("grafana", "kserve", "mlflow")
PATIENCE = 30.0
NEW = {"title": "v3.12.0", "day": "2026-08-20", "notes": "<p>Fixes CVE-2026-1234 in the server</p>"}


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        for tool in TOOLS:
            running.pages[f"/{tool}"] = Page(body=atom(NEW), etag='"1"')
        yield running


@pytest.fixture
def town(tmp_path: Path, server: FeedServer) -> Iterator[Town]:
    made = found(tmp_path, feed_networks="127.0.0.1")
    with made.app.db.write() as tx:
        known = load_catalogue(tx)
        tools = tuple(
            replace(tool, release_feed=server.url(f"/{tool.slug}") if tool.slug in TOOLS else "")
            for tool in known.tools
        )
        catalogues.save(tx, replace(known, tools=tools))
    yield made
    made.app.db.dispose()


def drafts(town: Town) -> list[tuple[str, str]]:
    with town.app.db.read() as tx:
        found = items.listing(tx, state=ItemState.DRAFT)
    return sorted((str(item.news.tool), item.news.headline) for item in found)


def check(town: Town) -> dict[str, str]:
    done = check_due(town.app.chain, town.app.fetcher())
    return {checked.tool: checked.words for checked in done}


def test_a_new_entry_becomes_a_draft_once(town: Town, server: FeedServer) -> None:
    assert check(town) == dict.fromkeys(TOOLS, "1 new")
    assert drafts(town) == [
        ("grafana", "Grafana 3.12.0 is out"),
        ("kserve", "KServe 3.12.0 is out"),
        ("mlflow", "MLflow 3.12.0 is out"),
    ]
    rows, _ = listing(town.app.chain, week=None, state="draft", limit=9)
    (mlflow,) = [row for row in rows if row.item.news.tool == "mlflow"]
    assert mlflow.item.week == "2026-W34"
    assert mlflow.item.news.change is Change.SECURITY
    assert mlflow.item.news.source_url.endswith("/releases/tag/v3.12.0")
    assert mlflow.item.news.summary == "Fixes CVE-2026-1234 in the server."
    assert set(mlflow.reaches) == {"mlops-ai-infrastructure", "mlops-engineer", "data-scientist"}
    with town.app.db.read() as tx:
        assert feeds.reasons(tx, [mlflow.item.id]) == {
            mlflow.item.id: "Guessed security: the notes say \u201cCVE-2026-1234\u201d."
        }
    assert check(town) == {}  # nothing is due
    town.clock.forward(hours=6)
    assert check(town) == dict.fromkeys(TOOLS, "nothing new")
    assert server.asked[-1].headers["if-none-match"] == '"1"'
    # Later the feed has one more, and the first one under other words: its id is the same.
    server.pages["/mlflow"] = Page(
        body=atom({"title": "v3.12.1"}, {**NEW, "id": NEW_ID, "title": "v3.12.0 (renamed)"})
    )
    town.clock.forward(hours=6)
    assert check(town)["mlflow"] == "1 new"
    assert len(drafts(town)) == 4


NEW_ID = "https://github.com/example/tool/releases/tag/v3.12.0"


def test_bad_feeds_fail_with_a_reason_and_wait_longer_while_others_go_on(
    town: Town, server: FeedServer
) -> None:
    server.pages["/grafana"] = Page(body=b"<!doctype html><html>Sign in</html>")
    server.pages["/kserve"] = Page(status=503, headers={"retry-after": "86400"})
    told = check(town)
    assert told["grafana"] == "failed: it is a web page, not a feed"
    assert told["kserve"] == "failed: the server answered 503 (Service Unavailable)"
    assert told["mlflow"] == "1 new"
    now = town.clock()
    by_tool = {feed.tool: feed for feed in watched(town.app.chain)}
    assert by_tool["grafana"].due_at == now + timedelta(hours=12)
    assert by_tool["kserve"].due_at == now + timedelta(hours=24)
    assert by_tool["mlflow"].due_at == now + timedelta(hours=6)
    town.clock.forward(hours=12)
    assert set(check(town)) == {"grafana", "mlflow"}
    by_tool = {feed.tool: feed for feed in watched(town.app.chain)}
    assert (by_tool["grafana"].failures, by_tool["grafana"].due_at) == (
        2,
        town.clock() + timedelta(hours=24),
    )
    server.pages["/grafana"] = Page(body=atom(NEW))
    assert check_now(town.app.chain, town.app.fetcher(), "grafana").words == "1 new"
    assert {feed.tool: feed.failures for feed in watched(town.app.chain)}["grafana"] == 0


def test_entries_that_no_mail_would_carry_are_noted_and_not_drafted(
    town: Town, server: FeedServer
) -> None:
    old = {"title": "v1.0.0", "day": "2026-06-20"}
    server.pages["/mlflow"] = Page(body=atom(NEW, old))
    assert check(town)["mlflow"] == "1 new; 1 older than 8 weeks noted, not drafted"
    town.clock.forward(hours=6)
    assert check(town)["mlflow"] == "nothing new"


def test_a_draft_of_a_frozen_week_takes_the_next(town: Town) -> None:
    town.news()
    town.readers(("a@example.org", "mlops-engineer"))
    town.approved()
    open_regular(town.app.chain, WEEK)
    check(town)
    with town.app.db.read() as tx:
        assert {item.week for item in items.listing(tx, state=ItemState.DRAFT)} == {"2026-W35"}


def test_two_services_at_once_ask_each_feed_once(town: Town, server: FeedServer) -> None:
    other = town.with_settings()
    start = threading.Barrier(2)
    told: list[dict[str, str]] = []

    def go(one: Town) -> None:
        start.wait(PATIENCE)
        told.append(check(one))

    threads = [threading.Thread(target=go, args=(each,)) for each in (town, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    other.app.db.dispose()
    assert sorted(asked.path for asked in server.asked) == [f"/{tool}" for tool in TOOLS]
    assert len(told[0]) + len(told[1]) == len(TOOLS)
    assert len(drafts(town)) == len(TOOLS)


def test_what_a_killed_service_had_claimed_is_due_again(town: Town, server: FeedServer) -> None:
    watched(town.app.chain)
    with town.app.db.write() as tx:
        assert len(feeds.claim_due(tx, limit=9, lease=LEASE, now=town.clock())) == len(TOOLS)
    assert check(town) == {}
    with pytest.raises(Conflict, match="being checked"):
        check_now(town.app.chain, town.app.fetcher(), "mlflow")
    assert server.asked == []
    town.clock.forward(seconds=LEASE.total_seconds())
    assert set(check(town)) == set(TOOLS)


def test_a_feed_that_changed_while_it_was_asked_is_dropped(town: Town) -> None:
    class Moving(type(town.app.fetcher())):  # type: ignore[misc]
        async def fetch(self, url, known):
            answer = await super().fetch(url, known)
            with town.app.db.write() as tx:
                feeds.keep(tx, {}, every_hours=6, now=town.clock())
            return answer

    plain = town.app.fetcher()
    moving = Moving(reach=plain.reach, agent=plain.agent, clock=plain.clock)
    checked = check_now(town.app.chain, moving, "mlflow")
    assert checked.failed
    assert "dropped" in checked.words
    assert drafts(town) == []


def test_an_unknown_tool_and_an_empty_catalogue(town: Town, tmp_path: Path) -> None:
    for act in (
        lambda: check_now(town.app.chain, town.app.fetcher(), "nothing"),
        lambda: set_interval(town.app.chain, "nothing", 3),
    ):
        with pytest.raises(NotFound, match="no feed of nothing"):
            act()


def test_a_copy_of_the_database_asks_nobody(town: Town, server: FeedServer) -> None:
    (town.settings.folder / "instance").write_text("another machine")
    look_at_feeds(town.app.chain, town.app.fetcher(), lambda: False)
    assert server.asked == []


def test_the_service_watches_beside_the_schedule_until_it_is_stopped(
    town: Town, server: FeedServer
) -> None:
    service = Service(town.app.chain, town.settings, town.app.fetcher())
    service.start(ticks=True, sender=False)
    try:
        end = time.monotonic() + PATIENCE
        while len(drafts(town)) < len(TOOLS) and time.monotonic() < end:
            threading.Event().wait(0.05)
    finally:
        service.stop()
    assert len(drafts(town)) == len(TOOLS)
    asked = len(server.asked)
    look_at_feeds(town.app.chain, town.app.fetcher(), lambda: True)
    assert len(server.asked) == asked


def test_the_commands(
    town: Town,
    server: FeedServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BRIEFINGS_DATABASE_URL", town.settings.database_url)
    monkeypatch.setenv("BRIEFINGS_FEED_NETWORKS", "127.0.0.1")
    monkeypatch.setenv("BRIEFINGS_SECRET_KEY", SECRET)
    server.pages["/kserve"] = Page(status=404)

    def told(code: int, *arguments: str) -> str:
        assert run(["feeds", *arguments]) == code
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return printed.out + printed.err

    assert "not asked yet" in told(0, "list")
    assert "3 feeds." in told(0, "list")
    # The commands read the real clock, and the entries are of their own time.
    assert "mlflow: " in told(0, "check", "mlflow")
    assert "kserve: failed: the server answered 404" in told(1, "check", "kserve")
    assert "(1 failure in a row)" in told(0, "list")
    assert "mlflow: asked every 2 hours." in told(0, "interval", "mlflow", "2")
    assert "every 2 h" in told(0, "list")
    assert "1 feed checked" in told(0, "check")
    assert "no feed of nothing" in told(1, "check", "nothing")
    told(2, "interval", "mlflow", "0")
    monkeypatch.setenv("BRIEFINGS_FEED_NETWORKS", "10.0.0.0/33")
    assert "FEED_NETWORKS is wrong; allowed: networks such as" in told(2, "list")
    monkeypatch.delenv("BRIEFINGS_FEED_NETWORKS")
    assert "not an address of the public internet" in told(1, "check", "mlflow")
