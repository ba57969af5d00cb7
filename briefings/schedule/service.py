"""Ticks and the sender in threads of one process, until they are told to stop; serves no page."""

from __future__ import annotations

import socket
import threading

from briefings.config import Settings
from briefings.errors import BriefingsError
from briefings.feeds.fetch import Fetcher
from briefings.logs import Log
from briefings.pipeline.chain import Chain
from briefings.pipeline.send import serve_sending
from briefings.schedule.feeds import look_at_feeds
from briefings.schedule.runs import tick
from briefings.schedule.ticking import Timer, add_tick, timer

PAUSE_AFTER_FAILURE = 10.0

log = Log("briefings.service")


class Service:
    """Start it, and stop it: it drains within 30 s (P9)."""

    def __init__(self, chain: Chain, settings: Settings, fetcher: Fetcher | None = None) -> None:
        """Take the chain; `fetcher` is what release feeds are watched with, None for not at all."""
        self._chain = chain
        self._settings = settings
        self._fetcher = fetcher
        self._timer: Timer | None = None
        self._sender: threading.Thread | None = None
        self._stopping = threading.Event()

    def start(self, *, ticks: bool, sender: bool) -> None:
        """Start what is asked for; the schedule only ticks, the database says what is due."""
        if ticks:
            self._timer = timer()
            arguments = (self._chain, self._settings, socket.gethostname())
            add_tick(self._timer, tick, arguments, first=self._chain.clock())
            if self._fetcher is not None:
                watching = (self._chain, self._fetcher, self._stopping.is_set)
                add_tick(self._timer, look_at_feeds, watching, first=self._chain.clock())
            self._timer.start()
        if sender:
            self._sender = threading.Thread(target=self._send, name="sender")
            self._sender.start()

    def stop(self) -> None:
        """End ticks and the sender; open mails get their 30 s."""
        self._stopping.set()
        if self._timer is not None:
            self._timer.shutdown(wait=True)
        if self._sender is not None:
            self._sender.join()

    def _send(self) -> None:
        while not self._stopping.is_set():
            try:
                serve_sending(self._chain, self._settings, self._stopping)
            except BriefingsError as failure:
                log.warning("sender stopped", error=str(failure))
            self._stopping.wait(PAUSE_AFTER_FAILURE)
