"""Runs the web pages on uvicorn until SIGTERM or SIGINT; it handles no request itself."""

from __future__ import annotations

import errno
import signal
import socket
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from types import FrameType

import structlog
import uvicorn

from briefings.errors import Misconfigured
from briefings.pipeline.mailboxes import Mailboxes
from briefings.web.app import create_app
from briefings.web.logs import configure_logs
from briefings.wiring import App

__all__ = ["configure_logs", "serve"]

MOST_CONNECTIONS = 1_000
DRAIN_SECONDS = 5
"""Seconds that answers in work get after SIGTERM."""


def serve(app: App, *, demo: bool) -> None:
    """Serve until SIGTERM or SIGINT, then return.

    Raises:
        Misconfigured: the address of BIND is taken or is not ours to use.
    """
    if not structlog.is_configured():
        configure_logs(app.settings)
    web = create_app(app, demo=demo)
    app.db.pause = app.chain.sleep
    # At the start, so that one start with SECRET_KEY=new,old is enough to drop the old one.
    Mailboxes.of(app.db, app.settings.secrets)
    with closing(listen(app.settings.bind)) as listening:
        config = uvicorn.Config(
            web,
            log_config=None,
            access_log=False,
            proxy_headers=False,  # create_app does that, for the proxies that are trusted
            server_header=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            limit_concurrency=MOST_CONNECTIONS,
            lifespan="on",
        )
        structlog.get_logger("briefings.web").info("listening", bind=app.settings.bind)
        server = uvicorn.Server(config)
        with _signals_end(server):
            server.run(sockets=[listening])


def listen(bind: str) -> socket.socket:
    """Open the listening socket of `host:port`.

    Raises:
        Misconfigured: it cannot be opened; the message says what to do.
    """
    host, _, port = bind.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, int(port)))
        opened.listen(2048)
    except OSError as wrong:
        opened.close()
        if wrong.errno == errno.EADDRINUSE:
            raise Misconfigured(
                f"{bind} is taken: stop what uses it or set BRIEFINGS_BIND"
            ) from None
        raise Misconfigured(
            f"{bind} cannot be used ({wrong.strerror}): set BRIEFINGS_BIND to an address of this "
            "machine"
        ) from None
    return opened


@contextmanager
def _signals_end(server: uvicorn.Server) -> Generator[None]:
    """Let SIGTERM and SIGINT end the server also before it listens to them itself.

    It raises the signal that ended it once more when it is done: ending was the answer to it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
