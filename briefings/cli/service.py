"""Commands that stay: serve (everything), web, scheduler, worker."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING

import typer

from briefings.cli.shared import open_app
from briefings.logs import Log

if TYPE_CHECKING:
    from briefings.feeds.fetch import Fetcher
    from briefings.wiring import App


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command()(web)
    app.command()(scheduler)
    app.command()(worker)


def _run(*, web: bool, ticks: bool, sender: bool) -> None:
    from briefings.pipeline.instance import confirmed
    from briefings.schedule.service import Service
    from briefings.web.server import configure_logs
    from briefings.web.server import serve as serve_pages

    opened = open_app()
    configure_logs(opened.settings)
    chain = opened.chain
    chain.signer()
    chain.postmark()
    if ticks or sender:
        confirmed(chain)
    service = Service(chain, opened.settings, _watching(opened) if ticks else None)
    signal.signal(signal.SIGTERM, _end)  # until the web server or the wait below has its own
    try:
        service.start(ticks=ticks, sender=sender)
        Log("briefings.service").info("started", web=web, ticks=ticks, sender=sender)
        if web:
            serve_pages(opened, demo=False)
        else:
            _wait_for_signal()
    finally:
        service.stop()


def _watching(opened: App) -> Fetcher | None:
    """What the schedule watches release feeds with, unless they are switched off."""
    return opened.fetcher() if opened.settings.feeds == "on" else None


def _end(_number: int, _frame: FrameType | None) -> None:
    """Leave through `finally`, so that a service told to stop while it starts drains as well."""
    raise SystemExit(0)


def _wait_for_signal() -> None:
    told = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    told.wait()


def serve() -> None:
    """Run the web pages, the schedule and the sender in one process, until SIGTERM."""
    _run(web=True, ticks=True, sender=True)


def web() -> None:
    """Run the web pages alone."""
    _run(web=True, ticks=False, sender=False)


def scheduler() -> None:
    """Run the schedule alone: it opens issues when they are due."""
    _run(web=False, ticks=True, sender=False)


def worker() -> None:
    """Run a sender alone: it delivers what is due."""
    _run(web=False, ticks=False, sender=True)
