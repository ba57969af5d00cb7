"""Leaving: no GET does it, every POST of RFC 8058 does it at once, once, and on the disk."""

from __future__ import annotations

import asyncio
import re

import pytest

from briefings.links import BadToken, Purpose
from briefings.pipeline.leaving import leave_by_mail
from briefings.pipeline.left_log import LeftLog, mailbox_hash
from briefings.store import readers
from tests.web.conftest import BASE, Installation

FORM = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
)
ADA, BO = "ada@example.org", "bo@example.org"
SEAL = re.compile(r'name="seal" value="([^"]+)"')


def seal_in(page: str) -> str:
    found = SEAL.search(page)
    assert found, page
    return found[1]


async def test_looking_at_the_page_changes_nothing_and_shows_one_button(
    installed: Installation,
) -> None:
    before = installed.dump()
    async with installed.client() as client:
        page = await client.get(installed.links(ADA)["unsubscribe"])
        await client.head(installed.links(ADA)["unsubscribe"])
    assert page.status_code == 200
    assert page.text.count("<button") == 1
    assert "Leave these briefings</button>" in page.text
    assert "No more mail about MLOps Engineer." in page.text
    assert installed.dump() == before


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (FORM, b"List-Unsubscribe=One-Click"),
        ({"content-type": "multipart/form-data; boundary=x"}, MULTIPART),
        ({"content-type": "multipart/form-data"}, MULTIPART),
        ({}, b""),
        ({"content-type": "application/json"}, b"{nonsense"),
        (FORM, b"\xff\xfe%zz&&&="),
        (FORM, b"a=1&" * 5_000),
    ],
    ids=[
        "form",
        "multipart",
        "multipart without boundary",
        "no body",
        "json",
        "broken form",
        "too many fields",
    ],
)
async def test_one_click_leaves_at_once_whatever_the_body(
    installed: Installation, headers: dict[str, str], body: bytes
) -> None:
    async with installed.client() as client:
        answer = await client.post(
            installed.links(ADA)["unsubscribe"], content=body, headers=headers
        )
    assert answer.status_code == 200
    assert "You are out." in answer.text
    assert "set-cookie" not in answer.headers
    assert installed.standing(ADA) == (["mlops-engineer"], True)
    assert installed.standing(BO)[1] is False
    assert [line[1] for line in installed.left_log()] == ["left"]


async def test_one_click_leaves_everything_that_the_reader_had_at_the_freeze(
    installed: Installation,
) -> None:
    async with installed.client() as client:
        answer = await client.post(installed.links(BO)["unsubscribe"])
    assert "You are out." in answer.text
    assert installed.standing(BO)[1] is True


async def test_what_was_chosen_after_the_mail_stays_unless_everything_is_asked_for(
    installed: Installation,
) -> None:
    link = installed.links(BO)["unsubscribe"]
    with installed.app.db.write() as tx:
        reader = readers.by_email(tx, BO)
        assert reader is not None
        chosen = (*reader.preferences.specializations, "devops-engineer")
        readers.rejoin(tx, reader.id, chosen, installed.clock.now)
    async with installed.client() as client:
        asked = await client.get(link)
        first = await client.post(link, content=b"List-Unsubscribe=One-Click", headers=FORM)
        assert installed.standing(BO) == (["devops-engineer"], False)
        second = await client.post(link, content=b"everything=yes", headers=FORM)
    assert 'name="everything"' in asked.text
    assert "DevOps Engineer, which you chose later" in asked.text
    assert "You still get DevOps Engineer." in first.text
    assert "You are out." in second.text
    assert installed.standing(BO)[1] is True
    assert [line[3] for line in installed.left_log()] == ["mlops-engineer;data-scientist", "*"]


async def test_a_link_without_a_mail_behind_it_leaves_everything(installed: Installation) -> None:
    with installed.app.db.read() as tx:
        reader = readers.by_email(tx, BO)
        assert reader is not None
    token = installed.app.chain.signer().sign(Purpose.UNSUBSCRIBE, reader.id)
    async with installed.client() as client:
        await client.post(f"/unsubscribe/{token}")
    assert installed.standing(BO)[1] is True


async def test_leaving_twice_says_the_same_and_changes_nothing_more(
    installed: Installation,
) -> None:
    link = installed.links(ADA)["unsubscribe"]
    async with installed.client() as client:
        await client.post(link)
        once = installed.dump()
        again = await client.post(link)
        page = await client.get(link)
    assert again.status_code == 200
    assert "You are out." in again.text
    assert "Take it back" not in again.text
    assert "You are out already" in page.text
    assert installed.dump() == once
    assert len(installed.left_log()) == 1


async def test_the_log_names_nobody_and_finds_every_spelling(installed: Installation) -> None:
    async with installed.client() as client:
        await client.post(installed.links(ADA)["unsubscribe"])
    ((when, word, name, slugs),) = installed.left_log()
    assert (when, word, slugs) == ("2026-08-24T12:00:00Z", "left", "*")
    assert "ada" not in (installed.folder / "left.log").read_text()
    secret = installed.app.settings.secrets
    assert name == mailbox_hash(secret, "Ada@Example.org")
    assert name != mailbox_hash(secret, BO)
    assert name != mailbox_hash(secret[::-1], ADA)
    assert (installed.folder / "left.log").stat().st_mode & 0o777 == 0o600


async def test_an_undo_within_ten_minutes_gives_everything_back(installed: Installation) -> None:
    link = installed.links(BO)["unsubscribe"]
    before = installed.standing(BO)
    async with installed.client() as client:
        left = await client.post(link)
        installed.clock.go(minutes=9)
        back = await client.post(f"{link}/undo", data={"seal": seal_in(left.text)})
        twice = await client.post(f"{link}/undo", data={"seal": seal_in(left.text)})
    assert back.status_code == twice.status_code == 200
    assert "You get MLOps Engineer and Data Scientist as before." in back.text
    assert installed.standing(BO) == before
    assert [line[1] for line in installed.left_log()] == ["left", "back"]


