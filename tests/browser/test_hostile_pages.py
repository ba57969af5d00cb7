"""Hostile words that are stored open no dialog in Chromium, even without the pages' own policy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog

from briefings.model.user import DeskRole
from tests.browser.test_desk_week import beside
from tests.web.conftest import Installation, copied
from tests.web.desk_of import COOKIE, Desk
from tests.web.hostile import CORPUS, Filled, desk_pages, fill, public_pages

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture
def installed(made: Path, tmp_path: Path) -> Iterator[Installation]:
    yield from copied(made, tmp_path / "hostile", demo=False)


@pytest.fixture
def filled(installed: Installation) -> Filled:
    desk = Desk(installed)
    desk.add("robin@desk.example", *DeskRole)
    desk.session("robin@desk.example", "secret of robin")
    return beside(lambda: fill(installed))


def test_no_page_of_desk_preview_archive_and_search_opens_a_dialog(
    browser: Browser, site: str, filled: Filled
) -> None:
    opened: list[str] = []
    with closing(browser.new_context(bypass_csp=True)) as context:
        context.add_cookies([{"name": COOKIE, "value": "secret of robin", "url": site}])
        page = context.new_page()

        def told(dialog: Dialog) -> None:
            opened.append(page.url)
            dialog.dismiss()

        page.on("dialog", told)
        page.set_content(f"<p>{CORPUS[1]}")
        page.wait_for_function("document.images[0].complete")
        assert len(opened) == 1, "the corpus runs where nothing guards against it"
        paths = (*desk_pages(filled), *public_pages(filled))
        for path in paths:
            if not path.endswith((".csv", ".xml")):
                page.goto(site + path)
    assert opened[1:] == []
