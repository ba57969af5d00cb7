"""Takes pictures of finished mails as clients show them: widths, dark, inverted, without style.

    .venv/bin/python scripts/screenshots.py MAIL... FOLDER

MAIL is an .eml or .html file, or a folder of them (a Maildir, too). For each mail FOLDER gets
NAME-390-light.png and so on. It needs Chromium (`apt-get install chromium fonts-liberation`),
fetches nothing from the network, and says when a mail is wider than its window.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_STYLE = re.compile(r"<style\b.*?</style>", re.DOTALL | re.IGNORECASE)
_NO_MAIL = frozenset({".txt", ".png"})
_SLOT = re.compile("\ue000([a-z_]+)\ue001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way of looking at a mail."""

    name: str
    width: int
    dark: bool = False
    inverted: bool = False
    style: bool = True
    images: bool = True


CASES = (
    Case(name="390-light", width=390),
    Case(name="390-dark", width=390, dark=True),
    Case(name="390-nostyle", width=390, style=False),
    Case(name="320-light", width=320),
    Case(name="760-light", width=760),
    Case(name="760-dark", width=760, dark=True),
    Case(name="390-inverted", width=390, inverted=True),
    Case(name="760-inverted", width=760, inverted=True),
    Case(name="390-noimages", width=390, images=False),
)
"""Sorted so that cases of one browser stand together: see `_arguments`."""


def mails(paths: list[Path]) -> dict[str, str]:
    """Give the HTML of every mail under the paths, by a name for its pictures."""
    files = [
        file
        for path in paths
        for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if file.is_file() and file.suffix not in _NO_MAIL
    ]
    return {file.stem: _html(file) for file in files}


def _html(file: Path) -> str:
    if file.suffix == ".html":
        return file.read_text("utf-8")
    message = BytesParser(policy=policy.default).parsebytes(file.read_bytes())
    body = message.get_body(("html",))
    if body is None:
        sys.exit(f"{file}: this mail has no HTML part")
    return body.get_content()


def _arguments(case: Case) -> tuple[str, ...]:
    # Inversion by the client: Chrome calls it automatic dark mode; it needs a browser of its own.
    inverted = ("--force-dark-mode", "--enable-features=WebContentsForceDark")
    return (
        *(inverted if case.inverted else ()),
        *(() if case.images else ("--blink-settings=imagesEnabled=false",)),
    )


def take(browser: Browser, case: Case, html: str, picture: Path) -> int:
    """Take one picture of the whole mail and return how many pixels it is too wide."""
    context = browser.new_context(
        viewport={"width": case.width, "height": 800},
        color_scheme="dark" if case.dark else "light",
        offline=True,
        java_script_enabled=True,
    )
    try:
        page = context.new_page()
        page.set_content(html if case.style else _STYLE.sub("", html))
        page.screenshot(path=picture, full_page=True)
        return int(page.evaluate("document.documentElement.scrollWidth")) - case.width
    finally:
        context.close()


def main(arguments: list[str] | None = None) -> int:
    """Take all pictures; 1 if a mail was wider than its window."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("mail", type=Path, nargs="+")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", help="take cases whose name holds this, such as dark")
    given = parser.parse_args(arguments)
    program = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if program is None:
        sys.exit("Chromium is not installed: apt-get install chromium fonts-liberation")
    given.folder.mkdir(parents=True, exist_ok=True)
    # As root Chromium starts only without its sandbox; it is shown our own mails.
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    too_wide = 0
    found = mails(given.mail)
    cases = [case for case in CASES if not given.only or given.only in case.name]
    with sync_playwright() as playwright:
        for flags, group in groupby(cases, _arguments):
            browser = playwright.chromium.launch(executable_path=program, args=[*root, *flags])
            for case in group:
                for name, html in found.items():
                    picture = given.folder / f"{name}-{case.name}.png"
                    over = take(browser, case, _SLOT.sub(r"\1", html), picture)
                    print(f"{picture}{f': {over} px too wide' if over > 0 else ''}")
                    too_wide += over > 0
            browser.close()
    return 1 if too_wide else 0


if __name__ == "__main__":
    sys.exit(main())
