"""All public pages, found by their links from the start page and the sitemap, hold what we promise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

from briefings.pipeline.archive import switch
from tests.web.conftest import BASE, Installation, copied, with_exposure
from tests.web.public_page import FIGURE, LARGEST, faults, links

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STARTS = ("/", "/roles?q=ops", "/roles?q=plumber", "/robots.txt", "/sitemap.xml")
MUST_MEET = {
    "/roles",
    "/roles/mlops-engineer",
    "/specializations/ai-safety-alignment",
    "/subscribe",
    "/pricing",
    "/assessment",
    "/assessment/mlops-engineer",
    "/archive/mlops-engineer",
    "/archive/data-scientist/2026-W34",
}
"""Pages that the walk must come by, or it has lost its way."""
A_MAIL = re.compile(r"/archive/[^/]+/[^/]+/mail")
"""A mail is no page: it has its styles in it, and its own strict policy (tests/web/test_archive.py)."""
NO_PAGES = ("/static/", "/sitemap.xml", "/robots.txt")
OF_ITEMS = 12
"""Pages of items that are looked into; the others only have to be there."""
MOST = 2_000


@pytest.fixture
def public(made: Path, tmp_path: Path) -> Iterator[Installation]:
    """An installation that is no demo, with everything that role pages can show."""
    for installed in copied(made, tmp_path / "public", demo=False):
        with_exposure(installed)
        switch(installed.app.chain, "mlops-engineer", None, shown=True, by="ed")
        switch(installed.app.chain, "data-scientist", None, shown=True, by="ed")
        yield installed


async def test_every_public_page_keeps_what_is_promised(public: Installation) -> None:
    wrong: dict[str, list[str]] = {}
    seen: dict[str, str] = {}
    waiting = list(STARTS)
    items = 0
    async with public.client(follow_redirects=False) as client:
        while waiting and len(seen) < MOST:
            path = waiting.pop()
            if path in seen:
                continue
            answer = await client.get(path)
            seen[path] = str(answer.status_code)
            if answer.status_code != 200:
                wrong[path] = [f"is {answer.status_code}"]
                continue
            if path == "/sitemap.xml":
                waiting += [
                    urlsplit(url).path for url in re.findall(r"<loc>(.+?)</loc>", answer.text)
                ]
            if path.startswith(NO_PAGES) or not answer.headers["content-type"].startswith(
                "text/html"
            ):
                continue
            if A_MAIL.fullmatch(path):
                continue
            items += path.startswith("/items/")
            if path.startswith("/items/") and items > OF_ITEMS:
                continue
            found, lost = links(answer.text, BASE + path)
            if problems := [*lost, *faults(answer.text, base=BASE), *of_answer(path, answer)]:
                wrong[path] = problems
            waiting += sorted(found)
    assert wrong == {}
    assert seen.keys() >= MUST_MEET
    assert len(seen) > 40


def of_answer(path: str, answer: httpx.Response) -> Iterator[str]:
    """What the head of an answer must say."""
    policy = answer.headers["content-security-policy"]
    if "unsafe" in policy or "http" in policy:
        yield f"a policy with holes: {policy}"
    if "set-cookie" in answer.headers:
        yield "a cookie"
    # A sign-up form holds its hour, an assessment what this browser answered.
    if path != "/subscribe" and not path.startswith(("/subscribe?", "/assessment/")):
        cached = answer.headers["cache-control"]
        if "public" not in cached:
            yield f"cannot be kept: {cached}"


GOOD = """<!doctype html><html lang="en"><head><title>Baker - Briefings</title>
<meta name="description" content="What changes in the work of bakers.">
<link rel="canonical" href="/roles/baker"></head><body><main>
<h1>Baker</h1><p>Bread.</p><section><h2>Pay</h2><p>$40,000, n = 40</p><p class="src">Source: us</p>
</section></main></body></html>"""


def test_a_page_in_order_has_no_fault() -> None:
    assert faults(GOOD, base=BASE) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<h2>Pay</h2>", "<h2></h2>", "an empty heading"),
        ("</section>", "<h2>Tools</h2></section>", "nothing under"),
        (
            "</section>",
            '<div class="side"><h2>Tools</h2><p>Small print.</p></div></section>',
            "nothing under",
        ),
        ("<h2>Pay</h2>", "<h3>Pay</h3>", "h3 follows h1"),
        (' class="src"', "", "a figure without a source: '$40,000, n = 40'"),
        ("$40,000, n = 40</p>", "5 of 10</p></section><section><p>7 %</p>", "source: '5 of 10'"),
        ("n = 40</p>", '</p></section><section><p role="img">I</p>', "a figure without a source"),
        (
            '$40,000, n = 40</p><p class="src">Source: us',
            '<input type="hidden" name="a">',
            "nothing under",
        ),
        ("Bread.", '<img src="/a.png" width="1">', "no alt or size"),
        ("Bread.", "Bread<svg></svg>", "a drawing without words"),
        ("<p>Bread", '<p style="color:red">Bread', "inline style"),
        ("Bread.", "<style>p{}</style>Bread", "inline style"),
        ("Bread.", "<script>1</script>Bread", "inline script"),
        ("<p>Bread", '<p onclick="x()">Bread', "inline script"),
        ("Bread.", "<script src='https://cdn.example/x.js'></script>Bread", "from elsewhere"),
        ("Bread.", '<a href="https://x.example/">Bread</a>', "where its reader comes from"),
        ("Bread.", "x" * LARGEST, "is the limit"),
        ("Bread.", "<p>Bread</div>", "closes"),
        ("Bread.", '<b id="a">B</b><b id="a">B</b>', "id 'a' twice"),
        ("Bread.", '<label for="nothing">B</label>', "a label of nothing"),
        ("<title>Baker", "<title>", "no title"),
        ('name="description"', 'name="keywords"', "no description"),
        ("<h1>Baker</h1>", "", "0 h1"),
    ],
)
def test_each_fault_is_found(old: str, new: str, words: str) -> None:
    assert old in GOOD
    found = faults(GOOD.replace(old, new, 1), base=BASE)
    assert any(words in each for each in found), found


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("<a>x</a>", "without address"),
        ('<a href="#">x</a>', "to nowhere"),
        ('<a href="#gone">x</a>', "no place #gone"),
    ],
)
def test_links_that_lead_nowhere_on_a_page_are_found(link: str, words: str) -> None:
    found, wrong = links(GOOD.replace("Bread.", link + '<a href="/roles?q=x">y</a>'), BASE)
    assert found == {"/roles?q=x", "/roles/baker"}
    assert len(wrong) == 1
    assert words in wrong[0]


@pytest.mark.parametrize("text", ["$170,320", "n = 58", "15 %", "3 of 10", "0.53", "1.2009"])
def test_what_counts_as_a_figure(text: str) -> None:
    assert FIGURE.search(text)


@pytest.mark.parametrize("text", ["2026", "week 5 of 12", "Terraform 1.15.9", "v0.66.0", "12-week"])
def test_what_is_none(text: str) -> None:
    assert not FIGURE.search(text)
