"""A whole week at the desk in a real browser: with the mouse and no JavaScript, and by keys alone.

Both hands do the same: news of a release feed is triaged and edited, preflight stops the edition,
it is put right and approved, mails leave, and a correction reaches those who got the news.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol, TypeVar

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from briefings.model.news import ItemState
from briefings.model.reader import NewReader
from briefings.model.user import DeskRole
from briefings.pipeline.feed_checks import check_due
from briefings.pipeline.prepare import load_catalogue
from briefings.pipeline.send import send_due
from briefings.store import catalogue as catalogues
from briefings.store import items, readers
from briefings.testing.feed_server import FeedServer, atom
from briefings.testing.feed_server import Page as Served
from briefings.weeks import Week
from tests.browser.test_reader_pages import MOST_TABS, tab_to
from tests.browser.test_sign_up_pages import serious
from tests.web.conftest import Installation, copied
from tests.web.desk_of import COOKIE, Desk

pytestmark = pytest.mark.needs("chromium")

WEEK = Week.parse("2026-W35")
READERS = {"ada@example.org", "bo@example.org", "cem@example.org"}
ELSEWHERE = "dan@example.org"
"""A reader of another specialization, whose edition nobody approves."""
RELEASES = [
    {"title": f"v9.{n}.0", "day": f"2026-08-2{4 + n}", "notes": f"<p>Adds number {n}.</p>"}
    for n in range(3)
]
NIGHTLY = {"title": "v9.9.0.nightly", "day": "2026-08-27", "notes": "<p>Built by night.</p>"}
EDITED = "MLflow 9.0.0 traces agents"
RIGHT = "MLflow 9.0.0 traces no agents"
NOTE = "It traces no agents yet; version 9.1 will."
MOST_ROWS = 12
AT = "[...document.querySelectorAll('[data-row], [data-item]')].indexOf(document.activeElement)"
"""The row that has the focus; -1 is none."""
T = TypeVar("T")


class Hand(Protocol):
    """What somebody does at the desk, whatever with."""

    page: Page
    scripts: bool

    def press(self, words: str, key: str = "", *, row: str = "") -> None:
        """Press the button or link with these words, within the row that tells of something."""
        ...

    def write(self, field: str, text: str) -> None:
        """Put this text into the field of that id."""
        ...


class Mouse:
    """Clicks, without JavaScript."""

    scripts = False

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, words: str, key: str = "", *, row: str = "") -> None:
        place: Page | Locator = self.page
        if row:
            place = self.page.locator("[data-row], [data-item]").filter(has_text=row)
        button, link = (place.get_by_role(role, name=words) for role in ("button", "link"))
        button.or_(link).first.click()

    def write(self, field: str, text: str) -> None:
        self.page.locator(f"#{field}").fill(text)


class Keys:
    """Never touches the mouse: keys that stand on buttons, Tab and Enter."""

    scripts = True

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, words: str, key: str = "", *, row: str = "") -> None:
        if row:
            self._walk_to(row)
        if not key:
            tab_to(self.page, words)
        with self.page.expect_navigation():
            self.page.keyboard.press(key or "Enter")

    def write(self, field: str, text: str) -> None:
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if self.page.locator(":focus").get_attribute("id") == field:
                self.page.keyboard.press("Control+a")
                self.page.keyboard.type(text)
                return
        raise AssertionError(f"Tab never came to the field {field!r}")

    def _walk_to(self, row: str) -> None:
        """Go down and then up through the rows; each key goes one row at most."""
        for key in "j" * MOST_ROWS + "k" * MOST_ROWS:
            focused = self.page.locator("[data-row]:focus, [data-item]:focus")
            if focused.count() and row in focused.inner_text():
                return
            before = self.page.evaluate(AT)
            self.page.keyboard.press(key)
            assert abs(self.page.evaluate(AT) - before) <= 1
        raise AssertionError(f"No key came to the row of {row!r}")


@pytest.fixture
def feed() -> Iterator[FeedServer]:
    with FeedServer() as running:
        running.pages["/mlflow"] = Served(body=atom(*RELEASES, NIGHTLY))
        yield running


@pytest.fixture
def installed(made: Path, tmp_path: Path, feed: FeedServer) -> Iterator[Installation]:
    """A desk with one editor who sends; the feed of one tool is watched."""
    for site in copied(made, tmp_path / "desk", demo=False, feed_networks="127.0.0.1"):
        desk = Desk(site)
        desk.add("robin@desk.example", DeskRole.SENDER)
        desk.session("robin@desk.example", "secret of robin")
        with site.app.db.write() as tx:
            known = load_catalogue(tx)
            own = {"mlflow": feed.url("/mlflow")}
            tools = [replace(each, release_feed=own.get(each.slug, "")) for each in known.tools]
            catalogues.save(tx, replace(known, tools=tuple(tools)))
            readers.add(
                tx,
                [
                    NewReader(
                        email=ELSEWHERE,
                        name="Dan",
                        specializations=("cloud-architect",),
                        timezone=None,
                        plan_started_on=None,
                        line=2,
                    )
                ],
                confirmed_at=site.clock(),
                consent_source="a test",
                import_id=None,
                now=site.clock(),
            )
        yield site


@pytest.fixture(params=[Mouse, Keys])
def hand(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Hand]:
    """Somebody who is signed in."""
    kind: type[Mouse | Keys] = request.param
    # axe-core is put into the page, which the page's own policy would keep out.
    with closing(
        browser.new_context(java_script_enabled=kind.scripts, bypass_csp=kind.scripts)
    ) as context:
        context.add_cookies([{"name": COOKIE, "value": "secret of robin", "url": site}])
        yield kind(context.new_page())


def beside(act: Callable[[], T]) -> T:
    """Run what has an event loop of its own beside the browser's."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


