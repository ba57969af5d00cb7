"""A whole week at the desk in a real browser: with the mouse and no JavaScript, and by keys alone.

News arrives as drafts and is corrected through the chain's own functions here: the pages of the
inbox and of corrections have tests of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, Page, expect

from briefings.model.news import Change, ItemState, Kind, News
from briefings.model.user import DeskRole
from briefings.pipeline.correct import correct
from briefings.pipeline.items import queue_items
from briefings.pipeline.send import send_due
from briefings.store import items
from briefings.weeks import Week
from tests.browser.test_reader_pages import MOST_TABS, tab_to
from tests.web.conftest import Installation, copied
from tests.web.desk_of import COOKIE, Desk

pytestmark = pytest.mark.needs("chromium")

WEEK = Week.parse("2026-W35")
READERS = {"ada@example.org", "bo@example.org", "cem@example.org"}
T = TypeVar("T")


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A desktop's page, with JavaScript where the test asks for it."""
    scripts: bool = getattr(request, "param", False)
    with closing(browser.new_context(java_script_enabled=scripts)) as context:
        yield context.new_page()


@pytest.fixture
def installed(made: Path, tmp_path: Path) -> Iterator[Installation]:
    yield from copied(made, tmp_path / "desk", demo=False)


@pytest.fixture
def editor(installed: Installation, page: Page, site: str) -> Page:
    """Somebody signed in who edits and sends; three news of the next week wait as drafts."""
    desk = Desk(installed)
    desk.add("robin@desk.example", DeskRole.SENDER)
    desk.session("robin@desk.example", "secret of robin")
    page.context.add_cookies([{"name": COOKIE, "value": "secret of robin", "url": site}])
    with installed.app.db.write() as tx:
        for number in range(3):
            items.add(
                tx,
                News(
                    kind=Kind.TOOL_CHANGE,
                    headline=f"MLflow 9.{number} is out",
                    summary="It is out.",
                    date=date(2026, 8, 26 - number),
                    source_name="MLflow release notes",
                    source_url=f"https://example.org/{number}",
                    tool="mlflow",
                    version=f"9.{number}",
                    change=Change.RELEASE,
                ),
                week=str(WEEK),
                state=ItemState.DRAFT,
                now=installed.clock(),
            )
    page.goto(f"{site}/desk/weeks/{WEEK}")
    return page


