"""Takes the pictures of docs/editors.md: a desk over the examples, in a folder that is thrown away.

    .venv/bin/python scripts/desk_pictures.py [FOLDER] [--width 1280] [--height 960] [--only NAME]

FOLDER (default docs/pictures) gets desk-NAME.png; a height of 0 takes whole pages. The week is
2026-W34, on the Saturday before its cut-off; its readers are the made-up ones of
examples/subscribers.csv. Needs Chromium.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from playwright.sync_api import Page, sync_playwright

from briefings.config import Settings
from briefings.model.user import DeskRole
from briefings.pipeline import people
from briefings.pipeline.catalogue import load_folder
from briefings.pipeline.importing import ImportKind, import_file
from briefings.pipeline.instance import init
from briefings.pipeline.prepare import load_catalogue, prepare
from briefings.pipeline.recorded import recorded
from briefings.pipeline.signing_in import PRINT, printed_link
from briefings.web.app import create_app
from briefings.web.server import listen
from briefings.weeks import Week
from briefings.wiring import App, build

ROOT = Path(__file__).resolve().parents[1]
WEEK = Week.parse("2026-W34")
NOW = datetime(2026, 8, 22, 9, 0, tzinfo=UTC)
EDITOR = "robin@desk.example"
SLUG = "mlops-engineer"
EDITION = f"/desk/editions/{WEEK}/{SLUG}"
PICTURES = {
    "week": "/desk",
    "edition": EDITION,
    "preview": f"{EDITION}/preview",
    "approve": f"/desk/weeks/{WEEK}/approve",
}
"""Names of pictures, and the page that each is of."""


def desk(folder: Path, port: int) -> App:
    """Set up an installation with the examples, its week assembled, and one editor who sends."""
    settings = Settings.load(
        {},
        database_url=f"sqlite:///{folder}/subscribers.db",
        mail_url=f"maildir://{folder}/outbox",
        base_url=f"http://127.0.0.1:{port}",
        sender="Briefings <briefings@briefings.example>",
        postal_address="Made-up installation, 1 Sample Street",
        secret_key="a key for pictures in a folder that is thrown away",  # noqa: S106 - it protects nothing
    )
    app = build(settings, clock=lambda: NOW)
    init(app.chain)
    load_folder(app.chain, ROOT / "catalogue")
    with app.db.read() as tx:
        catalogue = load_catalogue(tx)
    for kind, name in (
        ("tool-changes", "tool_changes.csv"),
        ("salary", "salary_stats.csv"),
        ("subscribers", "subscribers.csv"),
    ):
        import_file(
            app.db,
            catalogue,
            ImportKind(kind),
            ROOT / "examples" / name,
            now=NOW,
            week=WEEK,
            encoding="utf-8",
            as_draft=False,
            dry_run=False,
            consent_source="made up" if kind == "subscribers" else None,
            progress=lambda _done, _all: None,
            sleep=lambda _seconds: None,
        )
    prepare(app.chain, WEEK)
    with recorded(app.chain, by="pictures", route="pictures", act="add a person") as record:
        people.add(
            record,
            EDITOR,
            name="Robin",
            roles=[DeskRole.SENDER.value, DeskRole.OPERATOR.value],
            may_approve_own=True,
        )
    return app


@contextmanager
def served() -> Iterator[tuple[str, App]]:
    """Run that desk on a free port; gives its address."""
    with tempfile.TemporaryDirectory() as folder, closing(listen("127.0.0.1:0")) as listening:
        port = int(listening.getsockname()[1])
        app = desk(Path(folder), port)
        config = uvicorn.Config(create_app(app), log_config=None, access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}", app
        finally:
            server.should_exit = True
            thread.join()
            app.db.dispose()


def sign_in(page: Page, site: str, app: App) -> None:
    """Come in with a link out of the terminal."""
    with recorded(app.chain, by="pictures", route="pictures", act=PRINT) as record:
        link = printed_link(record, site, people.person(record.chain, email=EDITOR))
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site}/desk*")


def main(arguments: list[str] | None = None) -> int:
    """Take all pictures; 1 if a page was wider than its window."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "docs" / "pictures")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=960)
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    parser.add_argument("--only", default="", help="take those whose name holds this")
    given = parser.parse_args(arguments)
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if program is None:
        sys.exit("Chromium is not installed: apt-get install chromium fonts-liberation")
    given.folder.mkdir(parents=True, exist_ok=True)
    over = 0
    # As root Chromium starts only without its sandbox; it is shown our own pages.
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with served() as (site, app), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=root)
        page = browser.new_page(
            viewport={"width": given.width, "height": 900}, color_scheme=given.scheme
        )
        sign_in(page, site, app)
        for name, path in PICTURES.items():
            if given.only not in name:
                continue
            page.goto(site + path)
            page.wait_for_load_state("networkidle")
            tall = int(page.evaluate("document.documentElement.scrollHeight"))
            page.set_viewport_size({"width": given.width, "height": tall})
            picture = given.folder / f"desk-{name}.png"
            high = given.height or tall
            page.screenshot(
                path=picture, clip={"x": 0, "y": 0, "width": given.width, "height": high}
            )
            wide = int(page.evaluate("document.documentElement.scrollWidth")) - given.width
            over += max(wide, 0)
            page.set_viewport_size({"width": given.width, "height": 900})
            print(f"{picture}{f': {wide} px too wide' if wide > 0 else ''}")
        browser.close()
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