def new_mails(site: Installation) -> list[EmailMessage]:
    """Send what is due, and give what was not in the outbox before."""
    folder = site.folder / "outbox" / "new"
    known = set(folder.iterdir())
    beside(lambda: send_due(site.app.chain, site.app.settings, WEEK, ignore_hours=True))
    found = sorted(set(folder.iterdir()) - known)
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in found]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def addresses(mails: list[EmailMessage]) -> list[str]:
    """Whom mails go to, in their order."""
    return sorted(mail["to"].addresses[0].addr_spec for mail in mails)


def headlines(page: Page) -> list[str]:
    return page.locator("[data-item] h4").all_inner_texts()


def looked_at(hand: Hand) -> None:
    """No page of the week has a serious violation."""
    if hand.scripts:
        assert serious(hand.page) == [], hand.page.url


def test_a_whole_week(hand: Hand, site: str, installed: Installation) -> None:
    told = beside(lambda: check_due(installed.app.chain, installed.app.fetcher()))
    assert [(each.tool, each.words) for each in told] == [("mlflow", "4 new")]
    hand.page.goto(f"{site}/desk/inbox")
    triages_and_edits(hand, installed)
    order = makes_the_edition(hand)
    approves(hand)
    mails = new_mails(installed)
    assert addresses(mails) == sorted(READERS)
    ada = next(mail for mail in mails if "ada@example.org" in mail["to"])
    assert ada["subject"] == "Three of MLflow at once"
    text = text_of(ada)
    assert "Read the first one." in text
    assert [text.index(each) for each in order] == sorted(text.index(each) for each in order)
    corrects(hand)
    corrections = new_mails(installed)
    assert addresses(corrections) == sorted(READERS), "those who got it, and nobody else"
    for mail in corrections:
        assert mail["subject"] == f"Correction: {EDITED}"
        assert NOTE in " ".join(text_of(mail).split())
    with installed.app.db.read() as tx:
        carried = [item.news.headline for item in items.in_week(tx, str(WEEK))]
    assert sorted(carried) == sorted([RIGHT, "MLflow 9.1.0 is out", "MLflow 9.2.0 is out"])


