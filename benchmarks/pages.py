"""Measures how many public pages one web process gives out, beside two yardsticks; prints a table.

    .venv/bin/python benchmarks/pages.py [--requests 20000] [--connections 16]

A `briefings web` process on the loopback address, with the catalogue and the news of `examples/`
in SQLite and no sender, answers over kept connections: first `/healthz` (no page at all), then each
public page in turn, then a style sheet, as often each. Nothing is kept. On a machine that is busy
with other things look at the CPU per answer and at the ratio: both come from the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

from briefings.config import Settings
from briefings.pipeline.catalogue import load_folder
from briefings.pipeline.importing import ImportKind, import_file
from briefings.pipeline.instance import init
from briefings.pipeline.prepare import load_catalogue
from briefings.weeks import Week
from briefings.wiring import build

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-c", "from briefings.cli import main; main()", "web"]
SITE = 8128
ADDRESS = f"http://127.0.0.1:{SITE}"
FILES = (
    (ImportKind.TOOL_CHANGES, "tool_changes.csv"),
    (ImportKind.SALARY, "salary_stats.csv"),
    (ImportKind.ROLE_UPDATES, "role_exposure.csv"),
)
ENOUGH_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one series came to; CPU of the web process in seconds."""

    name: str
    answers: int
    seconds: float
    cpu: float
    size: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    @property
    def cost(self) -> float:
        """Microseconds of the web process per answer."""
        return self.cpu / self.answers * 1e6


def installation(folder: Path) -> None:
    """Load the catalogue and every figure that role pages show."""
    app = build(Settings.load({}, database_url=f"sqlite:///{folder}/subscribers.db"))
    init(app.chain)
    load_folder(app.chain, ROOT / "catalogue")
    with app.db.read() as tx:
        catalogue = load_catalogue(tx)
    for kind, name in FILES:
        import_file(
            app.db,
            catalogue,
            kind,
            ROOT / "examples" / name,
            now=app.chain.clock(),
            week=Week.parse("2026-W34"),
            encoding="utf-8",
            as_draft=False,
            dry_run=False,
            consent_source=None,
            progress=lambda _done, _all: None,
            sleep=lambda _seconds: None,
        )
    app.db.dispose()


def cpu_of(process: int) -> float:
    """Seconds of user and system time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Asker(asyncio.Protocol):
    """One kept connection that asks for the next path as soon as an answer is complete."""

    def __init__(self, paths: list[bytes], done: asyncio.Future[int]) -> None:
        self._paths = iter(paths)
        self._done = done
        self._buffer = b""
        self._missing = 0
        self._bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the first question."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        path = next(self._paths, None)
        if path is None:
            self._transport.close()
            self._done.set_result(self._bytes)
        else:
            self._transport.write(b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path)

    def data_received(self, data: bytes) -> None:
        """Count what comes; an answer that is not 200 ends the run."""
        if self._missing:
            self._missing -= len(data)
        else:
            self._buffer += data
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 200 " not in head[:16]:
                self._done.set_exception(RuntimeError(head.decode()))
                return
            length = int(re.findall(rb"content-length: (\d+)", head.lower())[0])
            self._bytes += length
            self._missing = length - len(rest)
            self._buffer = b""
        if self._missing == 0:
            self._ask()


async def ask(name: str, paths: list[str], requests: int, connections: int, process: int) -> Run:
    """Ask for the paths in turn over so many connections at once."""
    loop = asyncio.get_running_loop()
    share = requests // connections
    turns = cycle(path.encode() for path in paths)
    cpu, began = cpu_of(process), time.perf_counter()
    waiting: list[asyncio.Future[int]] = []
    for _ in range(connections):
        done: asyncio.Future[int] = loop.create_future()
        own = list(islice(turns, share))
        await loop.create_connection(lambda own=own, done=done: Asker(own, done), "127.0.0.1", SITE)
        waiting.append(done)
    sizes = await asyncio.wait_for(asyncio.gather(*waiting), ENOUGH_SECONDS * 5)
    answers = share * connections
    return Run(
        name=name,
        answers=answers,
        seconds=time.perf_counter() - began,
        cpu=cpu_of(process) - cpu,
        size=sum(sizes) // answers,
    )


def wait_for(address: str) -> str:
    """Give the text of an address as soon as the process answers."""
    until = time.perf_counter() + ENOUGH_SECONDS
    while True:
        try:
            with urlopen(address) as answer:  # noqa: S310 - our own process
                return answer.read().decode()
        except OSError:
            if time.perf_counter() > until:
                raise
            time.sleep(0.2)


async def measure(requests: int, connections: int, process: int) -> list[Run]:
    """Warm up, then measure pages between the yardsticks."""
    listed = re.findall(r"<loc>([^<]*)</loc>", wait_for(f"{ADDRESS}/sitemap.xml"))
    places = [urlsplit(place).path for place in listed]
    shown = [path for path in places if not path.startswith(("/subscribe", "/pricing"))]
    sheet = re.findall(r'href="(/static/[^"]*site.css)"', wait_for(f"{ADDRESS}/roles"))[0]
    await ask("warm-up", ["/healthz", sheet, *shown], 800, connections, process)
    series = (
        ("/healthz", ["/healthz"]),
        (f"{len(shown)} public pages", shown),
        ("the largest page", ["/roles/mlops-engineer"]),
        ("site.css, 22 KB", [sheet]),
    )
    return [await ask(name, paths, requests, connections, process) for name, paths in series]


def main() -> int:
    """Set up, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=16)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="briefings-pages-") as name:
        folder = Path(name)
        installation(folder)
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "BRIEFINGS_DATABASE_URL": f"sqlite:///{folder}/subscribers.db",
            "BRIEFINGS_BASE_URL": "https://briefings.example",
            "BRIEFINGS_SENDER": "Briefings <news@briefings.example>",
            "BRIEFINGS_POSTAL_ADDRESS": "1 Benchmark Street",
            "BRIEFINGS_MAIL_URL": f"maildir:///{folder}/outbox",
            "BRIEFINGS_SECRET_KEY": "benchmark-secret-of-32-characters!!",
            "BRIEFINGS_BIND": f"127.0.0.1:{SITE}",
            "BRIEFINGS_LOG_FORMAT": "json",
        }
        with (folder / "log").open("wb") as log:
            web = subprocess.Popen(COMMAND, cwd=folder, env=environment, stdout=log, stderr=log)  # noqa: S603 - this program
            try:
                load = os.getloadavg()[0]
                runs = asyncio.run(measure(chosen.requests, chosen.connections, web.pid))
            except OSError:
                print((folder / "log").read_text(encoding="utf-8"), file=sys.stderr)
                raise
            finally:
                web.terminate()
                web.wait(40)
    print(f"{datetime.now(UTC):%Y-%m-%d}, load before: {load:.1f}, SQLite, no sender\n")
    print("| what | answers/s | CPU us per answer | of one core: answers/s | bytes | of /healthz |")
    print("|---|---|---|---|---|---|")
    for run in runs:
        print(
            f"| {run.name} | {run.rate:,.0f} | {run.cost:,.0f} | {1e6 / run.cost:,.0f} "
            f"| {run.size:,} | {run.rate / runs[0].rate:.2f} |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
