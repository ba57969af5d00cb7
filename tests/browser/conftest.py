"""A browser and a site for it: the small installation of tests/web on a real port."""

from __future__ import annotations

import os
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn

from briefings.web.server import listen
from tests.web.conftest import Installation, installed, made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

__all__ = ["installed", "made"]


@pytest.fixture(scope="module")
def browser(chromium_path: Path) -> Iterator[Browser]:
    """A browser for one module: as long as it lives its event loop keeps async tests out."""
    from playwright.sync_api import sync_playwright

    # As root Chromium starts only without its sandbox; it is shown our own pages.
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium_path, args=flags)
        yield opened
        opened.close()


@pytest.fixture
def site(installed: Installation) -> Iterator[str]:
    """The address of the running site."""
    with closing(listen("127.0.0.1:0")) as listening:
        config = uvicorn.Config(installed.web, log_config=None, access_log=False, lifespan="on")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of a phone's size without JavaScript; what the console complains of fails the test."""
    with closing(
        browser.new_context(
            viewport={"width": 390, "height": 844},
            java_script_enabled=request.node.get_closest_marker("javascript") is not None,
        )
    ) as context:
        opened = context.new_page()
        complaints: list[str] = []
        opened.on(
            "console",
            lambda said: complaints.append(said.text) if said.type == "error" else None,
        )
        yield opened
        assert [text for text in complaints if "status of 4" not in text] == []