@pytest.mark.parametrize("case", ["late", "changed", "missing", "of another", "of another form"])
async def test_an_undo_that_is_not_ours_or_too_late_is_refused(
    installed: Installation, case: str
) -> None:
    link = installed.links(ADA)["unsubscribe"]
    async with installed.client() as client:
        seal = seal_in((await client.post(link)).text)
        if case == "late":
            installed.clock.go(minutes=11)
        elif case == "changed":
            seal = seal[:-1] + ("A" if seal[-1] != "A" else "B")
        elif case == "missing":
            seal = ""
        elif case == "of another form":
            page = await client.get(installed.links(BO)["preferences"])
            seal = seal_in(page.text)
        else:
            seal = seal_in((await client.post(installed.links(BO)["unsubscribe"])).text)
        answer = await client.post(f"{link}/undo", data={"seal": seal})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.text
    assert installed.standing(ADA)[1] is True


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda link: link[:-1], "not complete"),
        (lambda link: link + ".", "not complete"),
        (lambda link: link[:-9] + "AAAA" + link[-5:], "not one of ours"),
        (lambda _link: "/unsubscribe/%00%0d%0a", "not complete"),
        (lambda _link: "/unsubscribe/" + "é" * 44, "not complete"),
    ],
    ids=["cut", "with a full stop", "changed", "control characters", "not ASCII"],
)
async def test_a_spoilt_link_is_refused_in_plain_words(
    installed: Installation, spoil, says: str
) -> None:
    before = installed.dump()
    link = spoil(installed.links(ADA)["unsubscribe"])
    async with installed.client() as client:
        answers = [await client.get(link), await client.post(link)]
    for answer in answers:
        assert answer.status_code == 404
        assert says in answer.text
        assert "Traceback" not in answer.text
    assert installed.dump() == before


async def test_a_link_of_another_purpose_does_not_leave(installed: Installation) -> None:
    token = installed.links(ADA)["preferences"].rpartition("/")[2]
    async with installed.client() as client:
        answer = await client.post(f"/unsubscribe/{token}")
    assert answer.status_code == 404
    assert "made for another page" in answer.text
    assert installed.standing(ADA)[1] is False


async def test_a_locked_database_is_never_called_done(installed: Installation) -> None:
    link = installed.links(ADA)["unsubscribe"]
    async with installed.client() as client:
        with installed.locked():
            refused = await client.post(link)
        assert installed.left_log() == []
        assert installed.standing(ADA)[1] is False
        done = await client.post(link)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert "nothing was changed" in refused.text
    assert done.status_code == 200


async def test_who_cannot_be_written_down_is_not_told_so(installed: Installation) -> None:
    (installed.folder / "left.log").mkdir()
    async with installed.client() as client:
        answer = await client.post(installed.links(ADA)["unsubscribe"])
    assert answer.status_code == 503
    assert installed.standing(ADA)[1] is False


async def test_many_at_once_wait_for_a_lock_and_leave_once(patient: Installation) -> None:
    link = patient.links(ADA)["unsubscribe"]
    async with patient.client() as client:
        with patient.locked() as other:
            posts = [asyncio.create_task(client.post(link)) for _ in range(6)]
            others = asyncio.create_task(client.post(patient.links(BO)["unsubscribe"]))
            # Long enough for all of them to stand at the lock, whatever the machine does.
            await asyncio.wait(posts, timeout=0.1)
            assert not any(post.done() for post in posts)
            other.execute("ROLLBACK")
            answers = await asyncio.gather(*posts, others)
    assert [answer.status_code for answer in answers] == [200] * 7
    assert sum("Take it back" in answer.text for answer in answers[:6]) == 1
    assert len(patient.left_log()) == 2
    assert patient.standing(ADA)[1]
    assert patient.standing(BO)[1]


async def test_an_erased_reader_finds_nothing_left(installed: Installation) -> None:
    with installed.app.db.write() as tx:
        reader = readers.by_email(tx, ADA)
        assert reader is not None
        readers.erase(tx, reader.id, installed.clock.now)
    before = installed.dump()
    async with installed.client() as client:
        for link in installed.links(ADA).values():
            assert (await client.get(link)).status_code == 410
        assert (await client.post(installed.links(ADA)["unsubscribe"])).status_code == 410
    assert installed.dump() == before


async def test_a_mailed_unsubscribe_acts_by_the_token_and_by_nothing_else(
    installed: Installation,
) -> None:
    token = installed.links(ADA)["unsubscribe"].rpartition("/")[2]
    chain, log = installed.app.chain, LeftLog(installed.folder, installed.app.settings.secrets)
    wrong = installed.links(ADA)["preferences"].rpartition("/")[2]
    before = installed.dump()
    for subject in ("unsubscribe", "", ADA, f"unsubscribe {token[:-1]}", f"unsubscribe {wrong}"):
        # The sender's name and a quoted mail of ours are worth nothing.
        mail = f"From: {ADA}\r\nSubject: {subject}\r\n\r\n> {BASE}/unsubscribe/{token}\r\n"
        with pytest.raises(BadToken):
            leave_by_mail(chain, log, mail.encode())
    assert installed.dump() == before
    mail = f"From: x@example.net\r\nTo: leave@briefings.example\r\nSubject: unsubscribe {token}\r\n"
    assert leave_by_mail(chain, log, mail.encode()).out
    assert installed.standing(ADA)[1] is True
