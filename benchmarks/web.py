"""Measures the readers' forms while a sender works on the same SQLite file; prints a table.

    .venv/bin/python benchmarks/web.py [--rate 200] [--seconds 20] [--mails 60000]

Three processes as an operator runs them: `briefings web`, `briefings worker` with RATE, and a sink
in place of a mail server. Requests leave on a fixed schedule over kept connections, and a latency
counts from the instant on the schedule, so a stall is felt by everybody who came during it. At the
end the rows are compared with the answers: every 200 must be in the database.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from briefings.config import Settings
from briefings.links import Purpose, Signer
from briefings.model.reader import NewReader
from briefings.pipeline.approve import approve
from briefings.pipeline.catalogue import load_folder
from briefings.pipeline.importing import ImportKind, import_file
from briefings.pipeline.instance import init
from briefings.pipeline.open_issue import open_regular
from briefings.pipeline.prepare import load_catalogue, prepare
from briefings.store import readers
from briefings.weeks import Week
from briefings.wiring import App, build

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-c", "from briefings.cli import main; main()"]
WEEK = Week.parse("2026-W34")
SECRET = "benchmark-secret-of-32-characters!!"  # noqa: S105 - opens nothing
CONNECTIONS = 32
SINK, SITE = 2627, 8127
CURL = ["curl", "-sf", "--retry", "60", "--retry-delay", "1", "--retry-connrefused"]


@dataclass
class Run:
    """What one series of requests came to; latencies in milliseconds."""

    name: str
    latencies: list[float] = field(default_factory=list)
    answered: int = 0
    wrong: list[str] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """The latency that this share of the requests did not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


class Connection:
    """One kept HTTP connection that knows just enough of HTTP/1.1."""

    def __init__(self) -> None:
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Send one form and give status and body."""
        # uvicorn closes what idled for five seconds.
        if self._writer is None or self._reader is None or self._reader.at_eof():
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", SITE)
        assert self._reader is not None
        self._writer.write(
            b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\n%b"
            % (path.encode(), len(body), body)
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(re.findall(rb"content-length: (\d+)", head.lower())[0])
        content = await self._reader.readexactly(length)
        return int(head.split(b" ", 2)[1]), content


async def load(name: str, requests: list[tuple[str, bytes]], rate: float, words: bytes) -> Run:
    """Send requests on a schedule of `rate` a second; an answer must be 200 and hold `words`."""
    run = Run(name)
    idle: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
    for _ in range(CONNECTIONS):
        idle.put_nowait(Connection())
    began = time.perf_counter() + 0.2

    async def one(number: int, path: str, body: bytes) -> None:
        due = began + number / rate
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        connection = await idle.get()
        try:
            status, content = await connection.post(path, body)
        except (OSError, asyncio.IncompleteReadError) as trouble:
            run.wrong.append(repr(trouble))
            idle.put_nowait(Connection())
            return
        run.latencies.append((time.perf_counter() - due) * 1000)
        idle.put_nowait(connection)
        if status == 200 and words in content:  # noqa: PLR2004 - HTTP
            run.answered += 1
        else:
            run.wrong.append(f"{status} {content[:80]!r}")

    await asyncio.gather(*(one(number, *each) for number, each in enumerate(requests)))
    return run


def installation(folder: Path, mails: int, leavers: int) -> App:
    """Make an installation with an open issue for `mails` readers, and readers who will leave."""
    app = build(
        Settings.load(
            {},
            database_url=f"sqlite:///{folder}/subscribers.db",
            base_url="https://briefings.example",
            sender="Briefings <news@briefings.example>",
            postal_address="1 Benchmark Street",
            secret_key=SECRET,
        )
    )
    chain = app.chain
    init(chain)
    load_folder(chain, ROOT / "catalogue")
    with app.db.read() as tx:
        catalogue = load_catalogue(tx)
    import_file(
        app.db,
        catalogue,
        ImportKind.TOOL_CHANGES,
        ROOT / "examples" / "tool_changes.csv",
        now=chain.clock(),
        week=WEEK,
        encoding="utf-8",
        as_draft=False,
        dry_run=False,
        consent_source=None,
        progress=lambda _done, _all: None,
        sleep=lambda _seconds: None,
    )
    before = chain.clock() - timedelta(days=30)
    _add(app, [f"r{number}@example.org" for number in range(mails)], before)
    prepare(chain, WEEK)
    approve(chain, WEEK, by="benchmark")
    open_regular(chain, WEEK, before_cut_off=True)
    # Who leaves came after the freeze: the sender's own rows stay what they are.
    _add(app, [f"leaver{number}@example.org" for number in range(leavers)], chain.clock())
    return app


def _add(app: App, addresses: list[str], confirmed_at: datetime) -> None:
    people = [
        NewReader(
            email=email,
            name="Robin",
            specializations=("mlops-engineer",),
            timezone=None,
            plan_started_on=None,
            line=0,
        )
        for email in addresses
    ]
    for start in range(0, len(people), 5_000):
        with app.db.write() as tx:
            readers.add(
                tx,
                people[start : start + 5_000],
                confirmed_at=confirmed_at,
                consent_source="benchmark",
                import_id=None,
                now=confirmed_at,
            )


def sign_ups(seal: str, count: int, prefix: str) -> list[tuple[str, bytes]]:
    """Sign-up forms, each for another address."""
    return [
        (
            "/subscribe",
            urlencode(
                {
                    "seal": seal,
                    "email": f"{prefix}{number}@example.org",
                    "specialization": "mlops-engineer",
                    "agree": "yes",
                    "timezone": "Europe/Berlin",
                    "from": "form",
                }
            ).encode(),
        )
        for number in range(count)
    ]


def leavings(folder: Path, count: int) -> list[tuple[str, bytes]]:
    """One-click unsubscribes (RFC 8058) of as many readers."""
    signer = Signer.from_setting(SECRET)
    with closing(sqlite3.connect(folder / "subscribers.db")) as connection:
        rows = connection.execute(
            "SELECT id FROM reader WHERE email LIKE 'leaver%' ORDER BY id LIMIT ?", (count,)
        ).fetchall()
    return [
        (f"/unsubscribe/{signer.sign(Purpose.UNSUBSCRIBE, row[0])}", b"List-Unsubscribe=One-Click")
        for row in rows
    ]


async def measure(folder: Path, chosen: argparse.Namespace) -> list[Run]:
    """Run the series one after the other, then both at once."""
    count = int(chosen.rate * chosen.seconds)
    page = subprocess.run(  # noqa: S603, ASYNC221 - before anything is measured
        [*CURL, f"http://127.0.0.1:{SITE}/subscribe"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    seal = re.findall(r'name="seal" value="([^"]*)"', page)[0]
    await asyncio.sleep(3)
    await load("warm-up", sign_ups(seal, 100, "warm"), 50, b"Look into your mailbox")
    runs = [
        await load("sign-up", sign_ups(seal, count, "s"), chosen.rate, b"Look into your mailbox"),
        await load("unsubscribe", leavings(folder, count), chosen.rate, b"You are out."),
    ]
    print(json.dumps({"sender": sent(folder)}), file=sys.stderr)
    return runs


def sent(folder: Path) -> dict[str, int]:
    """The states of the issue's rows."""
    with closing(sqlite3.connect(folder / "subscribers.db")) as connection:
        return dict(connection.execute("SELECT state, COUNT(*) FROM delivery GROUP BY state"))


