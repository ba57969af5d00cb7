"""`kill -9` at every exact point of sending: nothing lost, nothing repeated, little unsure (P2, P3).

Each case runs the real command line in processes of their own, kills it in the beginning, in the
middle and among the last mails, and runs it once more to its end. The truth is the ledger of the
mail server, written before each 250. `KILL_SWEEP=1` makes every kill at every n (some minutes).
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import shutil
import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from briefings.testing.ledger import read_ledger
from briefings.testing.script import Fault, Point, Script
from briefings.testing.smtp_server import ScriptedServer
from tests.e2e.town import SECRET, found
from tests.smtp import kill_driver
from tests.smtp.kill_driver import POINTS

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([kill_driver.__name__])
"""Every process starts as a fork of one that has imported the product: a tenth of the time."""
SWEEP = os.environ.get("KILL_SWEEP") == "1"
READERS = 40
LANES = 3
WEEK = "2026-W34"


@dataclass
class Office:
    """An installation in a folder, for commands in processes of their own."""

    folder: Path
    port: int

    def start(self, point: str, nth: int, *arguments: str) -> BaseProcess:
        settings = {
            "DATABASE_URL": f"sqlite:///{self.folder}/subscribers.db",
            "MAIL_URL": f"smtp://127.0.0.1:{self.port}",
            "BASE_URL": "https://briefings.example",
            "SENDER": "Briefings <news@briefings.example>",
            "POSTAL_ADDRESS": "1 Test Street",
            "SECRET_KEY": SECRET,
            "LANES": str(LANES),
        }
        named = {f"BRIEFINGS_{name}": value for name, value in settings.items()}
        out = str(self.folder / "out.txt")
        process = FORKS.Process(
            target=kill_driver.run, args=(point, nth, named, out, list(arguments))
        )
        process.start()
        return process

    def run(self, point: str, nth: int, *arguments: str) -> tuple[int, str]:
        process = self.start(point, nth, *arguments)
        return ended(process), (self.folder / "out.txt").read_text()

    def send(self, point: str = "none", nth: int = 1) -> int:
        code, out = self.run(point, nth, "send", "--week", WEEK, "--now")
        assert "Traceback" not in out, out
        assert code in (0, -signal.SIGKILL), (code, out)
        return code


def ended(process: BaseProcess) -> int:
    """Wait for a process and give its exit code, negative for a signal."""
    process.join(60)
    code = process.exitcode
    assert code is not None
    process.close()
    return code


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("founded")
    town = found(folder)
    town.news()
    town.readers(*[(f"r{n:02}@example.org", "mlops-engineer") for n in range(READERS)])
    town.approved()
    town.app.db.dispose()
    return folder


class ServedOffice(Office):
    """With a scripted server in a thread, and a ledger."""

    server: ScriptedServer
    loop: asyncio.AbstractEventLoop

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something to happen at the server."""
        waiting = asyncio.run_coroutine_threadsafe(self.server.until(condition), self.loop)
        waiting.result(60)

    def on_server(self, action: Callable[[], object]) -> None:
        self.loop.call_soon_threadsafe(action)


@contextmanager
def served(founded: Path, folder: Path, script: Script | None = None) -> Iterator[ServedOffice]:
    shutil.copytree(founded, folder, dirs_exist_ok=True)
    server = ScriptedServer(script, ledger=folder / "ledger.txt")
    office = ServedOffice(folder=folder, port=0)
    office.server = server
    up, ended = threading.Event(), asyncio.Event()

    async def serve() -> None:
        office.loop = asyncio.get_running_loop()
        async with server:
            up.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert up.wait(10)
    office.port = server.port
    try:
        yield office
    finally:
        office.on_server(ended.set)
        thread.join(10)


def judge(office: Office, *, kills: int) -> Counter[str]:
    """Hold the rows against the ledger; returns the rows by state."""
    ledger = Counter(a.recipient for a in read_ledger(office.folder / "ledger.txt"))
    assert not {who: n for who, n in ledger.items() if n > 1}, "repeated"
    town = found_again(office.folder)
    with town.app.db.read() as tx:
        rows = tx.rows(
            "SELECT reader.email, delivery.state FROM delivery "
            "JOIN reader ON reader.id = delivery.reader_id"
        )
    town.app.db.dispose()
    states = Counter(state for _, state in rows)
    assert len(rows) == READERS
    lost = [who for who, state in rows if state == "accepted" and who not in ledger]
    assert not lost
    open_ends = [who for who, state in rows if state not in ("accepted", "unsure")]
    assert not open_ends
    assert states["unsure"] <= LANES * kills
    code, out = office.run("none", 1, "status", "--week", WEEK, "--json")
    (issue,) = json.loads(out)["issues"]
    assert code == 0
    assert issue["audience"] == READERS == sum(issue["states"].values())
    assert issue["states"]["accepted"] == states["accepted"]
    assert states["accepted"] <= len(ledger) <= states["accepted"] + states["unsure"]
    assert not list(office.folder.glob("send-*.log"))
    return states


