"""An installation whose commands run in processes of their own, and the judge of its rows."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from briefings.testing.ledger import read_ledger
from briefings.testing.script import Script
from briefings.testing.smtp_server import ScriptedServer
from tests.e2e.town import SECRET, found
from tests.smtp import kill_driver

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([kill_driver.__name__])
"""Every process starts as a fork of one that has imported the product: a tenth of the time."""
READERS = 40
LANES = 3
WEEK = "2026-W34"


@dataclass
class Office:
    """An installation in a folder, for commands in processes of their own."""

    folder: Path
    port: int
    lanes: int = LANES

    def start(self, point: str, nth: int, *arguments: str) -> BaseProcess:
        settings = {
            "DATABASE_URL": f"sqlite:///{self.folder}/subscribers.db",
            "MAIL_URL": f"smtp://127.0.0.1:{self.port}",
            "BASE_URL": "https://briefings.example",
            "SENDER": "Briefings <news@briefings.example>",
            "POSTAL_ADDRESS": "1 Test Street",
            "SECRET_KEY": SECRET,
            "LANES": str(self.lanes),
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

    def send_with_work_left(self) -> int:
        return self.run("none", 1, "send", "--week", WEEK, "--now")[0]


def ended(process: BaseProcess) -> int:
    """Wait for a process and give its exit code, negative for a signal."""
    process.join(60)
    code = process.exitcode
    assert code is not None
    process.close()
    return code


def build_founded(folder: Path) -> Path:
    """An installation with an approved week and its readers, to be copied for each case."""
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
