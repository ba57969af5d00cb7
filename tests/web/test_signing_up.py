"""Sign-up: one answer for every address, one letter a day, and nothing before the confirmation."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

import httpx
import pytest

from briefings.pipeline.mailboxes import Mailboxes
from briefings.pipeline.send import send_due
from briefings.store import readers, suppression
from tests.web.conftest import BASE, Installation, copied

FORM = {"email": "new@example.org", "specialization": "mlops-engineer", "agree": "yes"}


@pytest.fixture
def site(made: Path, tmp_path: Path) -> Iterator[Installation]:
    yield from copied(made, tmp_path / "site", demo=False)


@dataclass
class Visitor:
    """Somebody with a browser."""

    site: Installation
    browser: httpx.AsyncClient

    async def open(self, path: str = "/subscribe") -> dict[str, str]:
        page = await self.browser.get(path)
        assert page.status_code == 200
        return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))

    async def sign_up(self, *, wait: int = 5, **fields: object) -> httpx.Response:
        hidden = await self.open()
        self.site.clock.go(seconds=wait)
        return await self.browser.post("/subscribe", data={**hidden, **FORM, **fields})


@pytest.fixture
async def visitor(site: Installation) -> Visitor:
    return Visitor(site, site.client())


async def letters(site: Installation) -> list[tuple[str, str]]:
    """Send what is due; every letter of the outbox as (address, its link's path)."""
    await asyncio.to_thread(send_due, site.app.chain, site.app.settings, None)
    found = []
    for file in (site.folder / "outbox" / "new").glob("-*"):
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        text = mail.get_body(("plain",)).get_content()
        links = re.findall(rf"{BASE}(/\w+/[\w-]{{44}})", text)
        found.append((str(mail["to"]), links[0] if links else ""))
    return found


def ready_to_compare(page: httpx.Response, email: str) -> str:
    return page.text.replace(email, "ADDRESS")


async def test_a_new_reader_signs_up_confirms_and_is_written_down_with_proof(
    site: Installation, visitor: Visitor
) -> None:
    answer = await visitor.sign_up(timezone="Europe/Berlin", **{"from": "friend"})
    assert answer.status_code == 200
    assert "Look into your mailbox" in answer.text
    assert site.row("SELECT COUNT(*) FROM reader WHERE email = 'new@example.org'") == (0,)
    ((to, link),) = await letters(site)
    assert to == "new@example.org"
    stranger = Visitor(site, site.client())
    before = site.dump()
    page = await stranger.browser.get(link)
    assert "One press, and you are in" in page.text
    assert "data-by-itself" not in page.text
    assert "<script" not in page.text
    assert site.dump() == before
    site.clock.go(hours=1)
    hidden = await stranger.open(link)
    done = await stranger.browser.post(link, data=hidden)
    assert done.status_code == 200
    assert "You are in" in done.text
    assert "Your next briefing comes Monday 31 August at 08:00." in done.text
    assert f"{BASE}/subscribe?from=friend&amp;about=mlops-engineer" in done.text
    with site.app.db.read() as tx:
        reader = readers.by_email(tx, "new@example.org")
    assert reader is not None
    assert reader.confirmed_at == site.clock()
    assert reader.timezone == "Europe/Berlin"
    assert reader.preferences.specializations == ("mlops-engineer",)
    proof = site.row("SELECT text_version, source, asked_from, confirmed_from FROM consent")
    assert proof == ("2026-11", "friend", "127.0.0.1", "127.0.0.1")
    asked, confirmed = site.row("SELECT asked_at, confirmed_at FROM consent")
    assert confirmed - asked == 3_600_000_000  # type: ignore[operator]
    assert site.row("SELECT COUNT(*) FROM sign_up") == (0,)


async def test_the_page_presses_itself_only_in_the_browser_that_signed_up(
    site: Installation, visitor: Visitor
) -> None:
    answer = await visitor.sign_up()
    cookie = answer.headers["set-cookie"]
    for word in ("HttpOnly", "SameSite=lax", "Secure", "Path=/confirm"):
        assert word in cookie
    assert "new@" not in cookie
    ((_, link),) = await letters(site)
    own = await visitor.browser.get(link)
    assert "data-by-itself" in own.text
    assert "script-src 'self'" in own.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*src=)", own.text)
    visitor.browser.cookies.set("signed-up", cookie.split(";")[0].partition("=")[2][:-2] + "xx")
    other = Visitor(site, site.client(cookies={"signed-up": "made.up.text"}))
    assert "data-by-itself" not in (await other.browser.get(link)).text


