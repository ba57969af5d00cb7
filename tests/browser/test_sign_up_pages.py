"""From the form to the settings as a person does it, and what axe-core has to say about each page."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest

from briefings.pipeline.send import send_due
from tests.browser.test_reader_pages import tab_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.web.conftest import Installation

pytestmark = pytest.mark.needs("chromium")
ADA, NEW = "ada@example.org", "new@example.org"


def newest_link(installed: Installation, page: str) -> str:
    """Send what is due; the path to that page in the newest letter of the outbox."""
    # In a thread of its own: the browser keeps an event loop in this one.
    sending = threading.Thread(
        target=send_due, args=(installed.app.chain, installed.app.settings, None)
    )
    sending.start()
    sending.join()
    folder = installed.folder / "outbox" / "new"
    newest = min(folder.glob("-*"), key=lambda path: int(path.name.partition(".")[0]))
    text = newest.read_text("utf-8").replace("=\n", "")
    return re.findall(rf"https://briefings\.example(/{page}/[\w-]{{44}})", text)[0]


def focused(page: Page) -> str:
    """The name of the field that has the focus, empty when none has."""
    found = page.locator("*:focus")
    return (found.get_attribute("name") or "") if found.count() else ""


def sign_up(site: str, page: Page, installed: Installation) -> None:
    page.goto(site + "/subscribe")
    page.get_by_label("Email").fill(NEW)
    page.get_by_label("MLOps Engineer", exact=True).check()
    page.get_by_label("Yes, send me").check()
    installed.clock.go(seconds=5)
    page.get_by_role("button", name="Send me the link").click()
    page.get_by_role("heading", name="Look into your mailbox").wait_for()


def test_signing_up_needs_nothing_but_the_keyboard(
    site: str, page: Page, installed: Installation
) -> None:
    page.goto(site + "/subscribe?about=data-scientist")
    page.get_by_label("Email").focus()
    page.keyboard.type(NEW)
    while focused(page) != "agree":
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    installed.clock.go(seconds=5)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Look into your mailbox").wait_for()
    page.goto(site + newest_link(installed, "confirm"))
    tab_to(page, "Confirm and start")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="You are in").wait_for()
    assert installed.standing(NEW) == (["data-scientist"], False)


def test_the_trap_is_met_by_no_keyboard_and_no_eye(site: str, page: Page) -> None:
    page.goto(site + "/subscribe")
    trap = page.locator("input[name=website]")
    box = trap.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] < 0
    page.get_by_label("Email").focus()
    met = [focused(page)]
    while met[-1] != "agree":
        page.keyboard.press("Tab")
        met.append(focused(page))
    assert "timezone" in met
    assert "website" not in met


@pytest.fixture
def scripted(browser: Browser) -> Iterator[Page]:
    """A browser of somebody in Tokyo that runs scripts, under the pages' own policy."""
    context = browser.new_context(timezone_id="Asia/Tokyo", viewport={"width": 390, "height": 844})
    opened = context.new_page()
    broken: list[str] = []
    opened.on("console", lambda said: broken.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda wrong: broken.append(str(wrong)))
    yield opened
    context.close()
    assert broken == []


def test_the_zone_is_guessed_and_the_own_browser_confirms_by_itself(
    site: str, scripted: Page, installed: Installation
) -> None:
    scripted.goto(site + "/subscribe")
    assert scripted.get_by_label("Time zone").input_value() == "Asia/Tokyo"
    scripted.get_by_label("Time zone").select_option("Europe/Rome")
    sign_up(site, scripted, installed)
    scripted.goto(site + newest_link(installed, "confirm"))
    scripted.get_by_role("heading", name="You are in").wait_for()
    (zone,) = installed.row("SELECT timezone FROM reader WHERE email = ?", NEW)
    assert zone == "Asia/Tokyo"


def test_another_browser_has_to_press(
    site: str, scripted: Page, page: Page, installed: Installation
) -> None:
    sign_up(site, page, installed)
    scripted.goto(site + newest_link(installed, "confirm"))
    scripted.get_by_role("button", name="Confirm and start").wait_for()
    assert installed.row("SELECT COUNT(*) FROM reader WHERE email = ?", NEW) == (0,)


def test_an_address_moves_and_data_is_handed_over_and_deleted(
    site: str, page: Page, installed: Installation
) -> None:
    settings = site + installed.links(ADA)["preferences"]
    page.goto(settings)
    page.get_by_label("Send my mail to").fill(NEW)
    page.get_by_role("button", name="Ask both addresses").click()
    page.goto(site + newest_link(installed, "address"))
    page.get_by_role("button", name="Yes, that is right").click()
    page.goto(site + newest_link(installed, "address"))
    page.get_by_role("button", name="Yes, send them here").click()
    page.get_by_role("heading", name="Moved.").wait_for()
    assert installed.standing(NEW) == (["mlops-engineer"], False)
    page.goto(settings)
    page.get_by_role("button", name="Mail me a link to my data").click()
    page.goto(site + newest_link(installed, "export"))
    with page.expect_download() as given:
        page.get_by_role("button", name="Get my data").click()
    assert given.value.suggested_filename == "briefings-data.json"
    page.goto(settings)
    page.get_by_role("button", name="Mail me a link to delete").click()
    page.goto(site + newest_link(installed, "erase"))
    page.get_by_role("button", name="Delete everything").click()
    page.get_by_role("heading", name="Deleted.").wait_for()
    assert installed.row("SELECT COUNT(*) FROM reader WHERE email = ?", NEW) == (0,)


def serious(page: Page) -> list[str]:
    """What axe-core calls serious or critical on the page as it stands."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_has_a_serious_accessibility_violation(
    site: str, browser: Browser, installed: Installation, scheme: str, width: int
) -> None:
    # axe-core is put into the page, which the page's own policy would keep out.
    context = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    links = installed.links(ADA)
    wrong: dict[str, list[str]] = {}

    def look(name: str) -> None:
        if found := serious(page):
            wrong[name] = found
        over = int(page.evaluate("document.documentElement.scrollWidth")) - width
        if over > 0:
            wrong[f"{name} is too wide by"] = [str(over)]

    for name in ("/", "/subscribe", links["preferences"], links["unsubscribe"], "/nothing-here"):
        page.goto(site + name)
        look(name[:16])
    page.goto(site + "/subscribe")
    page.get_by_role("button", name="Send me the link").click()
    page.get_by_role("alert").wait_for()
    look("the form with its errors")
    page.goto(site + links["preferences"])
    page.get_by_role("button", name="Save").click()
    look("saved")
    page.goto(site + links["preferences"])
    page.get_by_label("MLOps Engineer", exact=True).uncheck()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").wait_for()
    look("an empty save")
    sign_up(site, page, installed)
    look("asked")
    confirm = newest_link(installed, "confirm")
    context.clear_cookies()
    page.goto(site + confirm)
    look("confirm")
    page.get_by_role("button", name="Confirm and start").click()
    look("confirmed")
    page.goto(site + links["preferences"])
    page.get_by_role("button", name="Mail me a link to delete").click()
    look("erase asked")
    page.goto(site + newest_link(installed, "erase"))
    look("erase")
    page.goto(site + links["unsubscribe"])
    page.get_by_role("button", name="Leave these briefings").click()
    look("left")
    context.close()
    assert wrong == {}
