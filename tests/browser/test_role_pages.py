"""Pages of roles in a browser: nothing that its policy refuses, nothing that axe-core minds, and in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.test_sign_up_pages import newest_link, serious
from tests.web.conftest import with_exposure

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.web.conftest import Installation

pytestmark = pytest.mark.needs("chromium")

ROLE = "/roles/mlops-engineer"
PAGES = ("/", "/roles?q=ops", ROLE, "/specializations/ai-safety-alignment")
NEW = "nia@example.org"


def test_from_the_search_over_the_role_to_the_confirmation(
    site: str, page: Page, installed: Installation
) -> None:
    # The page fixture fails on everything that the console calls an error.
    page.goto(site + "/")
    page.get_by_label("Find your role").fill("ml ops")
    page.get_by_role("button", name="Find my role").click()
    page.locator("section", has_text="The closest first").get_by_role("link").first.click()
    page.get_by_role("heading", name="MLOps Engineer", exact=True).wait_for()
    installed.clock.go(minutes=2)
    page.get_by_label("Email").fill(NEW)
    page.get_by_label("Yes, send me one mail a week").check()
    page.get_by_role("button", name="Send me the link").click()
    page.get_by_role("heading", name="Look into your mailbox").wait_for()
    page.goto(site + newest_link(installed, "confirm"))
    page.get_by_role("button", name="Confirm and start").click()
    page.get_by_role("heading", name="You are in").wait_for()
    assert installed.standing(NEW) == (["mlops-engineer"], False)


def test_scripts_run_under_the_policy_and_data_blocks_do_not_bother_it(
    site: str, browser: Browser
) -> None:
    context = browser.new_context(timezone_id="Asia/Tokyo")
    page = context.new_page()
    told: list[str] = []
    page.on("console", lambda said: told.append(said.text))
    page.on("pageerror", lambda wrong: told.append(str(wrong)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in PAGES:
        page.goto(site + path)
    page.goto(site + ROLE)
    assert page.get_by_label("Time zone").input_value() == "Asia/Tokyo"
    assert page.locator('script[type="application/ld+json"]').count() == 1
    context.close()
    assert told == []
    assert [url for url in asked if not url.startswith(site)] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_role_page_has_a_serious_accessibility_violation_or_is_too_wide(
    site: str, browser: Browser, installed: Installation, scheme: str, width: int
) -> None:
    with_exposure(installed)
    context = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    wrong: dict[str, list[str]] = {}
    for path in PAGES:
        page.goto(site + path)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        found = serious(page)
        over = int(page.evaluate("document.documentElement.scrollWidth")) - width
        if found or over > 0:
            wrong[path] = [*found, f"{over} px too wide"]
    context.close()
    assert wrong == {}
