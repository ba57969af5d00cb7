"""The links of an edition, tried over real sockets: kept with their instant, bounded, and told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from briefings.cli.app import run
from briefings.errors import NotFound, Refused
from briefings.feeds.addresses import Reach
from briefings.feeds.fetch import Bounds, Fetcher
from briefings.model.edition import Composition, EditionState
from briefings.model.links import LinkAnswer
from briefings.model.news import Change, ItemState, Kind, News
from briefings.model.reader import Preferences
from briefings.pipeline.approve import approve
from briefings.pipeline.audience import gather
from briefings.pipeline.examine import examine
from briefings.pipeline.link_checks import LATELY, check_links, links_of_editions
from briefings.pipeline.prepare import load_catalogue, prepare
from briefings.store import catalogue as catalogues
from briefings.store import editions, items, link_checks
from briefings.testing.feed_server import FeedServer, Page
from tests.e2e.test_editing import PAY
from tests.e2e.town import SECRET, WEEK, Town, found

SLUG = "mlops-ai-infrastructure"
QUICK = Bounds(size=0, connect=1.0, silence=0.3, whole=2.0)
PAGES = {
    "good": Page(body=b"here"),
    "shy": Page(body=b"here", head=405),
    "moved": Page(status=301, headers={"location": "/good"}),
    "gone": Page(status=410),
    "busy": Page(status=429),
    "broken": Page(status=500),
    "hangs": Page(mute=True),
    "inside": Page(status=302, headers={"location": "http://169.254.169.254/latest/"}),
}


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        running.pages |= {f"/{name}": page for name, page in PAGES.items()}
        yield running


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = found(tmp_path, feed_networks="127.0.0.1")
    yield made
    made.app.db.dispose()


async def loopback(host: str, port: int) -> Sequence[str]:
    if not host.replace(".", "").isdigit():
        raise OSError("no such name")
    return [host]


def fetcher(**more: object) -> Fetcher:
    given: dict[str, object] = {
        "reach": Reach.parse("127.0.0.1", http=True),
        "agent": "test",
        "clock": lambda: None,
        "bounds": QUICK,
        "resolve": loopback,
        **more,
    }
    return Fetcher(**given)  # type: ignore[arg-type]


def news(name: str, url: str, **more: object) -> News:
    given: dict[str, object] = {
        "kind": Kind.TOOL_CHANGE,
        "headline": f"Terraform {name}",
        "summary": "It is out.",
        "date": date(2026, 8, 19),
        "source_name": "notes",
        "source_url": url,
        "change": Change.RELEASE,
        "targets": (SLUG,),
        **more,
    }
    return News(**given)  # type: ignore[arg-type]


def edition(town: Town, *told: News, plan: bool = False) -> None:
    """Make the edition of these; without the links of its plan unless those are asked for."""
    with town.app.db.write() as tx:
        for each in told:
            items.add(tx, each, week=str(WEEK), state=ItemState.QUEUED, now=town.clock())
        known = load_catalogue(tx)
        if not plan:
            shorn = [replace(each, plan=()) for each in known.specializations]
            catalogues.save(tx, replace(known, specializations=tuple(shorn)))
    prepare(town.app.chain, WEEK, [SLUG])


def said(town: Town) -> dict[str, str]:
    """What preflight says of links, by place."""
    looked = examine(town.app.chain, WEEK, [SLUG])[SLUG]
    return {
        one.place: f"{one.severity}: {one.words}"
        for one in looked.findings
        if "link" in one.check.value
    }


def kept(town: Town, *urls: str) -> dict[str, LinkAnswer]:
    with town.app.db.read() as tx:
        return link_checks.of(tx, urls)


def test_each_link_is_tried_once_and_preflight_tells_what_it_answered(
    town: Town, server: FeedServer
) -> None:
    told = [news(name, server.url(f"/{name}")) for name in PAGES]
    edition(town, *told, news("again", server.url("/good")), news("nowhere", "https://no.example/"))
    assert said(town) == {"The links": "advises: 9 were never tried"}
    tried = check_links(town.app.chain, fetcher(), WEEK, [SLUG])
    assert tried.words() == (
        "9 links tried: 3 answer (1 from another address for good), 1 is gone, 5 not reached."
    )
    assert [each.path for each in server.asked].count("/good") == 2  # one of them by a redirect
    assert said(town) == {
        "Terraform moved": "advises: its source answers from another address for good",
        "Terraform gone": "blocks: its source answers 410: the page is gone",
        "Terraform busy": "advises: its source could not be reached (it answers 429)",
        "Terraform broken": "advises: its source could not be reached (it answers 500)",
        "Terraform hangs": "advises: its source could not be reached "
        "(the server did not answer in time)",
        "Terraform inside": "advises: its source could not be reached (169.254.169.254 is "
        "refused: 169.254.169.254 is not an address of the public internet)",
        "Terraform nowhere": "advises: its source could not be reached "
        "(the name no.example cannot be resolved)",
    }
    assert kept(town, server.url("/shy"))[server.url("/shy")].at == town.clock()
    with pytest.raises(Refused, match="the page is gone"):
        approve(town.app.chain, WEEK, [SLUG], by="tester")


def test_all_that_a_mail_leads_to_outside_of_our_site_is_tried(town: Town) -> None:
    """Of the mail itself it is asked which addresses that are."""
    text = "See [the notes](https://example.org/more) and *more*."
    edition(town, news("one", "https://example.org/one", summary=text), PAY, plan=True)
    with town.app.db.read() as tx:
        audience = gather(
            *(tx, town.app.chain, WEEK, load_catalogue(tx)),
            editions.of_week(tx, str(WEEK)),
            going=[EditionState.DRAFT],
        )
    mail = audience.composition((Preferences(specializations=(SLUG,)), 5, frozenset()))
    assert isinstance(mail, Composition)
    led: set[str] = set()
    for spec in (mail.head, *mail.blocks):
        html = town.app.chain.renderer().render(spec).html.replace(b"=\r\n", b"").decode()
        led |= set(re.findall(r'href=3D"(https?://[^"]+)"', html))
    led = {url for url in led if not url.startswith("https://briefings.example")}
    assert {"https://example.org/one", "https://example.org/more"} < led
    with town.app.db.read() as tx:
        mailed = links_of_editions(tx, town.app.chain, WEEK, [SLUG])[SLUG]
        steps = load_catalogue(tx).specialization(SLUG).plan
    assert led <= {link.url for link in mailed}
    assert len([link for link in mailed if link.place.startswith("Plan week")]) == len(steps) == 12


def test_a_lost_network_is_one_advice_changes_no_verdict_and_stops_no_approval(
    town: Town, server: FeedServer
) -> None:
    names = ("one", "two", "three")
    edition(town, *(news(name, f"https://{name}.example/") for name in names))
    tried = check_links(town.app.chain, fetcher(), WEEK, [SLUG])
    assert tried.words().startswith("None of 3 links could be reached (the name ")
    (place,) = said(town).values()
    assert place.startswith("advises: none of 3 could be reached (the name ")
    gone = LinkAnswer(url="https://one.example/", code=404, trouble="", at=town.clock())
    with town.app.db.write() as tx:
        link_checks.put(tx, [gone])
    town.clock.forward(days=1)
    check_links(town.app.chain, fetcher(), WEEK, [SLUG])
    assert kept(town, gone.url) == {gone.url: gone}
    assert said(town)["Terraform one"].startswith("blocks: ")
    with town.app.db.write() as tx:
        link_checks.put(tx, [replace(gone, code=200)])
    assert approve(town.app.chain, WEEK, [SLUG], by="tester").editions == (SLUG,)


def test_a_check_ends_in_time_and_begins_next_time_with_what_was_left(
    town: Town, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    edition(town, news("hangs", server.url("/hangs")), news("good", server.url("/good")))
    slow = fetcher(bounds=replace(QUICK, silence=20.0, whole=30.0))
    tried = check_links(town.app.chain, slow, WEEK, [SLUG], within=0.5)
    assert (len(tried.answers), tried.left) == (1, 1)
    assert "There was no time for 1 more" in tried.words()
    server.pages["/hangs"] = Page(body=b"awake")
    server.asked.clear()
    told: list[tuple[int, int | None]] = []
    monkeypatch.setattr("briefings.pipeline.link_checks.PER_HOST", 1)  # two would race
    check_links(town.app.chain, fetcher(), WEEK, progress=lambda *each: told.append(each))
    assert told == [(0, 2)]
    assert {each.path for each in server.asked} == {"/hangs", "/good"}
    assert server.asked[0].path == "/hangs"
    assert said(town) == {}


def test_a_week_is_tried_in_parts_and_nothing_twice_within_ten_minutes(
    town: Town, server: FeedServer
) -> None:
    paths = [f"/page-{number}" for number in range(5)]
    server.pages |= {path: Page(body=b"here") for path in paths}
    edition(town, *(news(path, server.url(path)) for path in paths))

    def press() -> str:
        server.asked.clear()
        tried = check_links(town.app.chain, fetcher(), WEEK, most=2, unless=LATELY)
        assert len(server.asked) == len(tried.answers)
        return tried.words()

    rest = " There was no time for {} more: check again, those come first."
    assert press() == "2 links tried: 2 answer." + rest.format(3)
    town.clock.forward(minutes=1)
    assert press() == "2 links tried: 2 answer." + rest.format(1)
    assert press() == "One link tried: 1 answers."
    assert press() == "All 5 links were tried in the last 10 minutes."
    town.clock.forward(minutes=9)
    assert press().startswith("2 links tried")  # those of the first press are due again


def test_an_edition_that_is_not_there_is_named(town: Town) -> None:
    with pytest.raises(NotFound, match="no-such: no edition of 2026-W34"):
        check_links(town.app.chain, fetcher(), WEEK, ["no-such"])


def test_the_command_names_what_is_gone_and_ends_with_1(
    town: Town,
    server: FeedServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    edition(town, news("gone", server.url("/gone")), news("good", server.url("/good")))
    monkeypatch.setenv("BRIEFINGS_DATABASE_URL", f"sqlite:///{town.folder}/subscribers.db")
    monkeypatch.setenv("BRIEFINGS_SECRET_KEY", SECRET)
    monkeypatch.setenv("BRIEFINGS_FEED_NETWORKS", "127.0.0.1")
    assert run(["links", "check", "--week", str(WEEK), "--specialization", SLUG]) == 1
    out = capsys.readouterr().out
    assert f"gone (410): {server.url('/gone')}" in out
    assert "2 links tried: 1 answers, 1 is gone." in out
    server.pages["/good"] = Page(status=308, headers={"location": "/other"})
    server.pages["/other"] = Page(body=b"here")
    server.pages["/gone"] = Page(body=b"back")
    assert run(["links", "check", "--week", str(WEEK)]) == 0
    out = capsys.readouterr().out
    assert f"moved for good: {server.url('/good')} -> {server.url('/other')}" in out
