"""Signing in at the desk: one link, ten minutes, one browser, one use; and sessions that end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import httpx
import pytest

from briefings.model.user import DeskRole
from briefings.pipeline.send import send_due
from tests.web.conftest import BASE, Installation, copied
from tests.web.desk_of import Desk, press, seal_in

EDITOR = "editor@desk.example"


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Iterator[Desk]:
    for site in copied(made, tmp_path / "desk", demo=False):
        opened = Desk(site)
        opened.add(EDITOR, DeskRole.EDITOR)
        yield opened


async def mailed(site: Installation) -> list[tuple[str, str]]:
    """What the outbox holds for the desk: address and the path of the link."""
    await asyncio.to_thread(send_due, site.app.chain, site.app.settings, None)
    found = []
    for file in sorted((site.folder / "outbox" / "new").glob("-*")):
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        text = mail.get_body(("plain",)).get_content()
        links = re.findall(rf"{BASE}(/desk/sign-in/[\w-]{{44}})", text)
        found.append((str(mail["to"]), links[0]))
    return found


async def ask(client: httpx.AsyncClient, email: str) -> httpx.Response:
    return await press(client, "/desk/sign-in", {"email": email}, seal_from="/desk/sign-in")


async def enter(client: httpx.AsyncClient, link: str) -> httpx.Response:
    return await press(client, link, seal_from="/desk/sign-in")


async def test_a_mailed_link_signs_in_once_in_the_browser_that_asked(desk: Desk) -> None:
    site = desk.site
    async with site.client() as here, site.client() as elsewhere:
        answer = await ask(here, "Editor@Desk.example")
        assert answer.status_code == 200
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Secure" in cookie
        [(to, link)] = await mailed(site)
        assert to == EDITOR

        for client in (elsewhere,):
            assert (await client.get(link)).status_code == 404
            assert "only in the browser" in (await enter(client, link)).text
            assert (await client.get("/desk")).status_code == 303

        page = await here.get(link)
        assert page.status_code == 200
        assert "data-by-itself" in page.text
        assert (await here.get("/desk")).status_code == 303, "looking signs nobody in"
        answer = await enter(here, link)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/desk"
        session = next(each for each in answer.headers.get_list("set-cookie") if "desk=" in each)
        assert "HttpOnly" in session
        assert "SameSite=lax" in session
        assert "Secure" in session
        assert EDITOR in (await here.get("/desk")).text

        again = await enter(here, link)
        assert again.status_code == 404
    secret = session.partition("desk=")[2].partition(";")[0]
    assert secret not in "\n".join(site.dump()), "only hashes are stored"


async def test_a_used_link_works_no_second_time_even_with_the_cookie(desk: Desk) -> None:
    async with desk.site.client() as client:
        await ask(client, EDITOR)
        [(_, link)] = await mailed(desk.site)
        asked = dict(client.cookies)
        assert (await enter(client, link)).status_code == 303
        client.cookies.clear()
        client.cookies.update(asked)
        answer = await enter(client, link)
        assert answer.status_code == 404
        assert "used already" in answer.text
    assert desk.site.row("SELECT COUNT(*) FROM desk_session") == (1,)


async def test_a_link_is_good_for_ten_minutes(desk: Desk) -> None:
    async with desk.site.client() as client:
        await ask(client, EDITOR)
        [(_, link)] = await mailed(desk.site)
        desk.site.clock.go(minutes=9, seconds=59)
        assert (await client.get(link)).status_code == 200
        desk.site.clock.go(seconds=2)
        assert "expired" in (await client.get(link)).text
        assert (await enter(client, link)).status_code == 404
    assert desk.site.row("SELECT COUNT(*) FROM desk_session") == (0,)


async def test_an_unknown_address_gets_the_same_answer_and_no_letter(desk: Desk) -> None:
    async with desk.site.client() as client:
        known = await ask(client, EDITOR)
        unknown = await ask(client, "other@desk.example")
        assert unknown.status_code == known.status_code == 200
        assert unknown.text.replace("other@", "editor@") == known.text
        assert [name for name, _ in unknown.headers.items()] == [
            n for n, _ in known.headers.items()
        ]
    assert [to for to, _ in await mailed(desk.site)] == [EDITOR]
    assert "other@desk.example" not in "\n".join(desk.site.dump())


async def test_asking_is_limited_and_bad_addresses_are_told(desk: Desk) -> None:
    async with desk.site.client() as client:
        assert (await ask(client, "no address")).status_code == 422
        answers = [(await ask(client, EDITOR)).status_code for _ in range(7)]
        assert answers == [200] * 6 + [429]
        assert len(await mailed(desk.site)) == 6
        desk.site.clock.go(minutes=61)
        assert (await ask(client, EDITOR)).status_code == 200


async def test_a_printed_link_works_once_in_any_browser(desk: Desk) -> None:
    link = desk.link(EDITOR)
    async with desk.site.client() as one, desk.site.client() as two:
        page = await one.get(link)
        assert page.status_code == 200
        assert "data-by-itself" not in page.text
        assert (await enter(one, link)).status_code == 303
        assert (await enter(two, link)).status_code == 404
        assert (await one.get("/desk")).status_code == 200
        assert (await two.get("/desk")).status_code == 303
    assert await mailed(desk.site) == []


async def test_links_of_readers_and_of_removed_people_open_no_desk(desk: Desk) -> None:
    link = desk.link(EDITOR)
    for token in (
        *(path.rpartition("/")[2] for path in desk.site.links("ada@example.org").values()),
    ):
        async with desk.site.client() as client:
            assert (await client.get(f"/desk/sign-in/{token}")).status_code == 404
            assert (await enter(client, f"/desk/sign-in/{token}")).status_code == 404
    async with desk.client(DeskRole.OPERATOR) as operator, desk.site.client() as client:
        number = desk.site.row("SELECT id FROM desk_user WHERE email = ?", EDITOR)[0]
        answer = await press(operator, f"/desk/people/{number}/remove")
        assert answer.status_code == 303
        assert (await enter(client, link)).status_code == 404


async def test_signing_out_ending_and_time_end_a_session(desk: Desk) -> None:
    site = desk.site
    async with (
        desk.client(DeskRole.EDITOR, email=EDITOR) as client,
        desk.client(DeskRole.OPERATOR) as operator,
        desk.client(DeskRole.AUTHOR) as author,
    ):
        of_editor = site.row("SELECT MIN(id) FROM desk_session")[0]
        assert (await press(author, f"/desk/sessions/{of_editor}/end")).status_code == 404
        assert EDITOR not in (await author.get("/desk/sessions")).text
        assert EDITOR in (await operator.get("/desk/sessions")).text
        assert (await press(operator, f"/desk/sessions/{of_editor}/end")).status_code == 303
        assert (await client.get("/desk")).status_code == 303
        assert (await press(author, "/desk/sign-out")).status_code == 303
        assert (await author.get("/desk")).status_code == 303
        site.clock.go(days=370)
        assert (await operator.get("/desk")).status_code == 303


async def test_a_removed_person_is_signed_out_and_comes_back_by_undo(desk: Desk) -> None:
    async with (
        desk.client(DeskRole.OPERATOR) as operator,
        desk.client(DeskRole.AUTHOR, DeskRole.EDITOR, email="two@desk.example", own=False) as two,
    ):
        number = desk.site.row("SELECT id FROM desk_user WHERE email = 'two@desk.example'")[0]
        answer = await press(operator, f"/desk/people/{number}/remove")
        assert (await two.get("/desk")).status_code == 303
        page = await operator.get(answer.headers["location"])
        assert "two@desk.example is not at the desk any more" in page.text
        form = re.search(r'<div class="msg done.*?</form>', page.text, re.DOTALL)[0]
        path = re.search(r'action="([^"]+)"', form)[1]
        fields: dict[str, list[str]] = {}
        for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form):
            fields.setdefault(name, []).append(value)
        assert (await press(operator, path, fields)).status_code == 303
    row = desk.site.row("SELECT roles, may_approve_own FROM desk_user WHERE email LIKE 'two@%'")
    assert row == ("author;editor", 0)


async def test_words_of_others_cannot_be_put_on_a_page(desk: Desk) -> None:
    async with desk.client(DeskRole.OPERATOR) as client, desk.client(DeskRole.AUTHOR) as other:
        answer = await press(client, "/desk/stop")
        where = answer.headers["location"]
        assert "no mail starts" in (await client.get(where)).text
        assert "data-said" not in (await other.get(where)).text
        assert "data-said" not in (await client.get("/desk?said=Send%20all")).text
        desk.site.clock.go(minutes=11)
        assert "data-said" not in (await client.get(where)).text


async def test_stopping_takes_two_steps_and_the_issue_and_others_see_it(desk: Desk) -> None:
    async with desk.client(DeskRole.AUTHOR) as author, desk.client(DeskRole.OPERATOR) as operator:
        assert 'href="/desk/stop"' in (await author.get("/desk")).text
        assert (
            "will not leave" in (page := await author.get("/desk/stop")).text
            or "No mail" in page.text
        )
        answer = await press(author, "/desk/stop", seal_from="/desk/stop")
        assert answer.status_code == 303
        page = await operator.get("/desk")
        assert "Everything is stopped" in page.text
        assert "author@desk.example" in page.text
        assert 'href="/desk/stop"' not in page.text
        assert (await press(author, "/desk/stop")).status_code == 409
        assert (await press(operator, "/desk/go", seal_from="/desk/go")).status_code == 303
        assert "Everything is stopped" not in (await operator.get("/desk")).text
        assert (await press(operator, "/desk/go")).status_code == 409
    assert [(entry[1], entry[3][:7], entry[4][:7]) for entry in desk.log()[-2:]] == [
        ("POST /desk/stop", "going", "stopped"),
        ("POST /desk/go", "stopped", "going; "),
    ]
    seal_in(page)