def triages_and_edits(hand: Hand, site: Installation) -> None:
    page = hand.page
    expect(page.get_by_text("4 drafts wait for a decision.")).to_be_visible()
    looked_at(hand)
    hand.press("Withdraw", "x", row="nightly")
    expect(page.get_by_text("1 item withdrawn.")).to_be_visible()
    for version in ("9.1.0", "9.2.0"):
        hand.press("Queue", "q", row=f"MLflow {version}")
        expect(page.get_by_text("1 item queued.")).to_be_visible()
    hand.press("Undo", "z")
    expect(page.get_by_text("1 item put back")).to_be_visible()
    hand.press("Queue", "q", row="MLflow 9.2.0")
    expect(page.get_by_text("1 draft waits")).to_be_visible()
    hand.press("MLflow 9.0.0 is out", "e", row="MLflow 9.0.0")
    expect(page.get_by_label("Headline")).to_have_value("MLflow 9.0.0 is out")
    looked_at(hand)
    hand.write("headline", EDITED)
    if not hand.scripts:
        hand.press("Preview")
    expect(page.frame_locator("iframe").get_by_text(EDITED)).to_be_visible()
    hand.press("Save and queue")
    expect(page.get_by_text("is queued.")).to_be_visible()
    with site.app.db.read() as tx:
        queued = items.in_week(tx, str(WEEK), (ItemState.QUEUED,))
    assert len(queued) == len(RELEASES)


def makes_the_edition(hand: Hand) -> list[str]:
    """Assemble, be stopped by preflight, preview, put it right and in order; the headlines."""
    page = hand.page
    hand.press("This week")
    looked_at(hand)
    hand.press("Assemble the week", "m")
    expect(page.get_by_text("Assembled:")).to_be_visible()
    hand.press("Review MLOps Engineer")
    hand.write("subject", "Three of MLflow at once")
    if hand.scripts:
        expect(page.locator(".phone .su")).to_have_text("Three of MLflow at once")
    hand.write("intro", "Read [[TK]].")
    hand.press("Save the words")
    expect(page.get_by_text("it is not finished")).to_be_visible()
    expect(page.locator(".approve").get_by_role("button", name="Approve")).to_be_disabled()
    looked_at(hand)
    hand.press("All at once", "v")
    expect(page.locator("iframe")).to_have_count(5)
    expect(page.frame_locator("iframe").first.get_by_text(EDITED).first).to_be_visible()
    looked_at(hand)
    hand.press("MLOps Engineer")
    hand.write("intro", "Read the first one.")
    hand.press("Save the words")
    expect(page.get_by_text("it is not finished")).to_have_count(0)
    before = headlines(page)
    after = [before[1], before[0], *before[2:]]
    hand.press("Up", "u", row=before[1])
    assert headlines(page) == after
    hand.press("Undo", "z")
    assert headlines(page) == before
    hand.press("Up", "u", row=before[1])
    assert headlines(page) == after
    assert EDITED in after
    return after[:3]


def approves(hand: Hand) -> None:
    page = hand.page
    hand.press("Approve", "a")
    expect(page.locator(".sentence")).to_contain_text("Monday 31 August at 08:00")
    expect(page.locator(".sentence")).to_contain_text("3 readers")
    looked_at(hand)
    hand.press("Approve MLOps Engineer", "Enter")
    expect(page.get_by_text("1 approved for 3 readers")).to_be_visible()


def corrects(hand: Hand) -> None:
    page = hand.page
    hand.press("Corrections")
    looked_at(hand)
    hand.press(EDITED)
    expect(page.get_by_text("3 readers have it")).to_be_visible()
    hand.write("note", NOTE)
    hand.write("headline", RIGHT)
    hand.press("Look at the mail")
    expect(page.locator(".sentence")).to_contain_text("Tell 3 readers at once")
    # The first place is the preview line, which a mail program shows in its list.
    expect(page.frame_locator("iframe").get_by_text(NOTE).last).to_be_visible()
    looked_at(hand)
    hand.press("Send the correction")
    expect(page.get_by_text("tells 3 who got it")).to_be_visible()
