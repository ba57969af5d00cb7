"""Pages of roles and directions: what they say, that they can be kept, and the way in from them."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from briefings.model.catalogue import RiskCategory, Role, Skills, Specialization
from briefings.pipeline.archive import switch
from briefings.store import catalogue as catalogues
from briefings.web.app import create_app
from tests.web.conftest import BASE, Installation, with_exposure
from tests.web.public_page import parse

if TYPE_CHECKING:
    from httpx import Response

ROLE = "/roles/mlops-engineer"
NEW = "nia@example.org"


def words(page: Response, title: str) -> str:
    """The words of the part of that heading."""
    tree, _ = parse(page.text)
    for part in tree.find("section"):
        if any(each.words() == title for each in part.find("h2")):
            return part.words()
    return ""


def headings(page: Response) -> list[str]:
    tree, _ = parse(page.text)
    return [each.words() for each in tree.find("h2")]


def data_of(page: Response) -> dict[str, object]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


async def test_a_role_page_tells_everything_with_its_source(installed: Installation) -> None:
    with_exposure(installed)
    async with installed.client() as client:
        page = await client.get(ROLE)
    assert "<h1>MLOps Engineer</h1>" in page.text
    assert 'aria-label="Risk 3 of 10, low"' in page.text
    assert page.text.count('<i class="on"></i>', 0, page.text.index("Work that goes")) == 3
    assert "2024 to 2026 , as ML platforms ship monitoring" in words(page, "Work that goes")
    assert "role impact profile" in words(page, "Work that goes")
    assert "Incident response" in words(page, "Work that stays")
    pay = words(page, "Pay")
    assert "2024 $170,320 n = 58 middle half $121,250 to $207,500" in pay
    assert "2023 $139,700 n = 13, small sample" in pay
    assert "2024 to 2025: flat" in pay
    assert "aijobs.net salary survey" in pay
    assert "15\u201320 % a year" in pay
    assert pay.count("Source: role impact profile") == 1
    exposure = words(page, "Exposure to AI")
    for source in ("Gmyrek et al. 2025", "Felten, Raj, Seamans 2021: AIOE", "GPTs are GPTs"):
        assert source in exposure
    assert "$120,730" in words(page, "Jobs and wages")
    assert "$120,730" not in exposure
    tools = words(page, "Tools we watch")
    assert "MLflow 3.10 closes SSRF" in tools
    assert "Security fix, 20 Feb 2026. Source: MLflow release notes" in tools
    assert "Draw the life of one model 3 hours" in words(page, "The 12-week plan")
    assert "Cybersecurity Analyst 3 low" in words(page, "Near this role")
    assert page.text.count('role="img"') >= 7  # the gauge, six years of pay, the year rule


async def test_headings_without_facts_disappear(installed: Installation) -> None:
    async with installed.client() as client:
        bare = await client.get("/roles/web-developer")
        name_only = await client.get("/specializations/ai-safety-alignment")
    assert headings(bare) == ["One mail a week, for this role"]
    assert 'aria-label="Risk 7 of 10, high"' in bare.text
    assert headings(name_only) == ["One mail a week, for this direction", "Beside it"]
    assert "of 10" not in name_only.text


async def test_a_direction_shows_its_own_facts_and_its_siblings(installed: Installation) -> None:
    async with installed.client() as client:
        page = await client.get("/specializations/mlops-ai-infrastructure")
    assert "By 2028-2030 the basics are standard" in words(page, "What is coming")
    assert "Be the engineer who makes AI teams productive" in words(page, "Where to stand")
    assert "better GPU utilisation" in words(page, "What shows that you can")
    assert "AI Safety & Alignment" in words(page, "Beside it")
    assert "Terraform" in words(page, "Tools we watch")
    assert "Pay" not in headings(page)


async def test_every_field_of_a_catalogue_finds_its_place(installed: Installation) -> None:
    full = Specialization(
        slug="baker",
        role="baker",
        name="Baker <b>",
        general=True,
        tasks_automated=("Kneading",),
        tasks_augmented=("Recipes",),
        skills=Skills(ai_tools=("Oven AI",), technical=("Heat",), human=("Patience",)),
        opportunities=("Night bakeries",),
    )
    role = Role(
        slug="baker",
        name="Baker",
        industry="food",
        risk_category=RiskCategory.MEDIUM,
        certifications=("Master's certificate",),
        tools=("Spoon",),
        source="guild",
    )
    with installed.app.db.write() as tx:
        known = catalogues.load(tx)
        catalogues.save(
            tx,
            replace(
                known,
                roles=(*known.roles, role),
                specializations=(*known.specializations, full),
            ),
        )
    async with installed.client() as client:
        page = await client.get("/roles/baker")
        listed = await client.get("/roles")
    assert "Baker <b>" not in page.text
    assert "Medium" in page.text
    assert "a word and no number" in page.text
    for title, fact in (
        ("Work that goes", "Kneading"),
        ("Work that AI helps with", "Recipes"),
        ("Skills", "Technical Heat"),
        ("Opportunities", "Night bakeries"),
        ("Certifications", "Master's certificate"),
        ("Tools we watch", "Spoon named by the profile"),
    ):
        assert fact in words(page, title)
    assert "medium risk" in words(listed, "food")
    assert "</script>" not in json.dumps(data_of(page))


async def test_a_general_specialization_is_its_roles_page_under_one_address(
    installed: Installation,
) -> None:
    async with installed.client() as client:
        role = await client.get(ROLE)
        same = await client.get("/specializations/mlops-engineer")
    assert role.text == same.text
    assert f'<link rel="canonical" href="{BASE}{ROLE}">' in same.text


@pytest.mark.parametrize("path", ["/roles/nothing", "/specializations/nothing", "/roles/a/b"])
async def test_what_is_not_in_the_catalogue_is_a_page_that_says_so(
    installed: Installation, path: str
) -> None:
    async with installed.client() as client:
        answer = await client.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert "etag" not in answer.headers


async def test_the_search_tolerates_and_says_why(installed: Installation) -> None:
    async with installed.client() as client:
        typed = await client.get("/roles", params={"q": "  ml   ops "})
        short = await client.get("/roles", params={"q": "SRE"})
        none = await client.get("/roles", params={"q": "<plumber>"})
    assert words(typed, "Found").startswith("Found The closest first. MLOps Engineer 3 low")
    assert "DevOps Engineer nearest to Site Reliability Engineer, a neighbouring" in words(
        short, "Found"
    )
    assert "Nothing is called so" in none.text
    assert "<plumber>" not in none.text
    assert "Web Developer" in none.text
    assert none.headers["x-robots-tag"] == "noindex"


async def test_pages_can_be_kept_and_asked_for_by_their_tag(installed: Installation) -> None:
    async with installed.client() as client:
        for path in ("/", "/roles", ROLE, "/sitemap.xml"):
            page = await client.get(path)
            assert page.headers["cache-control"] == "public, max-age=300"
            tag = page.headers["etag"]
            for asked in (tag, f"W/{tag}", f'"other", {tag}', "*"):
                again = await client.get(path, headers={"if-none-match": asked})
                assert (again.status_code, again.content) == (304, b"")
                assert again.headers["etag"] == tag
                # A browser takes over the headers of a 304.
                assert (
                    again.headers["content-security-policy"]
                    == page.headers["content-security-policy"]
                )
            other = await client.get(path, headers={"if-none-match": '"other"'})
            assert other.content == page.content
            assert (await client.head(path)).headers["etag"] == tag


def with_seconds(installed: Installation) -> list[float]:
    """Let a test say how many seconds have passed for what is kept."""
    seconds = [1000.0]
    chain = replace(installed.app.chain, monotonic=lambda: seconds[0])
    installed.app = replace(installed.app, chain=chain)
    installed.web = create_app(installed.app)
    return seconds


async def test_a_page_that_is_rendered_anew_keeps_its_tag_within_the_hour(
    installed: Installation,
) -> None:
    seconds = with_seconds(installed)
    async with installed.client() as client:
        tag = (await client.get(ROLE)).headers["etag"]
        installed.clock.go(minutes=50)
        seconds[0] += 3000
        assert (await client.get(ROLE)).headers["etag"] == tag
        installed.clock.go(minutes=20)
        seconds[0] += 1200
        assert (await client.get(ROLE)).headers["etag"] != tag


async def test_a_correction_is_seen_within_seconds(installed: Installation) -> None:
    seconds = with_seconds(installed)
    async with installed.client() as client:
        before = (await client.get(ROLE)).text
        with (
            closing(sqlite3.connect(installed.folder / "subscribers.db")) as connection,
            connection,
        ):
            connection.execute(
                "UPDATE catalogue_entry SET document = REPLACE(document, 'fail quietly', 'fail')"
            )
        seconds[0] += 4
        assert (await client.get(ROLE)).text == before
        seconds[0] += 7
        await client.get(ROLE)
        after = (await client.get(ROLE)).text
    assert "fail quietly" in before
    assert "fail quietly" not in after


async def test_kept_pages_are_counted_by_their_template(installed: Installation) -> None:
    async with installed.client() as client:
        for _ in range(3):
            await client.get(ROLE)
        counts = (await client.get("/metrics")).text
    assert 'route="/roles/{slug}",status="200"} 3.0' in counts
    assert ROLE not in counts


async def test_nothing_is_kept_of_an_address_that_is_none(installed: Installation) -> None:
    async with installed.client() as client:
        await client.get("/roles/nothing")
        assert (await client.get("/roles/nothing")).status_code == 404


async def test_an_empty_catalogue_makes_pages_without_roles(installed: Installation) -> None:
    with closing(sqlite3.connect(installed.folder / "subscribers.db")) as connection, connection:
        connection.execute("DELETE FROM catalogue_entry")
    async with installed.client() as client:
        assert "No role yet" in (await client.get("/roles")).text
        home = await client.get("/")
        assert home.status_code == 200
        assert "Roles" not in headings(home)
        assert "A real mail" not in headings(home)


async def test_the_start_page_shows_a_mail_as_it_went(installed: Installation) -> None:
    async with installed.client() as client:
        page = await client.get("/")
    mail = words(page, "A real mail")
    assert "MLOps Engineer, week 34 of 2026" in mail
    assert "Terraform 1.15.9 updates go-slug for CVE-2026-14978" in mail
    assert "Do: update to 1.15.9 or later." in mail
    assert "Source: Terraform release notes" in mail
    assert "Your plan, week 5 of 12 Give a training job the room it uses" in mail
    assert data_of(page)["@type"] == "WebSite"


async def test_search_engines_are_told_where_and_what(installed: Installation) -> None:
    switch(installed.app.chain, "mlops-engineer", None, shown=True, by="ed")
    async with installed.client() as client:
        robots = (await client.get("/robots.txt")).text
        sitemap = await client.get("/sitemap.xml")
        page = await client.get(ROLE)
    assert f"Sitemap: {BASE}/sitemap.xml\n" in robots
    assert sitemap.headers["content-type"] == "application/xml"
    places = re.findall(r"<loc>(.*?)</loc>", sitemap.text)
    assert f"{BASE}{ROLE}" in places
    assert f"{BASE}/specializations/ai-safety-alignment" in places
    assert f"{BASE}/specializations/mlops-engineer" not in places
    assert f"{BASE}/assessment/mlops-engineer" in places
    assert f"{BASE}/archive/mlops-engineer/2026-W34" in places
    assert f"{BASE}/archive/data-scientist" not in places, "its archive is closed"
    assert len(places) == len(set(places))
    (occupation, crumbs) = data_of(page)["@graph"]
    assert occupation["estimatedSalary"]["median"] == 170500
    assert "n = 47" in occupation["estimatedSalary"]["name"]
    assert crumbs["itemListElement"][-1]["item"] == f"{BASE}{ROLE}"


async def test_the_short_form_of_a_kept_page_signs_up(installed: Installation) -> None:
    installed.clock.go(minutes=30)
    async with installed.client() as client:
        page = await client.get(ROLE)
        tree, _ = parse(page.text)
        (form,) = [each for each in tree.find("form") if each.attributes["action"] == "/subscribe"]
        fields = {
            each.attributes["name"]: each.attributes.get("value", "")
            for each in form.find("input", "select")
        }
        assert fields["specialization"] == "mlops-engineer"
        bare = await client.post("/subscribe", data=fields)
        assert bare.status_code == 422
        fields |= {"email": NEW, "timezone": "Europe/Rome"}
        answer = await client.post("/subscribe", data=fields)
        assert "Look into your mailbox" in answer.text
    asked = installed.row("SELECT specializations, timezone, source FROM sign_up")
    assert asked == ("mlops-engineer", "Europe/Rome", "form")


async def test_a_form_that_lay_in_a_tab_for_days_asks_once_more(installed: Installation) -> None:
    async with installed.client() as client:
        page = await client.get(ROLE)
        seal = re.findall(r'name="seal" value="([^"]*)"', page.text)[0]
        installed.clock.go(hours=25)
        fields = {"seal": seal, "email": NEW, "specialization": "mlops-engineer", "agree": "yes"}
        answer = await client.post("/subscribe", data=fields)
    assert answer.status_code == 422
    assert "open for too long" in answer.text
    assert f'value="{NEW}"' in answer.text
