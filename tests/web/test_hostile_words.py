"""Hostile words that are stored run nowhere: not in previews, the archive, the desk or its search."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path

import pytest

from briefings.desk.permissions import ROUTES
from briefings.model.user import DeskRole
from tests.web.conftest import copied
from tests.web.desk_of import Desk, seal_in
from tests.web.hostile import CORPUS, Filled, desk_pages, fill, public_pages, running_in

LEADS_ON = {"GET /desk/sign-in", "GET /desk/sign-in/{token}"}
"""Pages without any stored words."""
FORM = {
    "kind": "tool_change",
    "tool": "mlflow",
    "change": "security",
    "date": "2026-08-26",
    "source_url": "https://example.org/notes",
    "confidence": "high",
}


@pytest.fixture(scope="module")
def filled(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """Made once: no test below changes what is stored in it."""
    for site in copied(made, tmp_path_factory.mktemp("hostile") / "site", demo=False):
        yield fill(site)


@pytest.mark.parametrize("payload", CORPUS)
def test_the_corpus_runs_where_nothing_guards_against_it(payload: str) -> None:
    """The judge of the tests below finds it in a page that takes it as it comes."""
    taken = f"<p title=\"{payload}\">{payload}</p><p title='{payload}'>"
    link = re.search(r"\]\((.*)\)$", payload)
    bare = f'<a href="{link[1]}">' if link else ""
    assert running_in(taken + bare), payload


async def test_it_runs_on_no_page_of_the_desk_and_no_page_is_forgotten(filled: Filled) -> None:
    shown: dict[str, str] = {}
    async with Desk(filled.site).client(*DeskRole, email="looks@desk.example") as client:
        for path in desk_pages(filled):
            answer = await client.get(path)
            assert answer.status_code in (200, 404), path
            assert running_in(answer.text) == [], path
            shown[path] = answer.text
    for path, text in shown.items():
        if path.endswith(("/preview", "/mail")) or "/search?" in path:
            assert "alert(1)" in unescape(text), f"{path} shows none of it"
    for route in ROUTES:
        if route.startswith("GET") and route not in LEADS_ON:
            pattern = re.sub(r"\\{\w+\\}", "[^/?]+", re.escape(route.removeprefix("GET ")))
            assert any(re.fullmatch(pattern + r"(\?.*)?", path) for path in shown), route


async def test_it_runs_neither_in_the_archive_nor_on_items_nor_in_a_mail(filled: Filled) -> None:
    async with filled.site.client() as client:
        for path in public_pages(filled):
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert running_in(answer.text) == [], path
            assert path in ("/", "/archive") or "alert(1)" in unescape(answer.text), path
    mails = [
        message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("html",))
        for file in (filled.site.folder / "outbox" / "new").iterdir()
    ]
    shown = [str(mail.get_content()) for mail in mails if mail is not None]
    assert [running_in(mail) for mail in shown] == [[]] * len(mails)
    assert sum("alert(1)" in unescape(mail) for mail in shown) >= 3


async def test_it_runs_in_no_answer_to_a_form(filled: Filled) -> None:
    names = ("headline", "summary", "do", "version", "source_name", "tags")
    async with Desk(filled.site).client(*DeskRole, email="writes@desk.example") as client:
        seal = seal_in(await client.get("/desk"))
        for payload in CORPUS:
            form = {**FORM, **dict.fromkeys(names, payload), "seal": seal, "id": "0"}
            for path, more in (
                ("preview", {}),
                ("preview", {"part": "text"}),
                ("reach", {}),
                ("new", {}),
                ("new", {"tool": payload, "source_url": payload}),
            ):
                answer = await client.post(f"/desk/items/{path}", data={**form, **more})
                assert answer.status_code in (200, 303, 422), (path, payload)
                assert running_in(answer.text) == [], (path, payload)