def found_again(folder: Path):
    """Open an installation that exists, to look at its rows."""
    from briefings.config import Settings
    from briefings.wiring import build
    from tests.e2e.town import Clock, Town

    settings = Settings.load({}, database_url=f"sqlite:///{folder}/subscribers.db")
    return Town(app=build(settings), folder=folder, clock=Clock(), settings=settings)


ONCE = (1,)
FREEZE = (1, 2)
TURNS = (1, 2)
MAILS = (2, 15, 18)
"""In a row: the second mail, the middle of the rest, and among the last."""
WHEN: dict[str, tuple[int, ...]] = {
    "after-issue-row": ONCE,
    "freeze-before-commit": FREEZE,
    "freeze-after-commit": (2, 2),
    "before-received": ONCE,
    "in-received": (1, 3),
    "open-before-commit": ONCE,
    "after-open": ONCE,
    "log-before-process-row": (1, 1),
    "claim-before-commit": TURNS,
    "after-claim": TURNS,
    "settle-before-commit": (1, 2),
    "after-settle": (1, 2),
    "process-row-gone": ONCE,
    "before-log-deleted": ONCE,
    "after-MAIL": MAILS,
    "after-354": MAILS,
    "before-D": MAILS,
    "after-D": MAILS,
    "after-last-byte": MAILS,
    "after-250": MAILS,
    "after-A": MAILS,
}
NOTHING_LEFT = {"before-D", "after-MAIL", "after-354", "claim-before-commit", "after-claim"}


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_loses_nothing_and_repeats_nothing(point: str, founded: Path, tmp_path: Path):
    with served(founded, tmp_path) as office:
        times = range(1, READERS + 2) if SWEEP else WHEN[point]
        killed = [office.send(point, nth) for nth in times].count(-signal.SIGKILL)
        assert killed or SWEEP
        if not SWEEP:
            assert killed == len(WHEN[point])
        assert office.send() == 0
        judge(office, kills=killed)


@pytest.mark.parametrize(
    ("at", "in_ledger"), [(Point.RECEIVED, False), (Point.ACCEPTED, True), (Point.MAIL, False)]
)
def test_a_kill_while_the_server_thinks(at: Point, in_ledger: bool, founded: Path, tmp_path: Path):
    fault = Fault(at=at, first=20, hold=True, reply="451 4.3.0 too late" if not in_ledger else None)
    with served(founded, tmp_path, Script(faults=(fault,))) as office:
        sending = office.start("none", 1, "send", "--week", WEEK, "--now")
        office.until(lambda: office.server.play.struck[0] >= 1)
        sending.kill()
        assert ended(sending) == -signal.SIGKILL
        office.on_server(lambda: setattr(office.server, "script", Script()))
        office.on_server(office.server.release)
        assert office.send() == 0
        states = judge(office, kills=1)
        if at is Point.MAIL:
            assert states["unsure"] == 0


class SlowReader(threading.Thread):
    """A mail server that reads a body in sips: the rest of it stays with the client."""

    def __init__(self) -> None:
        super().__init__()
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen()
        self.port = int(self.socket.getsockname()[1])
        self.in_body = threading.Event()
        self.over = threading.Event()

    def run(self) -> None:
        talk, _ = self.socket.accept()
        with talk, talk.makefile("rwb", buffering=0) as file:
            file.write(b"220 slow\r\n")
            while line := file.readline():
                verb = line[:4].upper()
                file.write(
                    b"250-slow\r\n250 PIPELINING\r\n"
                    if verb == b"EHLO"
                    else b"354 go on\r\n"
                    if verb == b"DATA"
                    else b"250 Ok\r\n"
                )
                if verb == b"DATA":
                    talk.recv(500)
                    self.in_body.set()
                    self.over.wait(30)
                    return


def test_a_kill_in_mid_body(founded: Path, tmp_path: Path):
    slow = SlowReader()
    slow.start()
    with served(founded, tmp_path) as office:
        port, office.port = office.port, slow.port
        sending = office.start("none", 1, "send", "--week", WEEK, "--now")
        assert slow.in_body.wait(30)
        sending.kill()
        assert ended(sending) == -signal.SIGKILL
        slow.over.set()
        slow.join(10)
        slow.socket.close()
        office.port = port
        assert office.send() == 0
        states = judge(office, kills=1)
        assert states["unsure"] == 1
