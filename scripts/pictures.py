"""Takes the pictures of docs/pictures out of the demo's mails: cut, light and dark.

    make demo SERVE=0 && .venv/bin/python scripts/pictures.py outbox docs/pictures

A picture shows one made-up reader's mail between two headings, so a new mail gives the same cut.
It needs Chromium, as scripts/screenshots.py does, and fetches nothing from the network.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

READER = "amara.okafor@example.org"
LARGEST = 200 * 1024
"""Bytes: a picture in the README is loaded by everybody who opens it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A part of the mail: from above one text to above another; None is the top or the end."""

    name: str
    width: int
    dark: bool
    begin: str | None
    end: str | None
    trim: int = 0
    """Pixels that the end is moved up."""


CUTS = (
    Cut(name="mail-light", width=700, dark=False, begin=None, end="Tue 18 August"),
    Cut(name="mail-dark", width=700, dark=True, begin=None, end="Tue 18 August"),
    Cut(name="role", width=700, dark=False, begin="Your role", end="Role update", trim=16),
    Cut(name="pay", width=700, dark=False, begin="Pay", end="Your plan: week", trim=16),
    Cut(name="plan", width=700, dark=False, begin="Your plan: week", end="Near your role", trim=46),
    Cut(name="phone", width=390, dark=False, begin=None, end="Tue 18 August"),
)

ABOVE = 24
"""Pixels between the line over a part and its label."""


def newest_mail(folder: Path) -> str:
    """Give the HTML of the reader's mail in a Maildir."""
    for file in sorted((folder / "new").iterdir()):
        message = BytesParser(policy=policy.default).parsebytes(file.read_bytes())
        body = message.get_body(("html",))
        if READER in str(message["to"]) and body is not None:
            return str(body.get_content())
    sys.exit(f"{folder}/new holds no mail to {READER}: run `make demo SERVE=0` first")


def take(browser: Browser, cut: Cut, html: str, picture: Path) -> None:
    """Take one picture."""
    context = browser.new_context(
        viewport={"width": cut.width, "height": 800},
        color_scheme="dark" if cut.dark else "light",
        offline=True,
    )
    try:
        page = context.new_page()
        page.set_content(html)

        def top(text: str) -> float:
            box = page.get_by_text(text, exact=not text.startswith("Your plan")).first
            place = box.bounding_box()
            if place is None:
                sys.exit(f"{cut.name}: the mail does not show {text!r}")
            return place["y"] - ABOVE

        height = float(page.evaluate("document.documentElement.scrollHeight"))
        begin = top(cut.begin) if cut.begin else 0
        end = (top(cut.end) if cut.end else height) - cut.trim
        clip = {"x": 0, "y": begin, "width": cut.width, "height": end - begin}
        page.screenshot(path=picture, full_page=True, clip=clip)
    finally:
        context.close()


def main() -> int:
    """Take all pictures; 1 if one is too large."""
    if len(sys.argv) != 3:  # noqa: PLR2004 - the program, a Maildir, a folder
        sys.exit("usage: python scripts/pictures.py MAILDIR FOLDER")
    html, folder = newest_mail(Path(sys.argv[1])), Path(sys.argv[2])
    program = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if program is None:
        sys.exit("Chromium is not installed: apt-get install chromium fonts-liberation")
    folder.mkdir(parents=True, exist_ok=True)
    # As root Chromium starts only without its sandbox; it is shown our own mail.
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    too_large = False
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=root)
        for cut in CUTS:
            picture = folder / f"{cut.name}.png"
            take(browser, cut, html, picture)
            size = picture.stat().st_size
            too_large |= size > LARGEST
            print(f"{picture}: {size / 1024:.0f} KB{' - too large' if size > LARGEST else ''}")
        browser.close()
    return too_large


if __name__ == "__main__":
    sys.exit(main())