def beside(act: Callable[[], T]) -> T:
    """Run what has an event loop of its own beside the browser's."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


def queue_all(site: Installation) -> None:
    queue_items(site.app.chain, [], week=str(WEEK), every=True)


def new_mails(site: Installation, known: set[Path]) -> list[EmailMessage]:
    """Send what is due, and give what was not in the outbox before."""
    beside(lambda: send_due(site.app.chain, site.app.settings, WEEK, ignore_hours=True))
    found = sorted(set(outbox(site)) - known)
    mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in found]
    return [mail for mail in mails if isinstance(mail, EmailMessage)]


def outbox(site: Installation) -> list[Path]:
    return list((site.folder / "outbox" / "new").iterdir())


def headlines(page: Page) -> list[str]:
    return page.locator("[data-item] h4").all_inner_texts()


def goes_out_and_is_corrected(site: Installation, order: list[str]) -> None:
    """The mails say what was approved, in that order; a correction reaches those who got it."""
    known = set(outbox(site))
    mails = new_mails(site, known)
    got = {address for address in READERS if any(address in mail["to"] for mail in mails)}
    assert got == READERS
    ada = next(mail for mail in mails if "ada@example.org" in mail["to"])
    assert ada["subject"] == "Three of MLflow at once"
    text = str(ada.get_body(("plain",)))
    assert "Read the first one." in text
    assert [text.index(each) for each in order] == sorted(text.index(each) for each in order)
    with site.app.db.read() as tx:
        wrong = next(i for i in items.in_week(tx, str(WEEK)) if i.news.headline == order[0])
    beside(
        lambda: correct(
            site.app.chain,
            wrong.id,
            note="The version is 9.9.",
            changes={"headline": "MLflow 9.9 is out"},
            withdraw=False,
            by="robin@desk.example",
        )
    )
    known = set(outbox(site))
    corrections = new_mails(site, known)
    assert {mail["subject"] for mail in corrections} == {f"Correction: {order[0]}"}
    assert len(corrections) == len(READERS)


def test_a_week_with_the_mouse_and_without_javascript(
    editor: Page, installed: Installation
) -> None:
    page = editor
    queue_all(installed)
    page.get_by_role("button", name="Assemble the week").click()
    page.get_by_role("link", name="Review MLOps Engineer").click()
    page.get_by_label("Subject").fill("Three of MLflow at once")
    page.get_by_label("Intro").fill("Read [[TK]].")
    page.get_by_role("button", name="Save the words").click()
    expect(page.get_by_text("it is not finished")).to_be_visible()
    expect(page.locator(".approve").get_by_role("button", name="Approve")).to_be_disabled()
    page.get_by_role("link", name="All at once").click()
    expect(page.locator("iframe")).to_have_count(5)
    expect(
        page.frame_locator("iframe").first.get_by_text("MLflow 9.0 is out").first
    ).to_be_visible()
    page.get_by_role("link", name="MLOps Engineer").click()
    page.get_by_label("Intro").fill("Read the first one.")
    page.get_by_role("button", name="Save the words").click()
    before = headlines(page)
    page.locator("[data-item]").nth(1).get_by_role("button", name="Up").click()
    order = headlines(page)
    assert order == [before[1], before[0], *before[2:]]
    page.locator(".approve").get_by_role("link", name="Approve").click()
    expect(page.locator(".sentence")).to_contain_text("Monday 31 August at 08:00")
    expect(page.locator(".sentence")).to_contain_text("3 readers")
    page.get_by_role("button", name="Approve MLOps Engineer").click()
    expect(page.get_by_text("1 approved for 3 readers")).to_be_visible()
    goes_out_and_is_corrected(installed, order[:3])


def type_into(page: Page, field: str, text: str) -> None:
    """Press Tab until the field with this id has the focus, and write."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.locator(":focus").get_attribute("id") == field:
            page.keyboard.press("Control+a")
            page.keyboard.type(text)
            return
    raise AssertionError(f"Tab never came to the field {field!r}")


@pytest.mark.parametrize("page", [True], indirect=True)
def test_a_week_with_the_keyboard_alone(editor: Page, installed: Installation) -> None:
    page = editor
    queue_all(installed)
    page.keyboard.press("m")
    expect(page.get_by_text("Assembled:")).to_be_visible()
    tab_to(page, "Review MLOps Engineer")
    page.keyboard.press("Enter")
    page.wait_for_url("**/editions/**")
    type_into(page, "subject", "Three of MLflow at once")
    expect(page.locator(".phone .su")).to_have_text("Three of MLflow at once")
    type_into(page, "intro", "Read [[TK]].")
    tab_to(page, "Save the words")
    page.keyboard.press("Enter")
    expect(page.get_by_text("it is not finished")).to_be_visible()
    page.keyboard.press("v")
    expect(page.locator("iframe")).to_have_count(5)
    page.go_back()
    type_into(page, "intro", "Read the first one.")
    tab_to(page, "Save the words")
    page.keyboard.press("Enter")
    expect(page.get_by_text("it is not finished")).to_have_count(0)
    before = headlines(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("u")
    expect(page.locator("[data-item] h4").first).to_have_text(before[1])
    order = headlines(page)
    page.keyboard.press("z")
    expect(page.locator("[data-item] h4").first).to_have_text(before[0])
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("u")
    expect(page.locator("[data-item] h4").first).to_have_text(before[1])
    page.keyboard.press("a")
    expect(page.locator(".sentence")).to_contain_text("3 readers")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 approved for 3 readers")).to_be_visible()
    goes_out_and_is_corrected(installed, order[:3])
