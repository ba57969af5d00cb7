"""The correction desk: those who got the item are told, nobody else, and the log says what changed."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from briefings.model.news import ItemState
from briefings.model.user import DeskRole
from briefings.pipeline.send import send_due
from briefings.store import items
from tests.web.conftest import Installation, copied
from tests.web.desk_of import ISSUE, Desk, press
from tests.web.test_desk_issues import words_of

NOTE = "The version is 1.2, not <1.3>."


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Iterator[Desk]:
    for site in copied(made, tmp_path / "desk", demo=False):
        yield Desk(site)


def receivers(site: Installation, item: int) -> set[str]:
    with site.app.db.read() as tx:
        rows = tx.rows(
            "SELECT email FROM reader JOIN received ON received.reader_id = reader.id "
            "WHERE item_id = :item",
            item=item,
        )
    return {str(row[0]) for row in rows}


def corrections_in(outbox: Path) -> dict[str, str]:
    found = {}
    for file in (outbox / "new").iterdir():
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        if str(mail["subject"]).startswith("Correction:"):
            found[mail["to"].addresses[0].addr_spec] = mail.get_body(("plain",)).get_content()
    return found


def item_of_some(site: Installation) -> int:
    """An item that some readers got and others did not."""
    (number,) = site.row(
        "SELECT item_id FROM received GROUP BY item_id HAVING COUNT(*) < 3 "
        "ORDER BY COUNT(*) DESC, item_id LIMIT 1"
    )
    return number


async def test_a_correction_goes_to_those_who_got_the_item_and_to_them_only(desk: Desk) -> None:
    site = desk.site
    number = item_of_some(site)
    who = receivers(site, number)
    assert 0 < len(who) < 3
    page = f"/desk/corrections/{number}"
    async with desk.client(DeskRole.SENDER) as client:
        with site.app.db.read() as tx:
            old = items.get(tx, [number])[number].news.headline
        assert old.split()[0] in (await client.get("/desk/corrections")).text
        before = site.dump()
        seen = await client.get(page, params={"note": NOTE, "headline": "What is right"})
        words = words_of(seen.text)
        assert f"Tell {len(who)} reader" in words
        mail = await client.get(f"{page}/mail", params={"note": NOTE})
        assert "1.2, not &lt;1.3&gt;" in mail.text
        assert "sandbox" in mail.headers["content-security-policy"]
        assert "script-src" not in mail.headers["content-security-policy"]
        rows = list(csv.DictReader(io.StringIO((await client.get(f"{page}/readers.csv")).text)))
        assert {row["email"] for row in rows} == who
        assert {row["issue"] for row in rows} == {ISSUE}
        assert site.dump() == before, "looking writes nothing"

        fields = {"note": NOTE, "headline": "What is right", "revision": "1"}
        answer = await press(client, page, fields)
        assert answer.status_code == 303
        said = words_of((await client.get(answer.headers["location"])).text)
        assert f"tells {len(who)} who got it" in said
        await asyncio.to_thread(send_due, site.app.chain, site.app.settings, None)
        mails = corrections_in(site.folder / "outbox")
        assert set(mails) == who
        assert all("1.2, not <1.3>" in text for text in mails.values())
        again = await press(client, page, {**fields, "headline": "Yet another"})
        assert again.status_code == 409, "the form was of an older revision"
    with site.app.db.read() as tx:
        item = items.get(tx, [number])[number]
    assert (item.news.headline, item.revision) == ("What is right", 2)
    assert desk.log()[-1][2:4] == (f"item {number}", f"headline: {old}")


async def test_withdrawing_an_item_tells_its_readers_too(desk: Desk) -> None:
    number = item_of_some(desk.site)
    async with desk.client(DeskRole.OPERATOR) as client:
        fields = {"note": "It never happened.", "withdraw": "yes", "revision": "1"}
        page = f"/desk/corrections/{number}"
        assert (await press(client, page, fields)).status_code == 303
    with desk.site.app.db.read() as tx:
        assert items.get(tx, [number])[number].state is ItemState.WITHDRAWN
    made = desk.site.row("SELECT audience FROM issue WHERE kind = 'correction'")
    assert made == (len(receivers(desk.site, number)),)


async def test_nothing_goes_without_a_note_or_a_change_or_the_right(desk: Desk) -> None:
    number = item_of_some(desk.site)
    page = f"/desk/corrections/{number}"
    async with desk.client(DeskRole.SENDER) as client, desk.client(DeskRole.EDITOR) as editor:
        before = desk.site.dump()
        asked = await client.get(page, params={"note": ""})
        assert "Say it in one sentence" in asked.text
        asked = await client.get(page, params={"note": NOTE})
        assert "Nothing would change" in asked.text
        for fields, said in (
            ({"note": "", "headline": "x", "revision": "1"}, "Say in one sentence what was wrong"),
            ({"note": NOTE, "revision": "1"}, "Put a field right, or tick that"),
            ({"note": NOTE, "headline": "", "revision": "1"}, "The headline is empty"),
        ):
            answer = await press(client, page, fields)
            assert answer.status_code == 422
            assert "Nothing was changed" in answer.text
            assert said in answer.text
        ready = {"note": NOTE, "headline": "x", "revision": "1"}
        assert "A sender or an operator can send it" in (await editor.get(page, params=ready)).text
        assert (await press(editor, page, ready)).status_code == 403
        assert (await client.get("/desk/corrections/99999")).status_code == 404
        assert (await client.get("/desk/corrections/99999/mail")).status_code == 404
        assert "Nothing found" in (await client.get("/desk/corrections?q=zzz")).text
        assert desk.site.dump() == before
