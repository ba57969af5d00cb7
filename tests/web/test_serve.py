"""The server as a process: it starts, ends cleanly, says when its address is taken, loses nothing."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from briefings.errors import Misconfigured
from briefings.web.server import listen, serve
from tests.web.conftest import PROJECT, Installation, copied
from tests.web.test_leaving import ADA

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = """
import sys
from briefings.web.server import serve
from briefings.wiring import build
serve(build(), demo=False)
print("ended", flush=True)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(
    installed: Installation, log_format: str = "json"
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The server in a process of its own, and its address, once it answers."""
    port = free_port()
    folder = installed.folder
    environment = {
        **os.environ,
        "BRIEFINGS_DATABASE_URL": f"sqlite:///{folder / 'subscribers.db'}",
        "BRIEFINGS_BASE_URL": "https://briefings.example",
        "BRIEFINGS_SECRET_KEY": installed.app.settings.secrets,
        "BRIEFINGS_SENDER": "Briefings <briefings@briefings.example>",
        "BRIEFINGS_BIND": f"127.0.0.1:{port}",
        "BRIEFINGS_LOG_FORMAT": log_format,
        "PYTHONPATH": str(PROJECT),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    site = f"http://127.0.0.1:{port}"
    try:
        assert process.stderr is not None
        assert "listening" in process.stderr.readline()
        yield process, site
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("form", ["json", "console"])
def test_what_breaks_is_written_down_without_the_link(installed: Installation, form: str) -> None:
    with closing(sqlite3.connect(installed.folder / "subscribers.db")) as connection, connection:
        connection.execute("UPDATE briefing SET content = 'not json'")
    link = installed.links(ADA)["view"]
    with running(installed, form) as (process, site):
        with httpx.Client() as client:
            assert client.get(site + link).status_code == 500
        process.terminate()
        _, err = process.communicate(timeout=10)
    assert "JSONDecodeError" in err
    assert "/view/{token}" in err
    assert link.rpartition("/")[2] not in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_by_itself_when_told_to(installed: Installation, number: signal.Signals) -> None:
    with running(installed) as (process, site), httpx.Client() as client:
        assert client.get(f"{site}/readyz").text == "ready\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 0, err
    assert out == "ended\n"
    assert "Traceback" not in err


def test_what_was_answered_survives_a_kill(installed: Installation) -> None:
    link = installed.links(ADA)["unsubscribe"]
    with running(installed) as (process, site):
        with httpx.Client() as client:
            answer = client.post(site + link, data={"List-Unsubscribe": "One-Click"})
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert answer.status_code == 200
    assert installed.standing(ADA)[1] is True
    assert [line[1] for line in installed.left_log()] == ["left"]


def test_an_address_that_is_not_ours_is_named() -> None:
    with pytest.raises(Misconfigured, match=r"^192\.0\.2\.1:8025 cannot be used .*BRIEFINGS_BIND"):
        listen("192.0.2.1:8025")


def test_a_taken_port_is_named_in_one_line(made, tmp_path) -> None:
    with closing(listen("127.0.0.1:0")) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        for installed in copied(made, tmp_path / "site", bind=bind):
            with pytest.raises(Misconfigured) as wrong:
                serve(installed.app, demo=False)
    assert str(wrong.value) == f"{bind} is taken: stop what uses it or set BRIEFINGS_BIND"


def test_it_listens_on_ipv6_too() -> None:
    if not _has_ipv6():
        with pytest.raises(Misconfigured, match=r"^\[::1\]:0 cannot be used"):
            listen("[::1]:0")
        return
    with closing(listen("[::1]:0")) as opened:
        assert opened.getsockname()[0] == "::1"


def _has_ipv6() -> bool:
    with socket.socket(socket.AF_INET6) as probe:
        return probe.connect_ex(("::1", 1)) != errno.EADDRNOTAVAIL
