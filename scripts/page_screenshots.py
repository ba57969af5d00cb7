"""Takes pictures of every page of a running demo: two widths, light and dark; it changes nothing.

    make demo                                                       (in another terminal)
    .venv/bin/python scripts/page_screenshots.py FOLDER [--site http://127.0.0.1:8025]

FOLDER gets NAME-360-light.png and so on. Needs Chromium (`apt-get install chromium
fonts-liberation`); it says when a page is wider than its window. The links of the first mail in
the outbox lead it to the personal pages. `--press` also leaves and comes back as that reader.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")


def pages(site: str) -> dict[str, str]:
    """Give the pages worth a picture, by a name."""
    found = _first(site, "/outbox", r'href="(/outbox/[0-9a-f]{20})"')
    source = _read(site, f"{found}/html")
    own = re.findall(r'href="(/(view|preferences|unsubscribe)/[\w-]{44})"', source)
    personal = {name: path for path, name in own}
    return {
        "home": "/",
        "roles": "/roles?q=ops",
        "role": "/roles/mlops-engineer",
        "direction": "/specializations/mlops-ai-infrastructure",
        "name-only": "/specializations/ai-safety-alignment",
        "outbox": "/outbox",
        "mail": found,
        "mail-phone-dark": f"{found}?width=phone&colour=dark",
        "mail-text": f"{found}?part=text",
        "mail-headers": f"{found}?part=headers",
        "mail-source": f"{found}?part=source",
        **personal,
        "item": _first(site, f"{found}/html", r'href="(/items/\d+)"'),
        "no-page": "/nothing-here",
        "cut-link": "/unsubscribe/abc",
    }


def _read(site: str, path: str) -> str:
    with urlopen(site + path) as answer:  # noqa: S310 - the site that the person named
        return answer.read().decode()


def _first(site: str, path: str, pattern: str) -> str:
    found = re.search(pattern, _read(site, path))
    if found is None:
        sys.exit(f"{site}{path} holds no {pattern}: is the demo running, with mails?")
    return found[1]


def look(page: Page, picture: Path, width: int) -> int:
    """Take a picture of the whole page; return how many pixels it is too wide."""
    page.screenshot(path=picture, full_page=True)
    over = int(page.evaluate("document.documentElement.scrollWidth")) - width
    print(f"{picture}{f': {over} px too wide' if over > 0 else ''}")
    return max(over, 0)


def press(page: Page, site: str, personal: dict[str, str], folder: Path, case: str) -> int:
    """Save settings, fail to save, leave, take it back: the pages that only a form leads to."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    over = 0
    page.goto(site + personal["preferences"])
    page.get_by_role("button", name="Save").click()
    over += look(page, folder / f"saved-{case}.png", width)
    switched_on = page.locator("input[name=specialization]:checked")
    while switched_on.count():
        switched_on.first.uncheck()
    page.get_by_role("button", name="Save").click()
    over += look(page, folder / f"save-refused-{case}.png", width)
    page.goto(site + personal["unsubscribe"])
    page.get_by_role("button", name="Leave these briefings").click()
    over += look(page, folder / f"left-{case}.png", width)
    page.get_by_role("button", name="Take it back").click()
    return over + look(page, folder / f"taken-back-{case}.png", width)


def main(arguments: list[str] | None = None) -> int:
    """Take all pictures; 1 if a page was wider than its window."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--site", default="http://127.0.0.1:8025")
    parser.add_argument("--press", action="store_true", help="use the forms, too")
    parser.add_argument("--only", default="", help="take pages whose name holds this")
    given = parser.parse_args(arguments)
    program = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if program is None:
        sys.exit("Chromium is not installed: apt-get install chromium fonts-liberation")
    given.folder.mkdir(parents=True, exist_ok=True)
    found = pages(given.site)
    # As root Chromium starts only without its sandbox; it is shown our own pages.
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    over = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=root)
        for width in WIDTHS:
            for scheme in SCHEMES:
                context = browser.new_context(
                    viewport={"width": width, "height": 900}, color_scheme=scheme
                )
                page = context.new_page()
                for name, path in found.items():
                    if given.only in name:
                        page.goto(given.site + path)
                        over += look(page, given.folder / f"{name}-{width}-{scheme}.png", width)
                if given.press:
                    over += press(page, given.site, found, given.folder, f"{width}-{scheme}")
                context.close()
        browser.close()
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
