"""Two editors at the same moment lose nothing: one is done, the other is told, both texts are kept."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from briefings.model.user import DeskRole
from briefings.store import editions, items
from tests.web.conftest import copied
from tests.web.desk_of import COOKIE, EDITION, ITEM, LATER, Desk, edition, press, seal_in

SENDER = DeskRole.SENDER
TYPE = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Iterator[Desk]:
    # They wait for each other as long as in a real installation.
    for site in copied(made, tmp_path / "desk", demo=False, busy_timeout=5.0):
        yield Desk(site)


async def at_once(
    desk: Desk, path: str, one: dict[str, str], other: dict[str, str]
) -> tuple[httpx.Response, httpx.Response]:
    """Let two people send a form at the same moment; who was done first comes first."""
    async with (
        desk.client(SENDER, email="ana@desk.example") as ana,
        desk.client(SENDER, email="ben@desk.example") as ben,
    ):
        seals = [seal_in(await client.get("/desk")) for client in (ana, ben)]
        answers = await asyncio.gather(
            *(
                client.post(path, content=urlencode({**form, "seal": seal}), headers=TYPE)
                for client, form, seal in zip((ana, ben), (one, other), seals, strict=True)
            )
        )
    done, told = sorted(answers, key=lambda answer: answer.status_code)
    return done, told


async def test_of_two_who_save_an_item_one_is_stored_and_the_other_sees_both(desk: Desk) -> None:
    number = edition(desk)[0]
    forms = [{**ITEM, "headline": name, "revision": "1"} for name in ("By Ana", "By Ben")]
    done, told = await at_once(desk, f"/desk/items/{number}", *forms)
    assert (done.status_code, told.status_code) == (303, 409)
    with desk.site.app.db.read() as tx:
        stored = items.get(tx, [number])[number]
        assert len(items.history(tx, number)) == 2
    assert stored.revision == 2
    assert stored.news.headline in ("By Ana", "By Ben")
    text = unescape(told.text)
    assert "By Ana" in text
    assert "By Ben" in text
    mine = re.search(r'id="headline"[^>]*value="([^"]+)"', text)
    assert mine
    assert mine[1] != stored.news.headline, "what was typed stands in the form"


async def test_of_two_who_write_an_editions_words_one_is_stored_and_the_other_is_told(
    desk: Desk,
) -> None:
    edition(desk)
    forms = [{"subject": name, "preheader": "", "intro": "", "seen": "0"} for name in ("A", "B")]
    done, told = await at_once(desk, f"{EDITION}/words", *forms)
    assert (done.status_code, told.status_code) == (303, 409)
    assert "Somebody else changed" in unescape(told.text)
    with desk.site.app.db.read() as tx:
        stored = editions.get(tx, LATER, "mlops-engineer")
    assert stored is not None
    assert stored.subject in ("A", "B")
    async with desk.client(SENDER) as client:
        assert "1 change<" in (await client.get(EDITION)).text


async def test_moves_at_the_same_moment_are_both_done_or_told_never_half(desk: Desk) -> None:
    ids = edition(desk)
    forms = [{"item": str(number), "on": "yes"} for number in ids[:2]]
    done, told = await at_once(desk, f"{EDITION}/pin", *forms)
    assert done.status_code == 303
    assert told.status_code in (303, 409)
    async with desk.client(SENDER) as client:
        page = (await client.get(EDITION)).text
    pinned = page.count('<b class="pinned">')
    assert pinned == (2 if told.status_code == 303 else 1)
    assert f"{pinned} change" in page


async def test_words_that_are_not_saved_yet_are_each_persons_own(desk: Desk) -> None:
    number = edition(desk)[0]
    forms = [{**ITEM, "id": str(number), "revision": "1", "headline": n} for n in ("Mine", "Yours")]
    done, told = await at_once(desk, "/desk/items/unsaved", *forms)
    assert done.status_code == told.status_code == 200
    for email, words, others in (("ana", "Mine", "Yours"), ("ben", "Yours", "Mine")):
        signed_in = {COOKIE: f"secret of {email}@desk.example"}
        async with desk.site.client(cookies=signed_in) as client:
            page = (await client.get(f"/desk/items/{number}?unsaved=1")).text
            assert words in page
            assert others not in page


async def test_a_correction_of_an_item_that_changed_meanwhile_is_refused(desk: Desk) -> None:
    number = desk.mailed_item()
    form = {"note": "It was 1.2.", "headline": "Put right", "revision": "1"}
    async with desk.client(SENDER) as client:
        assert (await press(client, f"/desk/corrections/{number}", form)).status_code == 303
        before = desk.site.dump()
        late = {**form, "headline": "Put otherwise"}
        answer = await press(client, f"/desk/corrections/{number}", late)
        assert answer.status_code == 409
        assert "Somebody changed this item meanwhile" in answer.text
        assert desk.site.dump() == before
