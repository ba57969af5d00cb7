"""Seed readers at the desk: marked by address, chosen at an approval, released with the count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from briefings.model.delivery import SeedsFirst
from briefings.model.user import DeskRole
from briefings.pipeline import seeding
from briefings.pipeline.open_issue import open_regular
from briefings.store import editions, seeds
from briefings.weeks import Week
from tests.web.conftest import copied
from tests.web.desk_of import EDITION, LATER, Desk, edition, press
from tests.web.test_desk_issues import words_of

WEEK_PAGE = f"/desk/weeks/{LATER}"
ISSUE = f"/desk/issues/{LATER}-regular"


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Iterator[Desk]:
    for site in copied(made, tmp_path / "desk", demo=False):
        yield Desk(site)


def words(page: str) -> str:
    return words_of(page).replace("&rsquo;", "’").replace("&ldquo;", "“").replace("&rdquo;", "”")


def chosen(desk: Desk) -> SeedsFirst | None:
    with desk.site.app.db.read() as tx:
        return editions.approvals(tx, LATER)["mlops-engineer"].seeds


async def test_readers_are_marked_and_unmarked_and_the_log_names_no_address(desk: Desk) -> None:
    async with desk.client(DeskRole.EDITOR) as client:
        assert "No seed reader yet" in (await client.get("/desk/seeds")).text
        lost = await press(client, "/desk/seeds", {"email": "nobody@example.org"})
        assert lost.status_code == 422
        assert "No confirmed reader has the address nobody@example.org" in lost.text
        assert 'class="field wrong"' in lost.text
        assert desk.log()[1:] == [], "what failed leaves no entry"
        assert (await press(client, "/desk/seeds", {"email": "Bo@Example.org"})).status_code == 303
        page = await client.get("/desk/seeds")
        assert "bo@example.org" in page.text
        again = await press(client, "/desk/seeds", {"email": "bo@example.org"})
        assert "That is a seed reader already" in again.text
        (path,) = re.findall(r'action="(/desk/seeds/\d+/remove)"', page.text)
        await press(client, path)
        assert "No seed reader yet" in (await client.get("/desk/seeds")).text
        assert (await press(client, path)).status_code == 404
    entries = [(subject, before, after) for _, _, subject, before, after in desk.log()[1:]]
    assert entries == [
        ("reader 2", "like all others", "seed reader"),
        ("reader 2", "seed reader", "like all others"),
    ]


async def test_an_approval_offers_seed_readers_with_both_counts(desk: Desk) -> None:
    edition(desk)
    ask_page = f"{WEEK_PAGE}/approve?edition=mlops-engineer"
    async with desk.client(DeskRole.EDITOR) as client:
        asked = words((await client.get(ask_page)).text)
        assert "First seed readers, then all No seed reader reads this edition" in asked
        await press(client, "/desk/seeds", {"email": "bo@example.org"})
        ask = await client.get(ask_page)
        asked = words(ask.text)
        assert "First 1 seed reader of 3, then all" in asked
        assert "when the issue opens, 30 August 2026, 16:00 UTC. The other 2, and" in asked
        form = dict(re.findall(r'name="(edition|hash)" value="([^"]+)"', ask.text))
        form |= {"to": "seeds", "release_at": "soon"}
        wrong = await press(client, f"{WEEK_PAGE}/approve", form)
        assert "is no hour" in wrong.text
        form["release_at"] = "2026-08-30T15:00"
        wrong = await press(client, f"{WEEK_PAGE}/approve", form)
        assert wrong.status_code == 409
        assert "between 2026-08-30 16:00 UTC" in wrong.text
        form["release_at"] = "2026-08-30T17:30"
        done = await press(client, f"{WEEK_PAGE}/approve", form)
        hour = datetime(2026, 8, 30, 17, 30, tzinfo=UTC)
        assert chosen(desk) == SeedsFirst(most=10, release_at=hour)
        week = words((await client.get(done.headers["location"])).text)
        assert "1 approved for 3 readers, first 1 seed reader" in week
        assert "The whole issue waits for a release." in week
        shown = words((await client.get(EDITION)).text)
        assert "first for up to 10 seed readers ; the others wait until 30 August 2026" in shown
        await press(client, f"{WEEK_PAGE}/unapprove", {"edition": "mlops-engineer"})
        ask = await client.get(ask_page)
        form = dict(re.findall(r'name="(edition|hash)" value="([^"]+)"', ask.text))
        await press(client, f"{WEEK_PAGE}/approve", {**form, "to": "all"})
        assert chosen(desk) is None, "taken back with the approval"


async def test_the_issue_page_says_who_waits_and_one_button_sends_to_all(desk: Desk) -> None:
    edition(desk)
    site = desk.site
    async with desk.client(DeskRole.SENDER) as client, desk.client(DeskRole.EDITOR) as editor:
        await press(client, "/desk/seeds", {"email": "bo@example.org"})
        ask = await client.get(f"{WEEK_PAGE}/approve?edition=mlops-engineer")
        form = dict(re.findall(r'name="(edition|hash)" value="([^"]+)"', ask.text))
        await press(client, f"{WEEK_PAGE}/approve", {**form, "to": "seeds"})
        site.clock.now = datetime(2026, 8, 30, 16, 0, tzinfo=UTC)
        open_regular(site.app.chain, Week.parse(LATER), by_tick=True)
        page = await client.get(ISSUE)
        shown = words(page.text)
        assert "First to 1 seed reader of 3; 2 mails leave after you release them" in shown
        assert "Seed readers: 1 pending. The others wait for a person." in shown
        assert "From 3 September 2026, 06:00 UTC on the first of them are too old" in shown
        assert "May leave now 1" in shown
        assert "Send to all now: 2 mails" in shown
        assert "2 mails wait for a release." in words((await client.get("/desk")).text)
        assert "2 wait for a release" in words((await client.get("/desk/issues")).text)
        assert "Send to all now" not in (await editor.get(ISSUE)).text
        assert (await press(editor, f"{ISSUE}/release")).status_code == 403
        done = await press(client, f"{ISSUE}/release")
        told = words((await client.get(done.headers["location"])).text)
        assert "Released: 2 mails leave at their hours" in told
        assert "released to all by sender@desk.example, 30 August 2026, 16:00 UTC" in told
        assert "3 mails of 3 have not left yet" in told
        assert (await press(client, f"{ISSUE}/release")).status_code == 409, "once"
    assert desk.log()[-1][2:] == (
        f"{LATER}-regular",
        "seed readers first, 2 waiting",
        "released to all",
    )


async def test_the_week_counts_groups_and_shows_the_last_issue(desk: Desk) -> None:
    edition(desk)
    desk.turn("unsure", 1)
    async with desk.client(DeskRole.SENDER) as client:
        page = await client.get(WEEK_PAGE)
        shown = words(page.text)
        assert "MLOps Engineer role draft 3 release s 0 0 3 3 Review" in shown.replace(
            "releases", "release s"
        )
        assert "Last issue: week 34, regular" in shown
        assert 'href="/desk/issues/2026-W34-regular/unsure"' in page.text


async def test_while_it_is_paused_both_acts_are_offered_and_each_does_its_own(desk: Desk) -> None:
    with desk.site.app.db.write() as tx:
        tx.execute("UPDATE delivery SET state = 'pending' WHERE id > 1")
        tx.execute("UPDATE issue SET state = 'paused', reason = 'a person'")
        seeds.hold(tx, 1, None)
    name = "/desk/issues/2026-W34-regular"
    async with desk.client(DeskRole.SENDER) as client:
        page = (await client.get(name)).text
        assert f'action="{name}/release"' in page
        assert f'action="{name}/resume"' in page
        done = await press(client, f"{name}/release")
        told = words((await client.get(done.headers["location"])).text)
        assert "leave at their hours, once the issue is resumed." in told
        assert desk.site.row("SELECT state FROM issue") == ("paused",)
    assert not seeding.release(desk.site.app.chain, "2026-W34-regular", by="x")
