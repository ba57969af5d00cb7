"""The readers' pages and the outbox as a person uses them: keyboard only, phone, no JavaScript."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from briefings.pipeline.archive import switch

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.web.conftest import Installation

pytestmark = pytest.mark.needs("chromium")
ADA, BO = "ada@example.org", "bo@example.org"
MOST_TABS = 40


def tab_to(page: Page, words: str) -> None:
    """Press Tab until the thing with these words has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and words in (focused.text_content() or ""):
            return
    raise AssertionError(f"Tab never came to {words!r}")


def test_leaving_and_taking_it_back_need_nothing_but_the_keyboard(
    site: str, page: Page, installed: Installation
) -> None:
    page.goto(site + installed.links(ADA)["unsubscribe"])
    tab_to(page, "Leave these briefings")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="You are out.").wait_for()
    assert installed.standing(ADA)[1] is True
    tab_to(page, "Take it back")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Taken back.").wait_for()
    assert installed.standing(ADA) == (["mlops-engineer"], False)


def test_settings_are_saved_and_an_empty_save_is_not_leaving(
    site: str, page: Page, installed: Installation
) -> None:
    page.goto(site + installed.links(BO)["preferences"])
    page.get_by_label("Data Scientist", exact=True).uncheck()
    page.get_by_text("Add another").click()
    page.get_by_label("DevOps Engineer", exact=True).check()
    page.get_by_label("Once a month").check()
    page.get_by_label("No mail before").fill("2026-10-01")
    page.get_by_role("button", name="Save").click()
    saved = page.get_by_role("status")
    assert saved.inner_text() == "Saved. Your next briefing comes Monday 5 October at 08:00."
    assert installed.standing(BO) == (["mlops-engineer", "devops-engineer"], False)
    for name in ("MLOps Engineer", "DevOps Engineer"):
        page.get_by_label(name, exact=True).uncheck()
    page.get_by_role("button", name="Save").click()
    assert "Nothing was saved" in page.get_by_role("alert").inner_text()
    assert installed.standing(BO) == (["mlops-engineer", "devops-engineer"], False)
    page.get_by_role("link", name="Leave these briefings").click()
    page.get_by_role("heading", name="Leave these briefings").wait_for()


def test_the_outbox_shows_a_mail_in_its_frame_and_switches(site: str, page: Page) -> None:
    page.goto(site + "/outbox")
    page.locator("td a").first.click()
    frame = page.frame_locator("iframe")
    frame.get_by_role("heading", level=1).wait_for()
    page.get_by_role("link", name="Phone, 390").click()
    page.get_by_role("link", name="Dark").click()
    heading = frame.get_by_role("heading", level=1)
    assert page.url.endswith("part=html&width=phone&colour=dark")
    heading.wait_for()
    page.get_by_role("link", name="Plain text").click()
    assert "https://briefings.example/unsubscribe/" in page.locator("pre").inner_text()
    page.get_by_role("link", name="Headers").click()
    assert page.get_by_role("rowheader", name="List-Unsubscribe-Post").is_visible()
    page.get_by_role("link", name="Source").click()
    assert "MIME-Version: 1.0" in page.locator("pre").inner_text()


def test_a_link_in_the_frame_opens_its_page_on_this_site(site: str, page: Page) -> None:
    page.goto(site + "/outbox")
    page.locator("td a").first.click()
    frame = page.frame_locator("iframe")
    with page.expect_popup() as opened:
        frame.get_by_role("link", name=re.compile("Unsubscribe|Leave", re.IGNORECASE)).last.click()
    opened.value.get_by_role("heading", name="Leave these briefings").wait_for()
    assert opened.value.url.startswith(f"{site}/unsubscribe/")


def test_an_answer_takes_two_presses_of_the_keyboard(
    site: str, page: Page, installed: Installation
) -> None:
    page.goto(site + feedback_of(installed)[0])
    tab_to(page, "Less like this")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Counted.").wait_for()
    page.get_by_role("button", name="Switch").wait_for()
    assert installed.row("SELECT answer, number FROM answer_total") == ("less", 1)


def test_a_link_in_an_archived_mail_opens_its_page_beside_the_archive(
    site: str, page: Page, installed: Installation
) -> None:
    switch(installed.app.chain, "mlops-engineer", None, shown=True, by="ed")
    page.goto(site + "/archive/mlops-engineer/2026-W34")
    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_role("link", name="Get the next one").click()
    opened.value.get_by_role("heading", name="Get your briefing").wait_for()


def feedback_of(installed: Installation) -> list[str]:
    """The link of the first item of a mail, and that of the mail as a whole."""
    found = re.findall(r"https://briefings\.example(/feedback/[\w-]+/\w+)", installed.mails[BO])
    return [found[0], found[-1]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_is_wider_than_its_window_or_hard_to_use(
    site: str, browser: Browser, installed: Installation, width: int, scheme: str
) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="needs axe-playwright-python"
    ).Axe()
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    try:
        page = context.new_page()
        page.goto(site + "/outbox")
        mail = page.locator("td a").first.get_attribute("href")
        personal = installed.links(BO)
        switch(installed.app.chain, "mlops-engineer", None, shown=True, by="ed")
        for path in (
            "/",
            "/outbox",
            *(f"{mail}?part={part}" for part in ("html", "text", "headers", "source")),
            personal["unsubscribe"],
            personal["preferences"],
            personal["feedback"],
            *feedback_of(installed),
            "/pricing",
            "/archive",
            "/archive/mlops-engineer",
            "/archive/mlops-engineer/2026-W34",
            *re.findall(r"https://briefings\.example(/items/\d+)", installed.mails[BO])[:1],
            "/nothing",
        ):
            page.goto(site + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert page.get_by_role("heading", level=1).count() == 1, path
            found = axe.run(page, options={"resultTypes": ["violations"], "iframes": False})
            serious = [
                (each["id"], each["nodes"][0]["html"])
                for each in found.response["violations"]
                if each["impact"] in {"serious", "critical"}
            ]
            assert serious == [], path
    finally:
        context.close()