async def test_a_cookie_for_one_address_confirms_no_other_by_itself(site: Installation) -> None:
    one, two = Visitor(site, site.client()), Visitor(site, site.client())
    await one.sign_up(email="one@example.org")
    await two.sign_up(email="two@example.org")
    links = dict(await letters(site))
    assert "data-by-itself" in (await one.browser.get(links["one@example.org"])).text
    assert "data-by-itself" not in (await one.browser.get(links["two@example.org"])).text


async def test_confirming_twice_changes_nothing_more(site: Installation, visitor: Visitor) -> None:
    await visitor.sign_up()
    ((_, link),) = await letters(site)
    hidden = await visitor.open(link)
    await visitor.browser.post(link, data=hidden)
    before = site.dump()
    again = await visitor.browser.post(link, data=hidden)
    assert "You are in already" in again.text
    assert "You are in already" in (await visitor.browser.get(link)).text
    assert site.dump() == before


async def everybody(site: Installation) -> dict[str, str]:
    """An address of every kind there is."""
    mailboxes = Mailboxes.of(site.app.db, site.app.settings.secrets)
    waiting = Visitor(site, site.client())
    await waiting.sign_up(email="waiting@example.org")
    site.clock.go(hours=25)
    with site.app.db.write() as tx:
        suppression.add(tx, mailboxes.name("bounced@example.org"), "bounced", site.clock())
        suppression.add(tx, mailboxes.name("erased@example.org"), "erased", site.clock())
        left = readers.by_email(tx, "bo@example.org")
        blocked = readers.by_email(tx, "cem@example.org")
        assert left is not None
        assert blocked is not None
        readers.leave(tx, left.id, specializations=None, now=site.clock())
        readers.suppress(
            tx, mailboxes.name("cem@example.org"), "operator", site.clock(), reader_id=blocked.id
        )
    return {
        "new": "new@example.org",
        "known": "ada@example.org",
        "unconfirmed": "waiting@example.org",
        "left": "bo@example.org",
        "blocked": "cem@example.org",
        "suppressed": "bounced@example.org",
        "erased": "erased@example.org",
    }


async def test_every_address_gets_the_same_answer(site: Installation) -> None:
    kinds = await everybody(site)
    answers = {}
    for kind, email in kinds.items():
        visitor = Visitor(site, site.client())
        answer = await visitor.sign_up(email=email)
        length = len(answer.headers["set-cookie"])
        answers[kind] = (answer.status_code, ready_to_compare(answer, email), length)
        again = await visitor.sign_up(email=email)
        assert ready_to_compare(again, email) == answers[kind][1]
    assert len(set(answers.values())) == 1
    for file in (site.folder / "outbox" / "new").glob("-*"):
        file.unlink()
    assert {to: link.split("/")[1] for to, link in await letters(site)} == {
        "new@example.org": "confirm",
        "ada@example.org": "preferences",
        "waiting@example.org": "confirm",
        "bo@example.org": "confirm",
        "erased@example.org": "confirm",
    }


