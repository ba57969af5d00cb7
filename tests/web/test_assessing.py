"""The assessment: one question per screen, gone on with later, a result for everybody, no row."""

from __future__ import annotations

import re

import httpx
import pytest

from briefings.pipeline.assessing import assessed
from briefings.readers.assessment import score
from tests.web.conftest import Installation

ROLE = "/assessment/mlops-engineer"


def answers_of(site: Installation, points: int) -> dict[str, str]:
    """For every question the answer whose points come closest."""
    found = assessed(site.app.chain, "mlops-engineer").assessment
    assert found is not None
    return {
        question.slug: min(question.answers, key=lambda a: abs(a.points - points)).slug
        for question in found.questions
    }


async def answer_all(client: httpx.AsyncClient, answers: dict[str, str]) -> httpx.Response:
    """Go through the questions as a browser does, to the result."""
    page = await client.get(f"{ROLE}?q=1")
    for number, slug in enumerate(answers.values(), 1):
        assert f"Question {number} of {len(answers)}" in page.text
        page = await client.post(
            ROLE, data={"q": str(number), "answer": slug}, follow_redirects=True
        )
        assert page.status_code == 200
    return page


async def test_the_result_shows_every_share_and_they_add_up_to_the_score(
    installed: Installation,
) -> None:
    before = installed.dump()
    answers = answers_of(installed, 1)
    found = assessed(installed.app.chain, "mlops-engineer").assessment
    assert found is not None
    result = score(found, answers)
    async with installed.client() as client:
        page = await answer_all(client, answers)
    assert page.url.path == f"{ROLE}/result"
    assert f"Your exposure is {result.exposure} of 100" in page.text
    shares = re.findall(r'data-l="Adds"><b>(\d+)</b>', page.text)
    assert [int(each) for each in shares[:-1]] == [each.share for each in result.shares]
    assert int(shares[-1]) == result.exposure == sum(map(int, shares[:-1]))
    assert "Gaps" in page.text
    assert ">Strengths<" not in page.text  # a heading without anything under it disappears
    assert "Week 1 of your plan" in page.text
    assert "no-store" in page.headers["cache-control"]
    assert installed.dump() == before


async def test_who_comes_back_goes_on_where_they_stopped_and_can_go_back(
    installed: Installation,
) -> None:
    async with installed.client() as client:
        answers = answers_of(installed, 3)
        slugs = list(answers.values())
        for number in (1, 2):
            await client.post(ROLE, data={"q": str(number), "answer": slugs[number - 1]})
        start = await client.get(ROLE)
        assert f'href="{ROLE}?q=3"' in start.text
        assert "2 of 13 questions answered" in start.text
        second = await client.get(f"{ROLE}?q=2")
        assert f'value="{slugs[1]}" checked' in second.text
        assert f'href="{ROLE}?q=1">Back' in second.text
        so_far = await client.get(f"{ROLE}/result")
        assert "From 2 of 12 questions" in so_far.text
        gone = await client.post(ROLE, data={"do": "forget"}, follow_redirects=True)
        assert "answered in this browser" not in gone.text
        assert "nothing to add up yet" in (await client.get(f"{ROLE}/result")).text


async def test_no_choice_is_said_in_place_and_nothing_moves_on(installed: Installation) -> None:
    async with installed.client() as client:
        for chosen in ({}, {"answer": "made-up"}):
            page = await client.post(ROLE, data={"q": "2", **chosen})
            assert page.status_code == 422
            assert "Nothing is chosen yet" in page.text
            assert "Question 2 of 13" in page.text


@pytest.mark.parametrize("path", [f"{ROLE}?q=14", f"{ROLE}?q=-1", f"{ROLE}?q=x", "/assessment/no"])
async def test_what_does_not_exist_is_not_found(installed: Installation, path: str) -> None:
    async with installed.client() as client:
        assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("number", ["0", "14", "", "\u0663", "-3"])
async def test_an_answer_to_no_question_is_not_found(installed: Installation, number: str) -> None:
    async with installed.client() as client:
        assert (await client.post(ROLE, data={"q": number, "answer": "most"})).status_code == 404


async def test_a_cookie_that_is_not_ours_or_another_roles_or_old_counts_as_none(
    installed: Installation,
) -> None:
    async with installed.client() as client:
        await client.post(ROLE, data={"q": "1", "answer": "most"})
        kept = client.cookies["assessment"]
    for bad in (kept[:-1] + ("A" if kept[-1] != "A" else "B"), "x.y.z", ""):
        async with installed.client(cookies={"assessment": bad}) as client:
            assert "Go on at question" not in (await client.get(ROLE)).text
    async with installed.client(cookies={"assessment": kept}) as client:
        assert "Go on at question 2" in (await client.get(ROLE)).text
        installed.clock.go(days=31)
        assert "Go on at question" not in (await client.get(ROLE)).text


async def test_a_role_without_tasks_at_risk_says_so(installed: Installation) -> None:
    async with installed.client() as client:
        for ask in (client.get, client.post):
            page = await ask("/assessment/data-scientist")
            assert page.status_code == 200
            assert "There is no assessment for this role" in page.text
        assert "no assessment" in (await client.get("/assessment/data-scientist/result")).text
        index = await client.get("/assessment")
    assert f'href="{ROLE}"' in index.text
    assert 'href="/assessment/data-scientist"' not in index.text


async def test_another_site_can_neither_answer_nor_forget(installed: Installation) -> None:
    async with installed.client(headers={"sec-fetch-site": "cross-site"}) as client:
        assert (await client.post(ROLE, data={"q": "1", "answer": "most"})).status_code == 403
        assert (await client.post(ROLE, data={"do": "forget"})).status_code == 403
