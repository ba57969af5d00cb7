"""`briefings serve` as a process: it answers, opens what is due, sends, and ends clean on SIGTERM."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from briefings.pipeline.open_issue import open_regular
from tests.e2e.town import SECRET, WEEK, Town, found, mail_server

PATIENCE = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(town: Town, port: int, **more: str) -> dict[str, str]:
    own = {
        "DATABASE_URL": town.settings.database_url,
        "MAIL_URL": town.settings.mail_url,
        "BASE_URL": "https://briefings.example",
        "SENDER": "Briefings <news@briefings.example>",
        "POSTAL_ADDRESS": "1 Test Street",
        "SECRET_KEY": SECRET,
        "BIND": f"127.0.0.1:{port}",
        "LOG_FORMAT": "json",
        "FEEDS": "off",  # no test asks the internet
        **more,
    }
    return {**os.environ, **{f"BRIEFINGS_{name}": value for name, value in own.items()}}


class Running:
    """A service in a process of its own."""

    def __init__(self, command: str, town: Town, port: int, **more: str) -> None:
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from briefings.cli import main; main()", command],
            env=environment(town, port, **more),
            cwd=town.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def until_up(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self.process.poll() is None, self.process.communicate()
            try:
                if self.get("/healthz")[0] == 200:
                    return
            except OSError:
                continue
        raise AssertionError("the service did not come up")

    def stop(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, err


@pytest.fixture
def ready(tmp_path: Path) -> Iterator[Town]:
    town = found(tmp_path)
    town.news()
    town.readers(("a@example.org", "mlops-engineer"), ("b@example.org", "devops-engineer"))
    yield town
    town.app.db.dispose()


def test_it_answers_and_ends_clean(ready: Town) -> None:
    service = Running("serve", ready, free_port())
    try:
        service.until_up()
        assert service.get("/readyz")[0] == 200
        assert service.get("/nothing-here")[0] == 404
        assert "briefings" in service.get("/metrics")[1]
    finally:
        code, err = service.stop()
    assert code == 0, err
    assert "Traceback" not in err


def test_it_delivers_an_open_issue(ready: Town) -> None:
    ready.approved()
    with mail_server() as server:
        relayed = ready.with_settings(mail_url=f"smtp://127.0.0.1:{server.port}")
        open_regular(relayed.app.chain, WEEK)
        service = Running("serve", relayed, free_port())
        try:
            end = time.monotonic() + PATIENCE
            while len(server.accepted) < 2 and time.monotonic() < end:
                assert service.process.poll() is None
        finally:
            code, err = service.stop()
    assert code == 0, err
    assert sorted(a.recipient for a in server.accepted) == ["a@example.org", "b@example.org"]
    assert ready.states() == {"accepted": 2}


TOLD_TOO_EARLY = """
import os, signal, uvicorn
run = uvicorn.Server.run
def told(self, sockets=None):
    os.kill(os.getpid(), signal.SIGTERM)
    return run(self, sockets=sockets)
uvicorn.Server.run = told
from briefings.cli import main
main()
"""
"""SIGTERM between our last line before the web server and its own first one."""


@pytest.mark.parametrize("command", ["web", "serve"])
def test_a_signal_that_comes_before_the_web_server_listens_to_any_ends_it(
    ready: Town, command: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TOLD_TOO_EARLY, command],
        env=environment(ready, free_port()),
        cwd=ready.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["web", "serve"])
def test_a_taken_port_is_one_line(ready: Town, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        service = Running(command, ready, port)
        _, err = service.process.communicate(timeout=PATIENCE)
    assert service.process.returncode == 2
    assert f"127.0.0.1:{port} is taken" in err.strip().splitlines()[-1]
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["scheduler", "worker"])
def test_parts_run_alone_and_end_clean(ready: Town, command: str) -> None:
    service = Running(command, ready, free_port())
    assert service.process.stderr is not None
    line = service.process.stderr.readline()
    code, err = service.stop()
    assert code == 0, line + err
    assert "Traceback" not in line + err


def test_without_settings_it_says_what_is_missing(ready: Town) -> None:
    process = subprocess.run(
        [sys.executable, "-c", "from briefings.cli import main; main()", "serve"],
        env={**os.environ, "BRIEFINGS_DATABASE_URL": ready.settings.database_url},
        cwd=ready.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert process.returncode == 2
    assert process.stderr.startswith("BRIEFINGS_")
    assert process.stderr.count("\n") == 1