async def test_every_address_costs_the_same_statements(
    site: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from briefings.store.database import Transaction

    kinds = await everybody(site)
    ran: list[str] = []
    one, rows, execute, fetch = (
        Transaction.one,
        Transaction.rows,
        Transaction.execute,
        Transaction.fetch,
    )

    def noting(original):
        def run(self: Transaction, sql: str, *args: object, **values: object):
            ran.append(sql)
            return original(self, sql, *args, **values)

        return run

    for name, original in (("one", one), ("rows", rows), ("execute", execute), ("fetch", fetch)):
        monkeypatch.setattr(Transaction, name, noting(original))
    seen = {}
    for kind, email in kinds.items():
        visitor = Visitor(site, site.client())
        hidden = await visitor.open()
        site.clock.go(seconds=5)
        ran.clear()
        await visitor.browser.post("/subscribe", data={**hidden, **FORM, "email": email})
        seen[kind] = tuple(ran)
    assert len(set(seen.values())) == 1


async def test_who_left_comes_back_as_the_same_reader(site: Installation, visitor: Visitor) -> None:
    kinds = await everybody(site)
    await visitor.sign_up(email=kinds["left"], specialization="data-scientist")
    before = site.row("SELECT id, confirmed_at FROM reader WHERE email = 'bo@example.org'")
    link = dict(await letters(site))["bo@example.org"]
    await visitor.browser.post(link, data=await visitor.open(link))
    assert site.standing("bo@example.org") == (["data-scientist"], False)
    assert site.row("SELECT id, confirmed_at FROM reader WHERE email = 'bo@example.org'") == before
    assert site.left_log()[-1][1] == "back"


async def test_who_was_erased_may_come_back_and_is_then_not_suppressed(
    site: Installation, visitor: Visitor
) -> None:
    await everybody(site)
    await visitor.sign_up(email="erased@example.org")
    link = dict(await letters(site))["erased@example.org"]
    done = await visitor.browser.post(link, data=await visitor.open(link))
    assert "You are in" in done.text
    assert site.row("SELECT COUNT(*) FROM suppression WHERE reason = 'erased'") == (0,)


async def test_who_is_suppressed_between_letter_and_press_stays_out(
    site: Installation, visitor: Visitor
) -> None:
    await visitor.sign_up()
    ((_, link),) = await letters(site)
    name = Mailboxes.of(site.app.db, site.app.settings.secrets).name("new@example.org")
    with site.app.db.write() as tx:
        suppression.add(tx, name, "complaint", site.clock())
    done = await visitor.browser.post(link, data=await visitor.open(link))
    assert done.status_code == 409
    assert "gets no mail from us" in done.text
    assert site.row("SELECT COUNT(*) FROM reader WHERE email = 'new@example.org'") == (0,)


async def test_a_thousand_posts_for_one_address_are_one_letter(made: Path, tmp_path: Path) -> None:
    for site in copied(
        made, tmp_path / "site", demo=False, signups_per_network=5000, signups_per_hour=5000
    ):
        visitor = Visitor(site, site.client())
        hidden = await visitor.open()
        site.clock.go(seconds=5)
        spellings = ("new@example.org", "NEW@example.org", " New@Example.ORG ", "new@EXAMPLE.org")
        for number in range(1000):
            answer = await visitor.browser.post(
                "/subscribe", data={**hidden, **FORM, "email": spellings[number % 4]}
            )
            assert answer.status_code == 200
        assert len(await letters(site)) == 1
        site.clock.go(hours=23)
        await visitor.sign_up()
        assert len(await letters(site)) == 1
        site.clock.go(hours=2)
        await visitor.sign_up()
        assert len(await letters(site)) == 2


async def test_plus_addresses_are_mailboxes_of_their_own_within_reason(
    site: Installation, visitor: Visitor
) -> None:
    for tag in range(6):
        await visitor.sign_up(email=f"new+{tag}@example.org")
    assert sorted(to for to, _ in await letters(site)) == [
        f"new+{tag}@example.org" for tag in range(3)
    ]


async def test_one_network_is_told_when_it_asked_too_often(made: Path, tmp_path: Path) -> None:
    for site in copied(made, tmp_path / "site", demo=False, signups_per_network=2):
        visitor = Visitor(site, site.client())
        for number in range(2):
            assert (await visitor.sign_up(email=f"n{number}@example.org")).status_code == 200
        answers = [
            await visitor.sign_up(email=email) for email in ("n9@example.org", "ada@example.org")
        ]
        assert [answer.status_code for answer in answers] == [429, 429]
        assert "Try again in an hour" in answers[0].text
        assert 'value="n9@example.org"' in answers[0].text
        before = site.dump()
        await visitor.sign_up(email="n8@example.org")
        assert site.dump() == before
        site.clock.go(hours=1)
        assert (await visitor.sign_up(email="n9@example.org")).status_code == 200


async def test_limits_outlive_a_restart(made: Path, tmp_path: Path) -> None:
    from briefings.web.app import create_app

    for site in copied(made, tmp_path / "site", demo=False, signups_per_hour=1):
        assert (await Visitor(site, site.client()).sign_up()).status_code == 200
        site.web = create_app(site.app, demo=False)
        assert (await Visitor(site, site.client()).sign_up()).status_code == 429


async def test_a_program_that_fills_every_field_gets_the_answer_and_no_letter(
    site: Installation, visitor: Visitor
) -> None:
    before = site.dump()
    answer = await visitor.sign_up(website="https://spam.example")
    assert answer.status_code == 200
    assert "Look into your mailbox" in answer.text
    assert site.dump() == before


async def test_a_form_that_comes_back_at_once_is_asked_to_press_again(
    site: Installation, visitor: Visitor
) -> None:
    before = site.dump()
    answer = await visitor.sign_up(wait=1)
    assert answer.status_code == 422
    assert "quicker than people" in answer.text
    assert site.dump() == before
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
    site.clock.go(seconds=2)
    assert (await visitor.browser.post("/subscribe", data={**hidden, **FORM})).status_code == 200


@pytest.mark.parametrize("seal", ["", "x", "1.2.3", "stale"])
async def test_a_form_without_our_seal_sends_nothing(
    site: Installation, visitor: Visitor, seal: str
) -> None:
    hidden = await visitor.open()
    site.clock.go(hours=25)
    given = hidden["seal"] if seal == "stale" else seal
    answer = await visitor.browser.post("/subscribe", data={**hidden, **FORM, "seal": given})
    assert answer.status_code == 422
    assert "open for too long" in answer.text
    assert site.row("SELECT COUNT(*) FROM sign_up") == (0,)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
    ],
)
async def test_forms_that_another_site_sends_are_refused(
    site: Installation, visitor: Visitor, headers: dict[str, str]
) -> None:
    hidden = await visitor.open()
    site.clock.go(seconds=5)
    await visitor.sign_up(email="ready@example.org")
    link = dict(await letters(site))["ready@example.org"]
    confirm = await visitor.open(link)
    before = site.dump()
    one = await visitor.browser.post("/subscribe", data={**hidden, **FORM}, headers=headers)
    two = await visitor.browser.post(link, data=confirm, headers=headers)
    assert (one.status_code, two.status_code) == (403, 403)
    assert site.dump() == before


