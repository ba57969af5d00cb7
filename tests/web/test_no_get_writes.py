"""Scanners follow links: whatever stands in mails and pages, fetching it writes nothing (P8)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.web.conftest import BASE, Installation, copied
from tests.web.letters_of import hidden_in, letters
from tests.web.test_leaving import ADA, BO

PREFETCH = {"purpose": "prefetch", "sec-purpose": "prefetch;prerender", "sec-fetch-site": "none"}


@pytest.fixture
def site(made: Path, tmp_path: Path) -> Iterator[Installation]:
    yield from copied(made, tmp_path / "site")


def paths_in(text: str) -> set[str]:
    """Every address of ours in a page or mail, as a path with its query."""
    found = re.findall(rf"{re.escape(BASE)}(/[^\s<>\"']*)", text)
    found += re.findall(r"(?:href|src|action)=\"(/[^\"]*)\"", text)
    return {path.replace("&amp;", "&") for path in found}


def state(site: Installation) -> tuple[object, ...]:
    """The database's own bytes, its rows, and every file beside it."""
    site.row("PRAGMA wal_checkpoint(TRUNCATE)")
    files = {
        str(path.relative_to(site.folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(site.folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }
    return site.dump(), files


async def ask_for_every_letter(site: Installation) -> None:
    async with site.client() as client:
        for email in ("new@example.org", ADA):
            hidden = hidden_in(await client.get("/subscribe"))
            site.clock.go(seconds=5)
            fields = {"email": email, "specialization": "mlops-engineer", "agree": "yes"}
            assert (await client.post("/subscribe", data={**hidden, **fields})).status_code == 200
        page = site.links(BO)["preferences"]
        for action in ("/export", "/erase", "/address"):
            hidden = hidden_in(await client.get(page))
            answer = await client.post(page + action, data={**hidden, "new_email": "b@new.example"})
            assert answer.status_code == 200
    await letters(site)


async def test_fetching_every_address_of_mails_and_pages_leaves_every_byte(
    site: Installation,
) -> None:
    await ask_for_every_letter(site)
    waiting: set[str] = {"/"}
    for file in (site.folder / "outbox" / "new").iterdir():
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        waiting |= paths_in(str(mail["list-unsubscribe"]))
        for part in mail.walk():
            if not part.is_multipart():
                waiting |= paths_in(part.get_content())
    before = state(site)
    seen: set[str] = set()
    async with site.client() as client:
        while waiting:
            path = waiting.pop()
            seen.add(path)
            for method in ("GET", "HEAD"):
                answer = await client.request(method, path, headers=PREFETCH)
                assert answer.status_code in (200, 304, 404, 405), (path, answer.status_code)
            page = await client.get(path)
            if "text/html" in page.headers.get("content-type", ""):
                waiting |= paths_in(page.text) - seen
    kinds = {path.split("/")[1] for path in seen}
    assert kinds >= {
        *("unsubscribe", "preferences", "view", "items", "confirm", "export", "erase"),
        *("address", "subscribe", "outbox", "static"),
    }
    assert state(site) == before


def cut_or_swapped(path: str, other: str) -> Iterator[str]:
    head, _, token = path.rpartition("/")
    for spoilt in (
        *(token[:-1], token[:20], token[1:], token + "A", token[:10] + "x" + token[11:]),
        *(other.rpartition("/")[2], token.swapcase(), token + "%0A", "", "%00" * 44),
    ):
        yield f"{head}/{spoilt}"


async def test_cut_changed_and_swapped_tokens_open_and_do_nothing(site: Installation) -> None:
    await ask_for_every_letter(site)
    fresh = {urlsplit(path).path.split("/")[1]: path for _, path in await letters(site) if path}
    links = {**site.links(BO), **fresh}
    before = site.dump()
    async with site.client() as client:
        for name, path in links.items():
            other = next(found for page, found in links.items() if page != name)
            for spoilt in cut_or_swapped(path, other):
                for method in ("GET", "POST"):
                    answer = await client.request(method, spoilt)
                    assert answer.status_code in (404, 405, 400), (method, spoilt)
    assert site.dump() == before


async def test_keys_rotate_and_a_dropped_key_ends_its_links(made: Path, tmp_path: Path) -> None:
    old, new = "0123456789abcdef0123456789abcdef", "n" * 40
    for keys, status in ((f"{new},{old}", 200), (new, 404)):
        for site in copied(made, tmp_path / keys[-3:], secret_key=keys):
            async with site.client() as client:
                for path in site.links(ADA).values():
                    assert (await client.get(path)).status_code == status


CORPUS = (
    *("x\r\nBcc: evil@evil.example", "x\nSubject: evil", "x\0y", "x\u2028y", "=?utf-8?q?evil?="),
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "'; DROP TABLE"),
    *("=cmd|'/c calc'!A0", "+SUM(1)", "@import", "-2+3", "\u202eevil", "\ud7ff\ue000name\ue001"),
    "A" * 5000,
)


@pytest.mark.parametrize("hostile", CORPUS, ids=range(len(CORPUS)))
async def test_hostile_text_in_any_field_breaks_no_page_and_no_mail(
    site: Installation, hostile: str
) -> None:
    async with site.client() as client:
        hidden = hidden_in(await client.get("/subscribe"))
        site.clock.go(seconds=5)
        good = {"email": "new@example.org", "specialization": "mlops-engineer", "agree": "yes"}
        settings = site.links(ADA)["preferences"]
        mine = {
            **hidden_in(await client.get(settings)),
            "specialization": "mlops-engineer",
            "frequency": "weekly",
            "section": "pay",
        }
        answers = [
            await client.post("/subscribe", data={**hidden, **good, field: hostile})
            for field in (*good, "timezone", "from", "seal", "website", hostile[:50])
        ]
        answers += [
            await client.post(settings, data={**mine, field: hostile})
            for field in (*mine, "name", "timezone", "language", "primary", "paused_until")
        ]
        answers.append(
            await client.post(f"{settings}/address", data={**mine, "new_email": hostile})
        )
        answers.append(await client.get("/subscribe", params={"about": hostile, "from": hostile}))
        for answer in answers:
            assert answer.status_code < 500
            assert "<script>alert" not in answer.text
            assert "<img src=x" not in answer.text
            assert "evil" not in str(answer.headers)
    await letters(site)
    for file in (site.folder / "outbox" / "new").iterdir():
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        assert not [defect for part in mail.walk() for defect in part.defects]
        assert mail["bcc"] is None
        assert len(mail.get_all("subject")) == len(mail.get_all("to")) == 1


NO_CODE = r"<script(?![^>]* (?:src=|type=\"application/ld\+json\"))|\son\w+=|style="
"""A script or style in the page itself; structured data is no script, no browser runs it."""
FOREIGN = (
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "https://evil.example"},
    {"origin": "https://briefings.example.evil.example"},
)


async def test_every_form_of_every_page_is_refused_when_another_site_sends_it(
    site: Installation,
) -> None:
    await ask_for_every_letter(site)
    fresh = [path for _, path in await letters(site) if path]
    forms: dict[str, dict[str, str]] = {}
    async with site.client() as client:
        public = ("/subscribe", "/assessment/mlops-engineer?q=1")
        pages = [await client.get(p) for p in (*public, *site.links(ADA).values(), *fresh)]
        pages.append(await client.post(site.links(BO)["unsubscribe"]))
        for page in pages:
            for form in re.findall(
                r'<form[^>]* method="post"[^>]*>.*?</form>', page.text, re.DOTALL
            ):
                hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
                forms[re.findall(r'action="([^"]*)"', form)[0]] = dict(hidden)
        names = {re.sub(r"[\w-]{44}", "TOKEN", action) for action in forms}
        assert names == {
            *("/subscribe", "/confirm/TOKEN", "/preferences/TOKEN", "/preferences/TOKEN/export"),
            *("/preferences/TOKEN/erase", "/preferences/TOKEN/address", "/export/TOKEN"),
            *("/erase/TOKEN", "/address/TOKEN", "/unsubscribe/TOKEN", "/unsubscribe/TOKEN/undo"),
            *("/feedback/TOKEN", "/plan/TOKEN", "/assessment/mlops-engineer"),
        }
        site.clock.go(seconds=5)
        before = site.dump()
        filled = {
            "email": "new@example.org",
            "specialization": "mlops-engineer",
            "agree": "yes",
            "frequency": "weekly",
            "new_email": "c@example.org",
        }
        for action, hidden in forms.items():
            if re.fullmatch(r"/unsubscribe/[\w-]{44}", action):
                continue  # RFC 8058: mail programs send it, and its token is the whole of its right
            for headers in FOREIGN:
                answer = await client.post(action, data={**filled, **hidden}, headers=headers)
                assert answer.status_code == 403, (action, headers)
                assert "set-cookie" not in answer.headers
    assert site.dump() == before


async def test_no_page_sends_a_visitor_elsewhere(site: Installation) -> None:
    await ask_for_every_letter(site)
    async with site.client() as client:
        for path in ("/subscribe", "/", site.links(ADA)["preferences"]):
            for query in ("next", "url", "redirect", "return_to"):
                answer = await client.get(f"{path}?{query}=https://evil.example/")
                assert answer.status_code == 200
                assert "location" not in answer.headers
                assert "evil.example" not in answer.text


async def test_every_page_forbids_scripts_that_stand_in_it(site: Installation) -> None:
    await ask_for_every_letter(site)
    paths = [
        "/",
        "/subscribe",
        *site.links(ADA).values(),
        *(p for _, p in await letters(site) if p),
    ]
    async with site.client() as client:
        for path in paths:
            answer = await client.get(path)
            policy_of = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy_of
            scripts = re.findall(r"script-src ([^;]*)", policy_of)
            assert scripts in ([], ["'self'"]), path
            if "/view/" not in path:
                assert "unsafe" not in policy_of
                assert not re.search(NO_CODE, answer.text), path
            if path.count("/") > 1:
                assert answer.headers["cache-control"] == "no-store", path
                assert "noindex" in answer.headers["x-robots-tag"], path