def lost(folder: Path, runs: list[Run]) -> dict[str, int]:
    """Answers without a row behind them."""
    with closing(sqlite3.connect(folder / "subscribers.db")) as connection:
        asked = connection.execute("SELECT COUNT(*) FROM sign_up WHERE email LIKE 's%'")
        left = connection.execute("SELECT COUNT(*) FROM reader WHERE left_at IS NOT NULL")
        rows = {"sign-up": asked.fetchone()[0], "unsubscribe": left.fetchone()[0]}
    return {run.name: run.answered - rows[run.name] for run in runs}


def main() -> int:
    """Set up, measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--mails", type=int, default=60_000)
    parser.add_argument("--send-rate", type=float, default=1000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="briefings-web-") as name:
        folder = Path(name)
        installation(folder, chosen.mails, int(chosen.rate * chosen.seconds)).db.dispose()
        environment = {
            **os.environ,
            "BRIEFINGS_DATABASE_URL": f"sqlite:///{folder}/subscribers.db",
            "BRIEFINGS_BASE_URL": "https://briefings.example",
            "BRIEFINGS_SENDER": "Briefings <news@briefings.example>",
            "BRIEFINGS_POSTAL_ADDRESS": "1 Benchmark Street",
            "BRIEFINGS_SECRET_KEY": SECRET,
            "BRIEFINGS_MAIL_URL": f"smtp://127.0.0.1:{SINK}",
            "BRIEFINGS_RATE": str(chosen.send_rate),
            "BRIEFINGS_BIND": f"127.0.0.1:{SITE}",
            "BRIEFINGS_SIGNUPS_PER_NETWORK": "1000000",
            "BRIEFINGS_SIGNUPS_PER_HOUR": "1000000",
            "BRIEFINGS_LOG_FORMAT": "json",
        }
        log = (folder / "log").open("wb")
        sink = [sys.executable, "-m", "briefings.testing.sink", "--port", str(SINK)]
        running = [
            subprocess.Popen(each, cwd=ROOT, env=environment, stdout=log, stderr=log)  # noqa: S603 - this program
            for each in (sink, [*COMMAND, "web"], [*COMMAND, "worker"])
        ]
        try:
            subprocess.run([*CURL, f"http://127.0.0.1:{SITE}/readyz"], check=True, stdout=log)  # noqa: S603 - waits until the site is up
            print(f"{datetime.now(UTC):%Y-%m-%d}, load before: {os.getloadavg()[0]:.1f}")
            before, started = sent(folder).get("accepted", 0), time.perf_counter()
            runs = asyncio.run(measure(folder, chosen))
            went = sent(folder).get("accepted", 0) - before
            pace = went / (time.perf_counter() - started)
            missing = lost(folder, runs)
        finally:
            for each in reversed(running):
                each.terminate()
            for each in running:
                each.wait(40)
            log.close()
            if os.environ.get("KEEP_LOG"):
                Path(os.environ["KEEP_LOG"]).write_bytes((folder / "log").read_bytes())
    print(f"beside a sender at {pace:,.0f} mails/s\n")
    print("| POST | requests/s | p50 ms | p99 ms | longest ms | answered | failed | lost |")
    print("|---|---|---|---|---|---|---|---|")
    for run in runs:
        print(
            f"| {run.name} | {chosen.rate:.0f} | {run.quantile(0.5):.1f} "
            f"| {run.quantile(0.99):.1f} | {run.quantile(1):.1f} | {run.answered:,} "
            f"| {len(run.wrong)} | {missing[run.name]} |"
        )
    for run in runs:
        for words in run.wrong[:3]:
            print(f"{run.name}: {words}", file=sys.stderr)
    return int(any(run.wrong or missing[run.name] for run in runs))


if __name__ == "__main__":
    sys.exit(main())