async def test_no_word_of_the_visitor_stands_in_the_mail(
    site: Installation, visitor: Visitor
) -> None:
    words = "<b>Buy</b> at https://evil.example"
    await visitor.sign_up(name=words, timezone=words, **{"from": words, "website": ""})
    await asyncio.to_thread(send_due, site.app.chain, site.app.settings, None)
    (file,) = (site.folder / "outbox" / "new").glob("-*")
    assert b"evil.example" not in file.read_bytes()
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    for part in mail.walk():
        if not part.is_multipart():
            assert "Buy" not in part.get_content()


async def test_a_link_is_bound_to_its_own_sign_up_and_letter(
    site: Installation, visitor: Visitor
) -> None:
    """Numbers of rows are used again: an old link must not confirm whoever came after."""
    await visitor.sign_up(email="attacker@example.org")
    ((_, link),) = await letters(site)
    hidden = await visitor.open(link)
    with site.app.db.write() as tx:
        tx.execute("DELETE FROM sign_up")
        tx.execute("DELETE FROM letter")
    site.clock.go(hours=1)
    await Visitor(site, site.client()).sign_up(email="victim@example.org")
    assert site.row("SELECT id FROM sign_up") == (1,)
    answer = await visitor.browser.post(link, data=hidden)
    assert answer.status_code == 404
    assert site.row("SELECT COUNT(*) FROM reader WHERE email = 'victim@example.org'") == (0,)


async def test_a_link_that_is_too_old_says_what_now(site: Installation, visitor: Visitor) -> None:
    await visitor.sign_up()
    ((_, link),) = await letters(site)
    hidden = await visitor.open(link)
    site.clock.go(days=7)
    answer = await visitor.browser.post(link, data=hidden)
    assert answer.status_code == 404
    assert "The link is too old" in answer.text
    assert 'href="/subscribe">Send me a new one' in answer.text
    assert site.row("SELECT COUNT(*) FROM reader WHERE email = 'new@example.org'") == (0,)


async def test_the_form_keeps_what_was_typed_and_marks_what_is_wrong(visitor: Visitor) -> None:
    answer = await visitor.sign_up(email='a"><script>alert(1)</script>', agree="no")
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert answer.text.count('aria-invalid="true"') == 2
    assert 'value="mlops-engineer" checked' in answer.text


async def test_the_link_for_friends_chooses_ahead_and_holds_no_token(visitor: Visitor) -> None:
    page = await visitor.browser.get("/subscribe?from=friend&about=mlops-engineer")
    assert 'value="mlops-engineer" checked' in page.text
    assert 'name="from" value="friend"' in page.text
    odd = await visitor.browser.get("/subscribe?from=%22%3E%3Cscript%3E&about=%3Cb%3E")
    assert "<script>" not in odd.text
    assert 'name="from" value="form"' in odd.text


async def test_personal_answers_are_kept_nowhere(site: Installation, visitor: Visitor) -> None:
    asked = await visitor.sign_up()
    ((_, link),) = await letters(site)
    looked = await visitor.browser.get(link)
    done = await visitor.browser.post(link, data=await visitor.open(link))
    for answer in (asked, looked, done):
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]


async def test_an_international_address_is_one_mailbox_in_both_spellings(
    site: Installation, visitor: Visitor
) -> None:
    await visitor.sign_up(email="ada@bücher.example")
    await visitor.sign_up(email="ADA@xn--bcher-kva.example")
    ((to, _),) = await letters(site)
    assert to == "ada@xn--bcher-kva.example"


async def test_a_letter_goes_to_the_address_that_was_confirmed_not_to_the_spelling_that_was_typed(
    site: Installation, visitor: Visitor
) -> None:
    await visitor.sign_up(email="ADA@Example.ORG")
    await visitor.sign_up(email="\u017fusan@example.org", specialization="data-scientist")
    await visitor.sign_up(email="susan@example.org")
    found = dict(await letters(site))
    assert set(found) == {"ada@example.org", "susan@example.org", "\u017fusan@example.org"}
    assert found["ada@example.org"].startswith("/preferences/")
    page = await visitor.browser.get(found["susan@example.org"])
    assert "MLOps Engineer" in page.text
    assert "Data Scientist" not in page.text
