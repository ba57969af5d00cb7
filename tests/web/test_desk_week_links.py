"""The links of a whole week at the desk: tried by one button, in parts, and told on one page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from briefings.model.user import DeskRole
from briefings.pipeline.prepare import load_catalogue, prepare
from briefings.store import catalogue as catalogues
from briefings.store import items
from briefings.testing.feed_server import FeedServer, Page
from briefings.weeks import Week
from tests.web.conftest import copied
from tests.web.desk_of import EDITION, LATER, Desk, edition, press

ROUTE = "POST /desk/weeks/{week}/links"
LINKS = f"/desk/weeks/{LATER}/links"


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Iterator[Desk]:
    for site in copied(made, tmp_path / "desk", demo=False, feed_networks="127.0.0.1"):
        yield Desk(site)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        running.pages["/there"] = running.pages["/new"] = Page(body=b"here")
        running.pages["/old"] = Page(status=301, headers={"location": "/new"})
        running.pages["/gone"] = Page(status=410)
        yield running


def lead(desk: Desk, *urls: str) -> list[int]:
    """Let the three items of an edition lead to these, and its plan nowhere; their numbers."""
    ids = edition(desk)
    with desk.site.app.db.write() as tx:
        known = load_catalogue(tx)
        shorn = [replace(each, plan=()) for each in known.specializations]
        catalogues.save(tx, replace(known, specializations=tuple(shorn)))
        for number, url in zip(ids, urls, strict=True):
            news = items.get(tx, [number])[number].news
            items.revise(tx, number, replace(news, source_url=url), now=desk.site.clock())
    prepare(desk.site.app.chain, Week.parse(LATER), ["mlops-engineer"])
    return ids


def words(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


async def test_one_press_tries_the_links_of_the_week_and_the_page_tells_what_to_do(
    desk: Desk, server: FeedServer
) -> None:
    urls = [server.url(path) for path in ("/there", "/old", "/gone")]
    _, moved, gone = lead(desk, *urls)
    async with desk.client(DeskRole.EDITOR) as client:
        before = (await client.get(LINKS)).text
        assert "0 of 3 links tried" in words(before)
        assert "Try the links of this week" in before
        answer = await press(client, LINKS)
        assert answer.status_code == 303
        page = (await client.get(answer.headers["location"])).text
        said = words(page)
        told = "3 links tried: 2 answer (1 from another address for good), 1 is gone."
        assert told in said
        assert "3 of 3 links tried. 1 page is gone" in said
        assert f"{urls[2]} answers 410" in said
        assert f"{urls[1]} is now {server.url('/new')}" in said
        for number in (moved, gone):
            assert f'href="{EDITION}#item-{number}"' in page
        assert "tried in the last 10 minutes" in said
        assert f'action="{LINKS}"' not in page
        asked = len(server.asked)
        answer = await press(client, LINKS)
        assert "All 3 links were tried" in words(
            (await client.get(answer.headers["location"])).text
        )
        assert len(server.asked) == asked
        assert [row[2:] for row in desk.log() if row[1] == ROUTE] == [(LATER, "", told)]
        preflight = words((await client.get(EDITION)).text)
        assert f"answers from another address for good. Use {server.url('/new')}" in preflight


async def test_what_there_was_no_time_for_is_left_to_the_next_press(
    desk: Desk, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead(desk, *(server.url(path) for path in ("/there", "/old", "/gone")))
    monkeypatch.setattr("briefings.web.desk.week_links.MOST_WHILE_WAITING", 2)
    async with desk.client(DeskRole.AUTHOR) as client:
        answer = await press(client, LINKS)
        page = words((await client.get(answer.headers["location"])).text)
        assert "There was no time for 1 more" in page
        assert "2 of 3 links tried" in page
        assert "Try the 1 left" in page
        await press(client, LINKS)
        assert "3 of 3 links tried" in words((await client.get(LINKS)).text)


async def test_a_week_without_editions_and_a_visitor_who_only_looks_have_no_button(
    desk: Desk, server: FeedServer
) -> None:
    async with desk.client(DeskRole.VIEWER) as client:
        assert "No edition of this week is made yet" in words((await client.get(LINKS)).text)
        lead(desk, *(server.url(path) for path in ("/there", "/old", "/gone")))
        page = (await client.get(LINKS)).text
        assert "0 of 3 links tried" in words(page)
        assert "An author or editor may try them" in page
        assert f'action="{LINKS}"' not in page
        week = (await client.get(f"/desk/weeks/{LATER}")).text
        assert f'href="{LINKS}"' in week
        assert f'action="{LINKS}"' not in week
    async with desk.client(DeskRole.AUTHOR) as client:
        assert f'action="{LINKS}"' in (await client.get(f"/desk/weeks/{LATER}")).text
