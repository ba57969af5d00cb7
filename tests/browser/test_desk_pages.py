"""The desk in a real browser: without scripts, by keys alone, and what axe-core says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from briefings.model.user import DeskRole
from briefings.pipeline import seeding
from briefings.store import items, seeds
from tests.browser.test_sign_up_pages import serious
from tests.web.conftest import Installation
from tests.web.desk_of import EDITION, ISSUE, LATER, Desk, edition

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.needs("chromium")
ADDRESS = "editor@desk.example"


@pytest.fixture
def desk(installed: Installation) -> Desk:
    made = Desk(installed)
    made.add(ADDRESS, *DeskRole)
    return made


def enter(page: Page, site: str, desk: Desk) -> None:
    page.goto(site + desk.link(ADDRESS))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site}/desk")


def test_without_scripts_everything_can_be_stopped_and_goes_on(
    site: str, page: Page, desk: Desk
) -> None:
    enter(page, site, desk)
    page.get_by_role("link", name="Stop everything now").click()
    page.get_by_role("button", name="Stop everything").click()
    page.get_by_text("Everything is stopped: no mail starts.").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Mail goes on.").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in to the desk").wait_for()


@pytest.mark.javascript
def test_keys_go_through_a_list_move_an_item_and_take_it_back(
    site: str, page: Page, desk: Desk
) -> None:
    number = desk.item_ahead("2026-W36")

    def week() -> str:
        with desk.site.app.db.read() as tx:
            return items.get(tx, [number])[number].week

    enter(page, site, desk)
    page.goto(f"{site}/desk/board/2026-W36")
    page.keyboard.press("j")
    page.keyboard.press("]")
    page.get_by_text("comes in week 37").wait_for()
    assert week() == "2026-W37"
    assert "said=" not in page.url, "a reload does not say it again"
    page.keyboard.press("z")
    page.get_by_text("comes in week 36").wait_for()
    assert week() == "2026-W36"
    page.get_by_role("button", name="Turn keys off").click()
    page.keyboard.press("!")
    assert page.url.startswith(f"{site}/desk/board")
    page.get_by_role("button", name="Turn keys on").click()
    page.keyboard.press("!")
    page.wait_for_url(f"{site}/desk/stop")


@pytest.mark.javascript
def test_an_issue_that_goes_is_looked_at_again_by_itself(site: str, page: Page, desk: Desk) -> None:
    desk.turn("pending", 2)
    enter(page, site, desk)
    page.goto(f"{site}/desk/issues/{ISSUE}")
    page.get_by_text("2 mails of 3 have not left yet").wait_for()
    desk.turn("pending", 1)
    page.get_by_text("3 mails of 3 have not left yet").wait_for(timeout=20_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_of_the_desk_has_a_serious_violation_or_is_too_wide(
    site: str, browser: Browser, desk: Desk, scheme: str
) -> None:
    desk.turn("unsure", 1, "the connection broke after the last byte")
    desk.item_ahead("2026-W36")
    item = desk.mailed_item()
    edition(desk)
    desk.turn("pending", 1)
    seeding.mark(desk.site.app.chain, "bo@example.org", by="test")
    with desk.site.app.db.write() as tx:
        seeds.hold(tx, 1, desk.site.clock())
    context = browser.new_context(bypass_csp=True, color_scheme=scheme)
    page = context.new_page()
    wrong: dict[str, object] = {}
    page.goto(f"{site}/desk/sign-in")
    if found := serious(page):
        wrong["sign-in"] = found
    enter(page, site, desk)
    for path in (
        "",
        f"/weeks/{LATER}",
        f"/weeks/{LATER}/approve",
        EDITION.removeprefix("/desk"),
        f"{EDITION.removeprefix('/desk')}/preview",
        "/seeds",
        "/people",
        "/sessions",
        "/audit",
        "/stop",
        "/issues",
        f"/issues/{ISSUE}",
        f"/issues/{ISSUE}/unsure",
        "/search?q=mlflow",
        "/board",
        "/board/2026-W36",
        "/corrections",
        f"/corrections/{item}?note=Wrong&headline=Right",
    ):
        page.goto(f"{site}/desk{path}")
        if found := serious(page):
            wrong[path] = found
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            over = int(page.evaluate("document.documentElement.scrollWidth")) - width
            if over > 0:
                wrong[f"{path} at {width}"] = over
    context.close()
    assert wrong == {}
