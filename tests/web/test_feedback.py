"""What readers say is counted once for a mail, for editors, and leads to nobody (R10, P8)."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest

from briefings.links import Purpose
from briefings.model.feedback import Answer
from briefings.pipeline.numbers import numbers
from briefings.store import answers
from tests.web.conftest import Installation, copied
from tests.web.letters_of import hidden_in
from tests.web.test_leaving import ADA, BO

ISSUE = "2026-W34-regular"


def links_of(installed: Installation, email: str) -> list[str]:
    return re.findall(r"https://[^/]+(/feedback/[\w-]{44}/\w+)\"", installed.mails[email])


def item_link(installed: Installation, email: str = ADA) -> str:
    return next(link for link in links_of(installed, email) if link.rsplit("/", 1)[1].isdigit())


def totals(installed: Installation) -> dict[tuple[int, Answer], int]:
    with installed.app.db.read() as tx:
        return answers.of_issue(tx, 1)


async def press(installed: Installation, link: str, said: str) -> str:
    """Open a link of a mail, and press the button with this value."""
    async with installed.client() as client:
        page = await client.get(link)
        assert page.status_code == 200
        assert f'value="{said}"' in page.text
        post_to = re.findall(r'<form[^>]* action="([^"]*)"', page.text)[0]
        done = await client.post(post_to, data={**hidden_in(page), "answer": said})
    assert done.status_code == 200, done.text
    return done.text


async def test_every_item_and_the_mail_have_a_link_and_opening_them_counts_nothing(
    installed: Installation,
) -> None:
    links, before = links_of(installed, ADA), installed.dump()
    items = re.findall(r"/items/(\d+)", installed.mails[ADA])
    assert {link.rsplit("/", 1)[1] for link in links} == {*items, "yes", "no"}
    async with installed.client() as client:
        for link in links:
            page = await client.get(link)
            assert page.status_code == 200
            assert page.headers["x-robots-tag"].startswith("noindex")
            assert (await client.post(link)).status_code == 405
    assert installed.dump() == before


async def test_an_answer_counts_once_for_a_mail_and_stands_beside_nobody(
    installed: Installation,
) -> None:
    link = item_link(installed)
    item = int(link.rsplit("/", 1)[1])
    assert "Counted." in await press(installed, link, "less")
    assert "Counted before." in await press(installed, link, "more")
    assert totals(installed) == {(item, Answer.LESS): 1}
    yes = next(each for each in links_of(installed, BO) if each.endswith("/yes"))
    assert "Counted." in await press(installed, yes, "no")
    assert totals(installed) == {(item, Answer.LESS): 1, (0, Answer.NO): 1}
    (columns,) = {tuple(row) for row in [installed.row("SELECT * FROM answered LIMIT 1")]}
    assert len(columns) == 1
    assert re.fullmatch("[0-9a-f]{32}", str(columns[0]))


async def test_a_changed_secret_key_lets_nobody_answer_twice(made, tmp_path) -> None:
    old, new = "0123456789abcdef0123456789abcdef", "n" * 40
    for installed in copied(made, tmp_path / "one"):
        link = item_link(installed)
        await press(installed, link, "more")
        for later in copied(installed.folder, tmp_path / "two", secret_key=f"{new},{old}"):
            assert "Counted before." in await press(later, link, "more")
            assert list(totals(later).values()) == [1]


async def test_less_like_this_offers_to_switch_the_part_off_and_says_so_of_no_order(
    installed: Installation,
) -> None:
    link = item_link(installed)
    assert "Switch tool news off" not in await press(installed, link, "more")
    other = links_of(installed, ADA)[1]
    told = await press(installed, other, "less")
    assert "Switch tool news off" in told
    hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', told))
    token = other.split("/")[2]
    async with installed.client() as client:
        done = await client.post(f"/feedback/{token}", data={**hidden, "answer": "off"})
        again = await client.post(f"/feedback/{token}", data={**hidden, "answer": "off"})
    assert "comes without tool news" in done.text
    assert again.status_code == 200
    assert installed.row("SELECT sections_off FROM reader WHERE email = ?", ADA) == (
        "tool_changes",
    )
    assert "Switch tool news off" not in await press(installed, links_of(installed, ADA)[2], "less")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"answer": "less", "seal": "x"}, 403),
        ({"answer": "yes"}, 409),
        ({"answer": "left"}, 409),
        ({"answer": "nonsense"}, 200),
        ({"answer": "less", "item": "0"}, 403),
        ({"answer": "less", "item": "1e9"}, 404),
    ],
)
async def test_what_our_page_did_not_offer_counts_nothing(
    installed: Installation, fields: dict[str, str], status: int
) -> None:
    link = item_link(installed)
    async with installed.client() as client:
        hidden = hidden_in(await client.get(link))
        done = await client.post(f"/feedback/{link.split('/')[2]}", data={**hidden, **fields})
    assert done.status_code == status
    assert totals(installed) == {}


async def test_items_of_other_mails_and_readers_who_are_gone_are_not_asked_about(
    installed: Installation,
) -> None:
    sign = installed.app.chain.signer().sign
    token = item_link(installed).split("/")[2]
    async with installed.client() as client:
        for about in ("999", "0x1", "yes!", "-1", "9" * 30):
            assert (await client.get(f"/feedback/{token}/{about}")).status_code == 404, about
        stray = sign(Purpose.FEEDBACK, 1, 10**9)
        assert (await client.get(f"/feedback/{stray}")).status_code == 410
        with closing(sqlite3.connect(installed.folder / "subscribers.db")) as connection:
            connection.execute("UPDATE reader SET email = '', email_key = NULL WHERE id = 1")
            connection.commit()
        assert (await client.get(f"/feedback/{token}/yes")).status_code == 410


async def test_leaving_by_a_mail_is_counted_for_its_issue_until_it_is_taken_back(
    installed: Installation,
) -> None:
    path = installed.links(ADA)["unsubscribe"]
    async with installed.client() as client:
        left = await client.post(path, data={"List-Unsubscribe": "One-Click"})
        await client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert totals(installed) == {(0, Answer.LEFT): 1}
        await client.post(f"{path}/undo", data=hidden_in(left))
    assert totals(installed) == {}


async def test_numbers_of_few_readers_are_not_shown_and_those_of_ten_are(
    installed: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    await press(installed, item_link(installed), "less")
    found = numbers(installed.app.chain, ISSUE)
    assert (found.accepted, found.worth, found.left) == (3, None, None)
    assert {one.less for one in found.items} == {None}
    assert max(one.readers for one in found.items) <= 3
    assert {section.pressed for section in found.sections} == {None}
    monkeypatch.setattr("briefings.readers.numbers.SMALLEST_GROUP", 1)
    found = numbers(installed.app.chain, ISSUE)
    assert (found.worth, found.not_worth, found.left) == (0, 0, 0)
    assert sum(one.less or 0 for one in found.items) == 1
    assert [s.less for s in found.sections if s.kind.value == "tool_change"] == [1]
    assert sum(s.readings for s in found.sections) == sum(one.readers for one in found.items)
