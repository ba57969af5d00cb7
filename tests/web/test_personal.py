"""Export, erase and change of address: only by a fresh letter, only by a press, and whole."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from briefings.pipeline.mailboxes import Mailboxes
from briefings.store import readers, suppression
from tests.web.conftest import Installation, copied
from tests.web.letters_of import hidden_in, letters
from tests.web.test_leaving import ADA, BO

NEW = "ada@new.example"


@pytest.fixture
def site(made: Path, tmp_path: Path) -> Iterator[Installation]:
    yield from copied(made, tmp_path / "site", demo=False)


async def press(
    site: Installation, path: str, action: str = "", headers=None, **fields: str
) -> httpx.Response:
    """Open a page and send its form, or another one that it carries."""
    async with site.client() as client:
        page = await client.get(path)
        assert page.status_code == 200, page.text
        return await client.post(
            path + action, data={**hidden_in(page), **fields}, headers=headers or {}
        )


async def asked(site: Installation, action: str, email: str = ADA, **fields: str) -> str:
    """Ask on the settings page; gives the path that the newest letter leads to."""
    answer = await press(site, site.links(email)["preferences"], action, **fields)
    assert answer.status_code == 200
    return (await letters(site))[-1][1]


def reader_id(site: Installation, email: str = ADA) -> int:
    (number,) = site.row("SELECT id FROM reader WHERE email = ?", email)
    return int(str(number))


async def test_the_export_comes_by_letter_and_holds_everything(site: Installation) -> None:
    link = await asked(site, "/export")
    assert link.startswith("/export/")
    assert (await letters(site))[-1][0] == ADA
    answer = await press(site, link)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    data = json.loads(answer.text)
    assert data["address"] == ADA
    assert data["settings"]["specializations"] == ["mlops-engineer"]
    assert data["settings"]["time_zone"] == "Europe/Berlin"
    assert data["consent"]["source"] == "made up for a test"
    assert data["mails"][0]["issue"] == "2026-W34-regular"
    assert data["mails"][0]["state"] == "accepted"
    assert [letter["kind"] for letter in data["letters"]] == ["export"]


async def test_no_get_and_no_link_of_a_mail_gives_the_data_away(site: Installation) -> None:
    link = await asked(site, "/export")
    async with site.client() as client:
        page = await client.get(link)
        assert ADA not in page.text
        token = site.links(ADA)["preferences"].rpartition("/")[2]
        assert (await client.get(f"/export/{token}")).status_code == 404
        assert (await client.post(f"/export/{token}")).status_code == 404


async def test_one_letter_an_hour_however_often_it_is_asked_for(site: Installation) -> None:
    for _ in range(5):
        await asked(site, "/export")
    assert len(await letters(site)) == 1
    site.clock.go(hours=1)
    await asked(site, "/export")
    assert len(await letters(site)) == 2


async def test_erasing_leaves_a_hash_and_the_number_that_issues_count(site: Installation) -> None:
    number = reader_id(site)
    before = site.row("SELECT COUNT(*) FROM delivery WHERE reader_id = ?", number)
    link = await asked(site, "/erase")
    unchanged = site.dump()
    async with site.client() as client:
        page = await client.get(link)
    assert "Delete everything about you?" in page.text
    assert site.dump() == unchanged
    done = await press(site, link)
    assert "Deleted." in done.text
    with closing(sqlite3.connect(site.folder / "subscribers.db")) as connection:
        for line in connection.iterdump():
            assert "ada@example.org" not in line.lower()
            assert "Ada Lind" not in line
    assert site.row("SELECT reason FROM suppression") == ("erased",)
    assert site.row("SELECT COUNT(*) FROM delivery WHERE reader_id = ?", number) == before
    assert site.row("SELECT COUNT(*) FROM letter") == (0,)
    assert site.left_log()[-1][1] == "erased"
    async with site.client() as client:
        assert (await client.get(link)).status_code == 410
        assert (await client.get(site.links(ADA)["preferences"])).status_code == 410


async def test_a_mail_that_is_forwarded_erases_and_moves_nobody(site: Installation) -> None:
    before = site.standing(ADA)
    token = site.links(ADA)["preferences"].rpartition("/")[2]
    async with site.client() as client:
        for page in ("erase", "address", "export"):
            for purpose in site.links(ADA).values():
                answer = await client.post(f"/{page}/{purpose.rpartition('/')[2]}")
                assert answer.status_code == 404
        assert token
    assert site.standing(ADA) == before


async def test_an_address_changes_when_both_sides_agreed(site: Installation) -> None:
    number = reader_id(site)
    old = await asked(site, "/address", new_email=NEW)
    sent = await letters(site)
    assert [to for to, _ in sent] == [ADA]
    async with site.client() as client:
        assert NEW in (await client.get(old)).text
    answer = await press(site, old)
    assert "Now the new address" in answer.text
    assert reader_id(site) == number
    new = (await letters(site))[-1]
    assert new[0] == NEW
    answer = await press(site, new[1])
    assert "Moved." in answer.text
    assert reader_id(site, NEW) == number
    assert site.row("SELECT COUNT(*) FROM reader WHERE email = ?", ADA) == (0,)
    async with site.client() as client:
        assert (await client.get(new[1])).status_code == 404
        assert (await client.get(old)).status_code == 404


async def test_the_new_side_alone_changes_nothing(site: Installation) -> None:
    await asked(site, "/address", new_email=NEW)
    with site.app.db.write() as tx:
        from datetime import timedelta

        from briefings.model.letter import LetterKind, NewLetter
        from briefings.store import letters as stored

        number = stored.queue(
            tx,
            NewLetter(
                key="forged",
                kind=LetterKind.ADDRESS_NEW,
                recipient=NEW,
                subject_id=reader_id(site),
                payload={},
                expires_at=site.clock() + timedelta(days=1),
            ),
            site.clock(),
        )
    assert number
    link = (await letters(site))[-1][1]
    answer = await press(site, link)
    assert answer.status_code == 404
    assert reader_id(site) > 0


async def test_agreeing_to_one_address_is_no_yes_to_another(site: Installation) -> None:
    """A forwarded mail could change the wish between the page and the press."""
    old = await asked(site, "/address", new_email=NEW)
    async with site.client() as client:
        page = await client.get(old)
        await asked(site, "/address", new_email="thief@evil.example")
        answer = await client.post(old, data=hidden_in(page))
    assert answer.status_code == 409
    assert [to for to, _ in await letters(site)] == [ADA]


@pytest.mark.parametrize(
    ("new_email", "says"),
    [
        ("nonsense", "one @"),
        ("", "The address is empty"),
        ("ADA@example.org", "already"),
        ("x@y.example\r\nBcc: z@y.example", "control character"),
    ],
)
async def test_an_address_that_cannot_be_is_refused_beside_its_field(
    site: Installation, new_email: str, says: str
) -> None:
    before = site.dump()
    answer = await press(site, site.links(ADA)["preferences"], "/address", new_email=new_email)
    assert answer.status_code == 422
    assert says in answer.text
    assert site.dump() == before


async def test_nobody_learns_whether_the_new_address_is_known(site: Installation) -> None:
    mailboxes = Mailboxes.of(site.app.db, site.app.settings.secrets)
    with site.app.db.write() as tx:
        suppression.add(tx, mailboxes.name("bounced@example.org"), "bounced", site.clock())
    pages = set()
    for new_email in (NEW, BO, "bounced@example.org"):
        old = await asked(site, "/address", new_email=new_email)
        answer = await press(site, old)
        pages.add((answer.status_code, answer.text.replace(new_email, "ADDRESS")))
        site.clock.go(hours=1)
    assert len(pages) == 1
    assert [to for to, _ in await letters(site)].count(NEW) == 1
    assert BO not in [to for to, _ in await letters(site)]


async def test_a_fourth_change_within_a_day_is_refused(site: Installation) -> None:
    for number in range(3):
        await asked(site, "/address", new_email=f"n{number}@example.org")
    page = site.links(ADA)["preferences"]
    answer = await press(site, page, "/address", new_email="n4@example.org")
    assert answer.status_code == 409
    assert "Try again tomorrow" in answer.text


@pytest.mark.parametrize("action", ["/export", "/erase", "/address"])
@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}]
)
async def test_forms_of_other_sites_ask_for_nothing(
    site: Installation, action: str, headers: dict[str, str]
) -> None:
    before = site.dump()
    page = site.links(ADA)["preferences"]
    answer = await press(site, page, action, headers=headers, new_email=NEW)
    assert answer.status_code == 403
    async with site.client() as client:
        bare = await client.post(page + action, data={"new_email": NEW})
    assert bare.status_code == 403
    assert site.dump() == before


@pytest.mark.parametrize("page", ["export", "erase", "address"])
async def test_acts_need_the_form_of_their_own_page(site: Installation, page: str) -> None:
    links = {
        "export": await asked(site, "/export"),
        "erase": await asked(site, "/erase"),
        "address": await asked(site, "/address", new_email=NEW),
    }
    before = site.dump()
    async with site.client() as client:
        for other, link in links.items():
            seal = hidden_in(await client.get(link))
            if other != page:
                answer = await client.post(links[page], data=seal)
                assert answer.status_code == 403
        assert (await client.post(links[page])).status_code == 403
        assert (
            await client.post(
                links[page],
                data=hidden_in(await client.get(links[page])),
                headers={"sec-fetch-site": "cross-site"},
            )
        ).status_code == 403
    assert site.dump() == before


async def test_a_letter_to_settings_opens_them_for_half_an_hour(site: Installation) -> None:
    async with site.client() as client:
        form = hidden_in(await client.get("/subscribe"))
        site.clock.go(seconds=5)
        fields = {"email": ADA, "specialization": "data-scientist", "agree": "yes"}
        await client.post("/subscribe", data={**form, **fields})
        ((to, link),) = await letters(site)
        assert to == ADA
        page = await client.get(link)
        assert "What you get" in page.text
        saved = await client.post(
            link,
            data={
                **hidden_in(page),
                "specialization": ["data-scientist", "mlops-engineer"],
                "primary": "data-scientist",
                "section": "pay",
                "frequency": "weekly",
                "timezone": "",
                "language": "en",
                "name": "Ada  L.",
            },
        )
        assert saved.status_code == 200
        assert "Saved." in saved.text
        site.clock.go(hours=24)
        assert (await client.get(link)).status_code == 404
    with site.app.db.read() as tx:
        reader = readers.by_email(tx, ADA)
    assert reader is not None
    assert reader.preferences.specializations == ("data-scientist", "mlops-engineer")
    assert (reader.timezone, reader.name) == (None, "Ada L.")
