"""The search of the desk: one box finds items and editions, past ones too, and leads to both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from briefings.model.user import DeskRole
from briefings.pipeline import finding
from briefings.pipeline.archive import switch
from briefings.store import editions
from tests.web.conftest import WEEK, copied
from tests.web.desk_of import EDITION, Desk, edition, press
from tests.web.test_desk_issues import words_of

OLD = f"/desk/editions/{WEEK}/mlops-engineer"
PUBLIC = f"/archive/mlops-engineer/{WEEK}"


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Iterator[Desk]:
    for site in copied(made, tmp_path / "desk", demo=False):
        yield Desk(site)


async def search(client: httpx.AsyncClient, words: str, **more: str) -> str:
    answer = await client.get("/desk/search", params={"q": words, **more})
    assert answer.status_code == 200, words
    return answer.text


def links_in(page: str) -> list[str]:
    """Where the results lead, in their order."""
    return [unescape(link) for link in re.findall(r'<a href="(/[^"]+)"', page.split("<h1", 1)[1])]


async def test_one_box_finds_items_and_editions_and_every_link_leads_on(desk: Desk) -> None:
    ids = edition(desk)
    switch(desk.site.app.chain, "mlops-engineer", None, shown=True, by="ed")
    async with desk.client(DeskRole.AUTHOR) as client:
        page = await search(client, "MLflow OUT")
        found, past = page.split('id="editions"')
        assert links_in(found)[:3] == [f"/desk/items/{number}" for number in reversed(ids)]
        assert EDITION in links_in(f"<h1{past}")
        assert "draft" in words_of(past)
        page = await search(client, f"mlops engineer {WEEK}")
        assert {OLD, PUBLIC} <= set(links_in(page))
        assert "published" in words_of(page)
        for link in set(links_in(page)):
            assert (await client.get(link)).status_code == 200, link
        page = await search(client, "release")
        inbox = "/desk/inbox?state=any&q=release"
        assert inbox in links_in(page), "there are more items than fit"
        assert "/desk/search?q=release#editions" in links_in((await client.get(inbox)).text)


async def test_who_only_looks_is_led_to_what_they_may_see(desk: Desk) -> None:
    edition(desk)
    async with desk.client(DeskRole.VIEWER) as client:
        page = await search(client, "mlflow out")
        assert "/desk/search" in (await client.get("/desk")).text
        for link in links_in(page):
            assert (await client.get(link)).status_code == 200, link
        assert any(link.endswith("/history") for link in links_in(page))
        assert not any(link.startswith("/archive") for link in links_in(page)), "nothing is public"


async def test_an_edition_names_the_items_that_fit_and_goes_by_the_words_it_was_given(
    desk: Desk,
) -> None:
    ids = edition(desk)
    async with desk.client(DeskRole.AUTHOR) as client:
        page = (await search(client, "9.1")).split('id="editions"')[1]
        assert [link for link in links_in(f"<h1{page}") if "/items/" in link] == [
            f"/desk/items/{ids[1]}"
        ]
        words = {"subject": "Änderung", "preheader": "Vorab", "intro": "Kurz & gut", "seen": "0"}
        assert (await press(client, f"{EDITION}/words", words)).status_code == 303
        for query in ("ÄNDERUNG", "vorab kurz", "week 35 gut"):
            page = await search(client, query)
            assert EDITION in links_in(page), query
            assert "Kurz &amp; gut" in page
        assert "No item has this word" in await search(client, "vorab")


async def test_a_long_list_of_editions_comes_in_pages(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "EDITIONS_SHOWN", 3)
    monkeypatch.setattr("briefings.web.desk.search.EDITIONS_SHOWN", 3)
    with desk.site.app.db.read() as tx:
        total = len(editions.of_week(tx, str(WEEK)))
    async with desk.client(DeskRole.VIEWER) as client:
        seen: list[str] = []
        path = f"/desk/search?q={WEEK}"
        while path:
            page = (await client.get(path)).text
            seen += [link for link in links_in(page) if link.startswith("/desk/editions/")]
            more = re.search(r'<a href="([^"]+)" rel="next"', page)
            path = unescape(more[1]) if more else ""
        assert len(seen) == len(set(seen)) == total > 3
        assert "There are no more editions" in await search(client, str(WEEK), page="9999")


ODD = {
    "": "Finds items and editions",
    " \t ": "Finds items and editions",
    "\0": "Finds items and editions",
    "nowheretobefound": "No edition has this word",
    "nowhere tobefound": "No edition has all these words",
    "%%": "No edition has this word",
    "'; DROP TABLE item; --": "No edition has all these words",
    "\ud7ff\U0010ffff\u202e": "No edition has this word",
    "x" * 5_000: "No edition has this word",
}


async def test_odd_words_and_pages_get_an_answer_and_change_nothing(desk: Desk) -> None:
    async with desk.client(DeskRole.VIEWER) as client:
        before = desk.site.dump()
        for words, told in ODD.items():
            assert told in await search(client, words), words
        for page in ("0", "-1", "9" * 5_000, "\u0663", "x"):
            assert OLD in await search(client, str(WEEK), page=page)
        assert desk.site.dump() == before
