"""Editions at the desk: every act shows on the page, says what it did, and offers the way back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import httpx
import pytest

from briefings.links import Purpose
from briefings.model.edition import Edition
from briefings.model.user import DeskRole
from briefings.pipeline.prepare import load_catalogue, prepare
from briefings.pipeline.send import send_due
from briefings.store import catalogue as catalogues
from briefings.store import editions, items, letters
from briefings.testing.feed_server import FeedServer, Page
from briefings.weeks import Week
from tests.web.conftest import copied
from tests.web.desk_of import EDITION, LATER, Desk, edition, press

WEEK_PAGE = f"/desk/weeks/{LATER}"


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Iterator[Desk]:
    for site in copied(made, tmp_path / "desk", demo=False):
        yield Desk(site)


@pytest.fixture
def outbox(desk: Desk) -> Path:
    return desk.site.folder / "outbox" / "new"


def order(page: httpx.Response) -> list[int]:
    return [int(each) for each in re.findall(r'data-item="(\d+)"', page.text)]


async def after(client: httpx.AsyncClient, answer: httpx.Response) -> httpx.Response:
    assert answer.status_code == 303, answer.text
    return await client.get(answer.headers["location"])


async def undone(client: httpx.AsyncClient, page: httpx.Response) -> httpx.Response:
    """Press the button that takes back what the page says was done."""
    form = re.search(r'data-said>.*?action="([^"]+)">(.*?)</form>', page.text, re.DOTALL)
    assert form, page.text
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2]))
    return await after(client, await press(client, form[1], fields))


async def test_moving_an_item_shows_and_can_be_undone(desk: Desk) -> None:
    ids = edition(desk)
    async with desk.client(DeskRole.AUTHOR) as client:
        before = order(await client.get(EDITION))
        assert set(ids) <= set(before)
        first, second = before[0], before[1]
        page = await after(
            client, await press(client, f"{EDITION}/move", {"item": str(second), "to": "up"})
        )
        assert order(page)[:2] == [second, first]
        assert f"Moved item {second} up" in page.text
        assert order(await undone(client, page)) == before


async def test_a_refused_change_says_why_and_changes_nothing(desk: Desk) -> None:
    edition(desk)
    async with desk.client(DeskRole.AUTHOR) as client:
        before = desk.site.dump()
        for name, fields, said in (
            ("words", {"subject": "Ours", "seen": "7"}, "Somebody else changed"),
            ("words", {"subject": "x" * 61, "seen": "0"}, "61 characters"),
            ("leave-out", {"item": "1", "reason": ""}, "Say why"),
            ("leave-out", {"item": "99999", "reason": "old"}, "does not carry item"),
            ("pin", {"item": "none", "on": "yes"}, "names no item"),
            ("test-mail", {"to": "else@example.org", "reader": "plan"}, "is neither"),
        ):
            answer = await press(client, f"{EDITION}/{name}", fields)
            assert answer.status_code in (404, 409), name
            assert said in answer.text, name
        answer = await press(client, f"{WEEK_PAGE}/approve", {"edition": "a", "hash": "b"})
        assert answer.status_code == 403
        assert desk.site.dump() == before


async def test_approving_takes_two_steps_and_the_first_is_a_sentence_with_counts(
    desk: Desk,
) -> None:
    edition(desk)
    async with desk.client(DeskRole.EDITOR) as client:
        ask = await client.get(f"{WEEK_PAGE}/approve?edition=mlops-engineer")
        text = " ".join(re.sub(r"<[^>]+>", " ", ask.text).split())
        assert "On Monday 31 August at 08:00 , each reader’s own time, 3 readers of" in (
            text.replace("&rsquo;", "’")
        )
        assert "counted again at the cut-off, 30 August 2026, 16:00 UTC" in text
        seen = dict(re.findall(r'name="(edition|hash)" value="([^"]+)"', ask.text))
        page = await after(client, await press(client, f"{WEEK_PAGE}/approve", seen))
        assert "1 approved for 3 readers" in page.text
        assert 'class="chip approved"' in (await client.get(EDITION)).text
        page = await undone(client, page)
        assert "1 edition is a draft again" in page.text
        await press(client, f"{EDITION}/words", {"subject": "Changed since", "seen": "1"})
        answer = await press(client, f"{WEEK_PAGE}/approve", seen)
        assert answer.status_code == 409
        assert "look at it again" in answer.text


async def test_a_week_of_hundreds_of_editions_is_approved_and_undone_by_one_press(
    desk: Desk,
) -> None:
    """Neither the fields of the form nor the address that says what was done are too many."""
    edition(desk)
    with desk.site.app.db.write() as tx:
        known = load_catalogue(tx)
        (like, *_) = (s for s in known.specializations if s.slug == "mlops-engineer")
        more = [
            replace(like, slug=f"a-long-name-of-many-{n}", name=f"Name {n}", general=False)
            for n in range(240)
        ]
        catalogues.save(tx, replace(known, specializations=(*known.specializations, *more)))
        for one in more:
            editions.put(
                tx,
                Edition(specialization=one.slug, week=str(LATER), placements=()),
                now=desk.site.clock(),
            )
    async with desk.client(DeskRole.EDITOR) as client:
        ask = (await client.get(f"{WEEK_PAGE}/approve")).text
        seen = {
            name: re.findall(rf'name="{name}" value="([^"]+)"', ask) for name in ("edition", "hash")
        }
        assert len(seen["edition"]) > 240
        answer = await press(client, f"{WEEK_PAGE}/approve", seen)
        assert len(answer.headers["location"]) < 2_000
        page = await after(client, answer)
        assert f"{len(seen['edition'])} approved" in page.text
        page = await undone(client, page)
        assert f"{len(seen['edition'])} editions are a draft again" in page.text
        for at in ("soon", "2026-08-24T12:00:00"):
            answer = await press(client, f"{WEEK_PAGE}/unapprove", {"at": at})
            assert "is no instant" in answer.text


async def test_who_must_not_approve_alone_is_refused_after_an_edit(desk: Desk) -> None:
    edition(desk)
    async with desk.client(DeskRole.EDITOR, own=False) as client:
        await press(client, f"{EDITION}/words", {"subject": "Mine", "seen": "0"})
        ask = await client.get(f"{WEEK_PAGE}/approve?edition=mlops-engineer")
        assert "It is your own work: you changed the edition." in ask.text
        fields = {"edition": "mlops-engineer", "hash": "any"}
        answer = await press(client, f"{WEEK_PAGE}/approve", fields)
        assert answer.status_code == 409
        assert "Somebody else has to approve it" in answer.text


async def test_a_preview_runs_no_script_and_its_links_belong_to_nobody(desk: Desk) -> None:
    edition(desk)
    async with desk.client(DeskRole.VIEWER) as client:
        page = await client.get(f"{EDITION}/preview")
        assert page.text.count("<iframe") == 5
        frame = await client.get(f"{EDITION}/mail?reader=ada@example.org")
        assert "sandbox" in frame.headers["content-security-policy"]
        assert "script-src" not in frame.headers["content-security-policy"]
        assert "Ada Lind" in frame.text
        off = await client.get(f"{EDITION}/mail?images=off")
        assert "img-src" not in off.headers["content-security-policy"]
        signer = desk.site.app.chain.signer()
        for token in re.findall(r"/unsubscribe/([\w-]{44})", frame.text):
            assert signer.read(Purpose.UNSUBSCRIBE, token, now=0).reader_id == 0
        lost = await client.get(f"{EDITION}/mail?reader=nobody@example.org")
        assert lost.status_code == 404


def test_a_test_mail_is_a_letter_that_counts_for_nobody(desk: Desk, outbox: Path) -> None:
    edition(desk)
    there = set(outbox.iterdir())
    before = [line for line in desk.site.dump() if 'INTO "delivery"' in line]

    async def ask() -> None:
        async with desk.client(DeskRole.AUTHOR, email="author@desk.example") as client:
            fields = {"to": "author@desk.example", "reader": "plan", "address": "ada@example.org"}
            page = await after(client, await press(client, f"{EDITION}/test-mail", fields))
            assert "On its way to author@desk.example" in page.text

    asyncio.run(ask())
    # An erased reader's address stands in no log and in no key: the number does.
    assert desk.log()[-1][-1] == "test mail as reader 1 to author@desk.example"
    (key,) = desk.site.row("SELECT key FROM letter WHERE kind = 'test-mail'")
    assert "reader 1" in str(key)
    assert "ada@example.org" not in str(key)
    send_due(desk.site.app.chain, desk.site.app.settings, None)
    (file,) = set(outbox.iterdir()) - there
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["subject"].startswith("[PREVIEW] ")
    assert "author@desk.example" in mail["to"]
    assert "Ada Lind" in str(mail.get_body(("plain",)))
    assert [line for line in desk.site.dump() if 'INTO "delivery"' in line] == before
    with desk.site.app.db.read() as tx:
        assert letters.next_due(tx) is None


async def test_a_week_is_assembled_skipped_and_moved_with_a_way_back(desk: Desk) -> None:
    async with desk.client(DeskRole.SENDER) as client:
        assert "Nothing is assembled yet" in (await client.get(WEEK_PAGE)).text
        page = await after(client, await press(client, f"{WEEK_PAGE}/assemble"))
        assert "Assembled: " in page.text
        page = await after(client, await press(client, f"{WEEK_PAGE}/skip", {"reason": "rest"}))
        assert "The week is skipped: rest" in page.text
        page = await undone(client, page)
        assert "The week is skipped" not in page.text
        moved = await press(client, f"{WEEK_PAGE}/move", {"to": "2026-09-01"})
        assert "Tuesday 1 September" in (await after(client, moved)).text
        answer = await press(client, f"{WEEK_PAGE}/move", {"to": "soon"})
        assert answer.status_code == 409


async def test_what_went_out_is_shown_and_offers_no_change(desk: Desk) -> None:
    async with desk.client(*DeskRole) as client:
        page = await client.get("/desk/editions/2026-W34/mlops-engineer")
        assert "It has gone out" in page.text
        assert "/words" not in page.text
        week = await client.get("/desk/weeks/2026-W34")
        assert "2026-W34-regular" in week.text
        assert "The states add up" in week.text


async def test_preflight_stands_beside_and_stops_the_approval(desk: Desk) -> None:
    edition(desk)
    async with desk.client(DeskRole.EDITOR) as client:
        await press(client, f"{EDITION}/words", {"intro": "Ask about [[TK]]", "seen": "0"})
        page = await client.get(EDITION)
        assert "it is not finished" in page.text
        assert "One check still blocks" in page.text
        ask = await client.get(f"{WEEK_PAGE}/approve?edition=mlops-engineer")
        assert "Preflight stops it" in ask.text
        assert "in spite of it" not in ask.text


async def test_links_are_checked_by_a_button_and_what_is_gone_stops_the_approval(
    made: Path, tmp_path: Path
) -> None:
    for site in copied(made, tmp_path / "links", demo=False, feed_networks="127.0.0.1"):
        desk = Desk(site)
        ids = edition(desk)
        with FeedServer() as server:
            with site.app.db.write() as tx:
                for number, item in items.get(tx, ids).items():
                    news = replace(item.news, source_url=server.url(f"/{number}"))
                    items.revise(tx, number, news, now=site.clock())
                    server.pages[f"/{number}"] = Page(body=b"here")
            server.pages[f"/{ids[0]}"] = Page(status=404)
            prepare(site.app.chain, Week.parse(LATER), ["mlops-engineer"])
            async with desk.client(DeskRole.EDITOR) as client:
                before = await client.get(EDITION)
                assert f'action="{EDITION}/links"' in before.text
                assert "were never tried" in before.text
                said = "No link leads to a page that is gone"
                assert said not in before.text
                page = await after(client, await press(client, f"{EDITION}/links"))
                assert "1 is gone" in page.text
                assert "its source answers 404: the page is gone" in page.text
                assert "One check still blocks" in page.text
                server.pages[f"/{ids[0]}"] = Page(body=b"back")
                page = await after(client, await press(client, f"{EDITION}/links"))
                assert "One check still blocks" not in page.text
            async with desk.client(DeskRole.VIEWER) as client:
                assert f'action="{EDITION}/links"' not in (await client.get(EDITION)).text
