"""Presses are counted without a write in a GET, once each, wherever a process was killed (R16)."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from briefings.pipeline.presses import NAME, PressLog, fold
from briefings.store import presses
from tests.web.conftest import Installation
from tests.web.test_views import any_item

PERSON = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


def totals(installed: Installation) -> dict[int, int]:
    with installed.app.db.read() as tx:
        return presses.of_items(tx)


def pressed(installed: Installation, *items: int) -> None:
    """As a web process does that ends."""
    log = PressLog(installed.app.chain)
    for number, item in enumerate(items):
        log.seen(item, "GET", PERSON, f"203.0.113.{number}")
    log.flush(ending=True)


async def test_an_item_opened_from_a_mail_is_counted_and_no_database_is_written_to(
    installed: Installation,
) -> None:
    item, before = any_item(installed), installed.dump()
    async with installed.client(headers=PERSON) as client:
        page = await client.get(f"/items/{item}")
        await client.head(f"/items/{item}")
        await client.get(f"/items/{item}", headers={"purpose": "prefetch"})
        await client.get("/items/999999999")
    assert page.status_code == 200
    assert installed.dump() == before
    site_presses(installed).flush(ending=True)
    assert installed.dump() == before
    line = (installed.folder / NAME).read_text()
    assert line == f"{item} {installed.clock.now:%Y-%m-%d}\n"
    fold(installed.app.chain)
    assert totals(installed) == {item: 1}


def site_presses(installed: Installation) -> PressLog:
    """The log of the running application."""
    app: object = installed.web
    while not hasattr(app, "state"):
        app = app._app  # pyright: ignore[reportAttributeAccessIssue]
    return app.state.presses


async def test_a_scanner_that_follows_every_link_of_a_mail_counts_for_nothing(
    installed: Installation,
) -> None:
    links = sorted(set(re.findall(r"/items/\d+", installed.mails["cem@example.org"])))
    assert len(links) > 3
    async with installed.client(headers=PERSON) as client:
        for link in links:
            assert (await client.get(link)).status_code == 200
    site_presses(installed).flush(ending=True)
    assert not (installed.folder / NAME).exists()


def test_files_are_folded_once_and_odd_lines_are_passed_over(installed: Installation) -> None:
    pressed(installed, 7, 7, 8)
    with (installed.folder / NAME).open("a") as file:
        file.write("9 not-a-day\n\x00\xff 7\n8 2026-08-24")
    fold(installed.app.chain)
    fold(installed.app.chain)
    assert totals(installed) == {7: 2, 8: 2}
    assert list(installed.folder.glob("presses*")) == []
    pressed(installed, 7)
    fold(installed.app.chain)
    assert totals(installed) == {7: 3, 8: 2}


KILLED = """
import os, pathlib, sys
from datetime import UTC, datetime
from tests.web.conftest import settings_in
from briefings.pipeline import presses
from briefings.wiring import build
point, folder = sys.argv[1], pathlib.Path(sys.argv[2])
chain = build(settings_in(folder), clock=lambda: datetime(2026, 8, 25, tzinfo=UTC)).chain
def die(*args, **more):
    os.kill(os.getpid(), 9)
if point == "after taking":
    presses._read = die
elif point == "before commit":
    presses.presses.forget_folded = die
else:
    pathlib.Path.unlink = die
presses.fold(chain)
"""


@pytest.mark.parametrize("point", ["after taking", "before commit", "after commit"])
def test_a_tick_that_is_killed_anywhere_loses_and_doubles_nothing(
    installed: Installation, point: str
) -> None:
    pressed(installed, 7, 8)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, point, str(installed.folder)], check=False, timeout=60
    )
    assert ended.returncode == -9
    assert totals(installed) == ({7: 1, 8: 1} if point == "after commit" else {})
    assert [path.suffix for path in installed.folder.glob("presses*")] == [".taken"]
    pressed(installed, 7)
    fold(installed.app.chain)
    assert totals(installed) == {7: 2, 8: 1}
    assert list(installed.folder.glob("presses*")) == []


def test_who_has_the_file_open_when_it_is_taken_away_loses_nothing(
    installed: Installation,
) -> None:
    from briefings.pipeline.presses import _appending

    pressed(installed, 7)
    path = installed.folder / NAME
    with _appending(path) as file:
        path.rename(installed.folder / "presses-abc.taken")
        os.write(file, b"8 2026-08-24\n")
    pressed(installed, 9)
    fold(installed.app.chain)
    assert totals(installed) == {7: 1, 8: 1, 9: 1}


async def test_a_folder_that_cannot_be_written_costs_presses_and_no_page(
    installed: Installation,
) -> None:
    (installed.folder / NAME).mkdir()
    item = any_item(installed)
    async with installed.client(headers=PERSON) as client:
        assert (await client.get(f"/items/{item}")).status_code == 200
    site_presses(installed).flush(ending=True)
    assert totals(installed) == {}
