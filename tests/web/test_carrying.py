"""From a result to a reader: focus, plan and answers come along only where the person said so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.web.conftest import Installation, copied
from tests.web.letters_of import hidden_in, letters
from tests.web.test_assessing import ROLE, answer_all, answers_of

NEW = "new@example.org"
FORM = {"email": NEW, "agree": "yes"}


@pytest.fixture
def site(made: Path, tmp_path: Path) -> Iterator[Installation]:
    yield from copied(made, tmp_path / "site", demo=False)


async def sign_up(site: Installation, client: httpx.AsyncClient, **chosen: str) -> httpx.Response:
    """Answer everything, sign up from the result, confirm by the letter."""
    result = await answer_all(client, answers_of(site, 1))
    site.clock.go(seconds=5)
    asked = await client.post("/subscribe", data={**hidden_in(result), **FORM, **chosen})
    assert "Look into your mailbox" in asked.text
    link = next(link for to, link in await letters(site) if to == NEW)
    page = await client.get(link)
    return await client.post(link, data=hidden_in(page))


async def test_focus_plan_and_answers_come_along_when_they_are_switched_on(
    site: Installation,
) -> None:
    async with site.client() as client:
        page = await sign_up(site, client, focus="gpus", start_plan="yes", keep="yes")
        assert "Your plan starts with the week of Monday 24 August." in page.text
        assert "Open your plan" in page.text
    row = site.row(
        "SELECT specializations, focus, plan_started_on FROM reader WHERE email = ?", NEW
    )
    assert row == ("mlops-engineer", "gpus", "2026-08-24")
    role, answers, exposure = site.row(
        "SELECT role, answers, exposure FROM kept_assessment "
        "WHERE reader_id = (SELECT id FROM reader WHERE email = ?)",
        NEW,
    )
    assert role == "mlops-engineer"
    assert json.loads(str(answers)) == answers_of(site, 1)
    assert 0 < int(str(exposure)) <= 100
    assert site.row("SELECT COUNT(*) FROM sign_up") == (0,)


async def test_nothing_comes_along_that_was_not_switched_on(site: Installation) -> None:
    async with site.client() as client:
        await sign_up(site, client, focus="")
    row = site.row("SELECT focus, plan_started_on FROM reader WHERE email = ?", NEW)
    assert row == ("", None)
    assert site.row("SELECT COUNT(*) FROM kept_assessment") == (0,)


async def test_a_form_sent_back_keeps_what_comes_along(site: Installation) -> None:
    async with site.client() as client:
        result = await answer_all(client, answers_of(site, 1))
        site.clock.go(seconds=5)
        fields = {**hidden_in(result), "focus": "gpus", "start_plan": "yes", "keep": "yes"}
        again = await client.post("/subscribe", data={**fields, "email": "nobody"})
        assert again.status_code == 422
        assert '<option value="gpus" selected>' in again.text
        assert 'name="start_plan" value="yes" checked' in again.text
        assert 'name="keep" value="yes" checked' in again.text
        site.clock.go(seconds=5)
        fields = {
            **hidden_in(again),
            **FORM,
            "specialization": ["data-scientist", "mlops-engineer"],
        }
        asked = await client.post("/subscribe", data={**fields, "focus": "gpus", "keep": "yes"})
        assert "Look into your mailbox" in asked.text
    (first,) = site.row("SELECT specializations FROM sign_up WHERE email = ?", NEW)
    assert first == "mlops-engineer;data-scientist"  # its focus and plan are the primary's
    (carried,) = site.row("SELECT assessed FROM sign_up WHERE email = ?", NEW)
    assert len(json.loads(str(carried))["answers"]) == 13


@pytest.mark.parametrize("role", ["no-such-role", "data-scientist", "<b>"])
async def test_what_a_form_makes_up_is_not_taken_along(site: Installation, role: str) -> None:
    async with site.client() as client:
        hidden = hidden_in(await client.get("/subscribe"))
        site.clock.go(seconds=5)
        fields = {**hidden, **FORM, "specialization": "mlops-engineer", "assessed": role}
        assert (await client.post("/subscribe", data={**fields, "email": "x"})).status_code == 422
        asked = await client.post("/subscribe", data={**fields, "focus": "gpus", "keep": "yes"})
        assert "Look into your mailbox" in asked.text
    assert site.row("SELECT assessed FROM sign_up WHERE email = ?", NEW) == ("",)


async def test_answers_that_are_not_sealed_by_us_are_not_kept(site: Installation) -> None:
    async with site.client() as client:
        hidden = hidden_in(await client.get("/subscribe"))
        site.clock.go(seconds=5)
        fields = {**hidden, **FORM, "specialization": "mlops-engineer", "keep": "yes"}
        fields |= {"assessed": "mlops-engineer", "answers": '{"tools": "several"}', "focus": "x"}
        await client.post("/subscribe", data=fields)
    (carried,) = site.row("SELECT assessed FROM sign_up WHERE email = ?", NEW)
    assert json.loads(str(carried)) == {
        "role": "mlops-engineer",
        "focus": "",
        "starts_plan": False,
        "answers": [],
    }


async def test_what_is_kept_stands_in_the_export_and_goes_when_erased(
    site: Installation,
) -> None:
    from briefings.pipeline.reader import erase_reader, exported
    from briefings.web.site import Site

    async with site.client() as client:
        await sign_up(site, client, focus="gpus", start_plan="yes", keep="yes")
    found = exported(site.app.chain, NEW)
    assert found["plan"] == {
        "started_on": "2026-08-24",
        "snoozes": 0,
        "focus": "gpus",
        "marks": {},
    }
    (kept,) = found["assessments"]  # type: ignore[misc]
    assert kept["answers"] == answers_of(site, 1)
    own = Site(app=site.app, demo=False)
    erase_reader(site.app.chain, own.mailboxes, own.left_log, NEW)
    assert site.row("SELECT COUNT(*) FROM kept_assessment") == (0,)


async def test_the_result_is_there_without_an_address(site: Installation) -> None:
    async with site.client() as client:
        page = await answer_all(client, answers_of(site, 2))
    assert page.url.path == f"{ROLE}/result"
    assert 'action="/subscribe"' in page.text
    assert "How it adds up" in page.text
