"""The plan page: what it shows, what each press does, and what the next mail makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest
from icalendar import Calendar

from briefings.links import Purpose
from tests.web.conftest import BASE, Installation, copied
from tests.web.letters_of import hidden_in

ADA, BO, CEM = "ada@example.org", "bo@example.org", "cem@example.org"


@pytest.fixture
def site(made: Path, tmp_path: Path) -> Iterator[Installation]:
    """Monday 24 August 2026, noon; Ada is in week 5, Bo and Cem have started no plan."""
    yield from copied(made, tmp_path / "site", demo=False)


def plan_of(site: Installation, email: str, purpose: Purpose = Purpose.PLAN) -> str:
    (number,) = site.row("SELECT id FROM reader WHERE email = ?", email)
    page = {Purpose.PLAN: "plan", Purpose.CALENDAR: "calendar", Purpose.FEED: "feed"}[purpose]
    return f"/{page}/{site.app.chain.signer().sign(purpose, int(str(number)))}"


async def press(
    client: httpx.AsyncClient, path: str, do: str, step: int = 5, **more: object
) -> httpx.Response:
    seal = hidden_in(await client.get(path))["seal"]
    return await client.post(path, data={"seal": seal, "do": do, "step": str(step), **more})


def start_of(site: Installation, email: str) -> tuple[object, ...]:
    return site.row("SELECT plan_started_on, plan_snoozes FROM reader WHERE email = ?", email)


async def test_the_page_shows_the_step_of_the_mail_with_tasks_tool_skill_and_hours(
    site: Installation,
) -> None:
    path = site.links(ADA)["plan"]
    before = site.dump()
    async with site.client() as client:
        page = await client.get(path)
    assert "From Monday 24 August" in page.text
    assert re.search(r"Week 5</h2>", page.text)
    assert "no-store" in page.headers["cache-control"]
    for words in ("Tool to adopt", "Skill to build", "About ", "Done when:"):
        assert words in page.text
    assert page.text.count('class="wk next"') == 7
    assert page.text.count('class="wk late"') == 4
    assert "Your mail of Monday 31 August brings week 6." in page.text
    assert ADA not in page.text  # a forwarded link shows no address (R13)
    assert site.dump() == before


async def test_ticks_and_done_are_kept_and_done_can_be_taken_back(site: Installation) -> None:
    path = plan_of(site, ADA)
    async with site.client() as client:
        saved = await press(client, path, "tasks", task=["1", "3", "99", "x"])
        assert saved.text.count(" checked>") == 2 + 1  # and the focus "None"
        page = await press(client, path, "done")
        assert "Week 5 is done. Your mail of Monday 31 August brings week 6." in page.text
        assert 'aria-label="Week 6 of 12, 1 done"' in page.text
        assert start_of(site, ADA) == ("2026-07-27", 0)
        assert site.row("SELECT COUNT(*) FROM plan_mark WHERE week = 5") == (4,)
        page = await press(client, path, "open")
        assert "Week 5 is open again." in page.text
        assert 'aria-label="Week 5 of 12, 0 done"' in page.text


async def test_a_snooze_moves_the_plan_once_however_often_the_form_is_sent(
    site: Installation,
) -> None:
    path = plan_of(site, ADA)
    async with site.client() as client:
        form = {**hidden_in(await client.get(path)), "do": "snooze", "step": "5"}
        page = await client.post(path, data=form)
        assert "Moved back by a week. Your mail of Monday 31 August brings week 5." in page.text
        again = await client.post(path, data=form)
    assert again.status_code == 409
    assert "moved since you opened the page" in again.text
    assert start_of(site, ADA) == ("2026-07-27", 1)


async def test_too_easy_moves_it_ahead_and_a_restart_begins_anew(site: Installation) -> None:
    path = plan_of(site, ADA)
    async with site.client() as client:
        page = await press(client, path, "easy")
        assert "Your mail of Monday 31 August brings week 7." in page.text
        assert 'aria-label="Week 6 of 12, 1 done"' in page.text
        assert "too easy" in page.text
        page = await press(client, path, "restart")
        assert "The plan begins again at week 1." in page.text
    assert start_of(site, ADA) == ("2026-08-24", 0)
    assert site.row("SELECT COUNT(*) FROM plan_mark") == (0,)


async def test_who_has_no_plan_yet_can_start_it_here(site: Installation) -> None:
    path = plan_of(site, BO)
    async with site.client() as client:
        page = await client.get(path)
        assert "Start the plan" in page.text
        assert (await press(client, path, "done")).status_code == 409
        page = await press(client, path, "restart", step=1)
        assert "From Monday 24 August" in page.text
    assert start_of(site, BO) == ("2026-08-24", 0)


async def test_after_week_12_it_says_what_next(site: Installation) -> None:
    path = plan_of(site, ADA)
    async with site.client() as client:
        site.clock.go(days=7 * 8)
        page = await client.get(path)
        assert "The twelve weeks are over" in page.text
        assert "What next" in page.text
        assert "shorter model deployment time" in page.text
        assert "MLOps &amp; AI Infrastructure has a plan, too." in page.text
        assert "Move it to next week" not in page.text
        assert 'class="band' not in page.text


async def test_a_focus_is_an_area_of_the_role_or_none(site: Installation) -> None:
    path = plan_of(site, ADA)
    async with site.client() as client:
        page = await press(client, path, "focus", focus="gpus")
        assert "Your focus is GPUs and distributed training." in page.text
        assert site.row("SELECT focus FROM reader WHERE email = ?", ADA) == ("gpus",)
        assert (await press(client, path, "focus", focus="made-up")).status_code == 409
        page = await press(client, path, "focus", focus="")
        assert "You have no focus now." in page.text
    assert site.row("SELECT focus FROM reader WHERE email = ?", ADA) == ("",)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"do": "fly", "step": "5"}, 409),
        ({"step": "5"}, 409),
        ({"do": "done", "step": "13"}, 409),
        ({"do": "done", "step": "x"}, 409),
        ({"do": "done", "step": "5", "seal": "a.b.c"}, 403),
    ],
)
async def test_what_the_page_did_not_offer_changes_nothing(
    site: Installation, fields: dict[str, str], status: int
) -> None:
    path = plan_of(site, ADA)
    before = site.dump()
    async with site.client() as client:
        seal = hidden_in(await client.get(path))["seal"]
        assert (await client.post(path, data={"seal": seal, **fields})).status_code == status
        foreign = hidden_in(await client.get(plan_of(site, BO)))["seal"]
        answer = await client.post(path, data={"do": "snooze", "step": "5", "seal": foreign})
        assert answer.status_code == 403
    assert site.dump() == before


async def test_who_left_sees_the_plan_and_moves_nothing(site: Installation) -> None:
    path = plan_of(site, ADA)
    async with site.client() as client:
        form = {**hidden_in(await client.get(path)), "do": "done", "step": "5"}
        await client.post(site.links(ADA)["unsubscribe"])
        page = await client.get(path)
        assert re.findall(r'name="do" value="(\w+)"', page.text) == ["addresses"]
        assert (await client.post(path, data=form)).status_code == 409
    assert site.row("SELECT COUNT(*) FROM plan_mark") == (0,)


async def test_the_calendar_holds_every_step_on_its_monday_and_moves_with_the_plan(
    site: Installation,
) -> None:
    calendar = plan_of(site, ADA, Purpose.CALENDAR)
    async with site.client() as client:
        first = await client.get(calendar)
        assert first.headers["content-type"].startswith("text/calendar")
        assert "no-store" in first.headers["cache-control"]
        before = events(first)
        await press(client, plan_of(site, ADA), "snooze")
        after = events(await client.get(calendar))
        assert (await client.get(plan_of(site, BO, Purpose.CALENDAR))).status_code == 200
        wrong = plan_of(site, ADA).replace("/plan/", "/calendar/")
        assert (await client.get(wrong)).status_code == 404
    assert len(before) == 12
    assert sorted(before.values())[4] == date(2026, 8, 24)
    assert before.keys() == after.keys()
    assert sorted(after.values())[4] == date(2026, 8, 31)


def events(answer: httpx.Response) -> dict[str, date]:
    """The day of each entry by its UID, as a calendar program reads them."""
    found = Calendar.from_ical(answer.content).walk("VEVENT")
    return {str(each["uid"]): each["dtstart"].dt for each in found}


async def test_the_feed_holds_ones_own_mails_with_their_web_views(site: Installation) -> None:
    async with site.client() as client:
        answer = await client.get(plan_of(site, ADA, Purpose.FEED))
        assert answer.headers["content-type"].startswith("application/rss+xml")
        channel = ET.fromstring(answer.content)[0]
        (entry,) = channel.findall("item")
        link = str(entry.findtext("link"))
        assert link.startswith(f"{BASE}/view/")
        seen = await client.get(link.removeprefix(BASE))
        assert seen.status_code == 200
        subject = str(entry.findtext("title"))
        assert subject in unescape(seen.text)
        wrong = plan_of(site, ADA).replace("/plan/", "/feed/")
        assert (await client.get(wrong)).status_code == 404


async def test_the_mails_without_a_plan_have_no_link_to_one_and_settings_have(
    site: Installation,
) -> None:
    assert "plan" not in site.links(BO)
    async with site.client() as client:
        page = await client.get(site.links(BO)["preferences"])
        (link,) = re.findall(r'href="(/plan/[\w-]{44})"', page.text)
        assert (await client.get(link)).status_code == 200


async def test_a_fortnightly_reader_is_told_the_step_of_their_own_next_mail(
    site: Installation,
) -> None:
    with site.locked() as connection:
        connection.execute("UPDATE reader SET frequency = 'fortnightly' WHERE email = ?", (ADA,))
        connection.commit()
    async with site.client() as client:
        page = await client.get(plan_of(site, ADA))
        site.clock.go(days=7, hours=-7)  # Monday 31 August, 05:00 UTC: this week's is to come
        early = await client.get(plan_of(site, ADA))
        site.clock.go(hours=7)
        later = await client.get(plan_of(site, ADA))
    assert "Your mail of Monday 31 August brings week 6." in page.text
    assert "Your mail of Monday 31 August brings week 6." in early.text
    assert "Your mail of Monday 14 September brings week 8." in later.text


def addresses_on(page: httpx.Response) -> tuple[str, str]:
    """Where calendar and feed lie, as a page says."""
    found = re.findall(r'class="own" href="(/(?:calendar|feed)/[\w-]{44})"', page.text)
    calendar, feed = found
    return calendar, feed


async def test_new_addresses_end_the_old_ones_of_this_reader_alone(site: Installation) -> None:
    path, others = plan_of(site, ADA), plan_of(site, BO, Purpose.FEED)
    async with site.client() as client:
        first = addresses_on(await client.get(path))
        assert first == tuple(plan_of(site, ADA, p) for p in (Purpose.CALENDAR, Purpose.FEED))
        page = await press(client, path, "addresses")
        assert "have new addresses, and the old ones have ended" in page.text
        second = addresses_on(page)
        assert not set(first) & set(second)
        before = site.dump()
        for old in first:
            for ask in (client.get, client.head):
                answer = await ask(old)
                assert answer.status_code == 410
                assert "no-store" in answer.headers["cache-control"]
            assert "replaced by a new one" in (await client.get(old)).text
        for new in second:
            assert (await client.get(new)).status_code == 200
        assert site.dump() == before
        rss = await client.get(second[1])
        assert f"{BASE}{second[1]}" in rss.text
        assert (await client.get(others)).status_code == 200
        assert (await client.get(path)).status_code == 200
        third = addresses_on(await press(client, path, "addresses"))
        assert [(await client.get(each)).status_code for each in (*second, *third)] == [
            410,
            410,
            200,
            200,
        ]


async def test_new_addresses_are_made_once_for_a_form_sent_twice_and_for_who_left(
    site: Installation,
) -> None:
    path = plan_of(site, ADA)
    async with site.client() as client:
        seal = hidden_in(await client.get(path))["seal"]
        fields = {"seal": seal, "do": "addresses", "step": "0"}
        made = addresses_on(await client.post(path, data=fields))
        again = await client.post(path, data=fields)
        assert again.status_code == 409
        assert addresses_on(again) == made
        with site.locked() as connection:
            connection.execute("UPDATE reader SET left_at = 1 WHERE email = ?", (ADA,))
            connection.commit()
        left = await press(client, path, "addresses")
        assert left.status_code == 200
        assert addresses_on(left) != made
        assert (await client.get(made[1])).status_code == 410


async def test_the_calendar_leads_to_no_page_of_the_readers_own(site: Installation) -> None:
    async with site.client() as client:
        text = (await client.get(plan_of(site, ADA, Purpose.CALENDAR))).text
    joined = text.replace("\r\n ", "")
    assert f"URL:{BASE}/specializations/mlops-engineer" in joined
    assert not re.search(r"/(plan|preferences|view|unsubscribe)/", joined)
