"""Measures what `briefings serve` costs while nothing is due; prints one JSON object.

    python benchmarks/idle.py [--readers N] [--seconds S]

Starts the service as a process of its own on a fresh installation with readers and an open issue
whose mails wait for their hour, lets it settle, and reads its CPU time and memory from /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from briefings.config import Settings
from briefings.model.delivery import IssueKind, State
from briefings.model.reader import NewReader
from briefings.pipeline.catalogue import load_folder
from briefings.pipeline.instance import init
from briefings.store import blocks, deliveries, issues, readers
from briefings.store.deliveries import FreezeRow
from briefings.weeks import Week
from briefings.wiring import build, shipped

SETTLING = 35.0
"""Seconds for imports, the first tick and one more."""
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
BATCH = 5_000
COMMAND = [sys.executable, "-c", "from briefings.cli import main; main()"]


def installation(folder: Path, number: int) -> dict[str, str]:
    """Set one up with readers whose mails are due in a week; gives the service's environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        "BRIEFINGS_DATABASE_URL": f"sqlite:///{folder}/subscribers.db",
        "BRIEFINGS_MAIL_URL": f"maildir://{folder}/outbox",
        "BRIEFINGS_BASE_URL": "https://briefings.example",
        "BRIEFINGS_SENDER": "Briefings <news@briefings.example>",
        "BRIEFINGS_POSTAL_ADDRESS": "1 Test Street",
        "BRIEFINGS_SECRET_KEY": "k" * 40,
        "BRIEFINGS_BIND": f"127.0.0.1:{port}",
    }
    app = build(Settings.load(environment))
    init(app.chain)
    load_folder(app.chain, shipped("catalogue"))
    now = datetime.now(UTC)
    week = str(Week.of(now))
    with app.db.write() as tx:
        issue = issues.create(
            tx, week=week, kind=IssueKind.REGULAR, n=1, began=now, opened_by_tick=True, now=now
        )
        briefing = blocks.put_briefing(
            tx,
            issue.id,
            signature="x",
            headers={"subject": "s", "specialization": "mlops-engineer"},
            block_keys=(),
            carried=(),
            left_over=(),
            editions=("mlops-engineer",),
            specializations=("mlops-engineer",),
        )
    for start in range(0, number, BATCH):
        people = [
            NewReader(
                email=f"r{n}@example.org",
                name="Reader",
                specializations=("mlops-engineer",),
                timezone="Europe/Berlin",
                plan_started_on=None,
                line=n,
            )
            for n in range(start, min(start + BATCH, number))
        ]
        before = now - timedelta(days=1)
        with app.db.write() as tx:
            readers.add(
                tx, people, confirmed_at=before, consent_source="bench", import_id=None, now=now
            )
            found = readers.batch(tx, after_id=start, limit=BATCH, confirmed_before=now)
            deliveries.freeze_batch(
                tx,
                [
                    FreezeRow(
                        issue_id=issue.id,
                        reader_id=reader.id,
                        state=State.PENDING,
                        reason=None,
                        due_at=now + timedelta(days=7),
                        briefing_id=briefing,
                        preferences_version=1,
                    )
                    for reader in found
                ],
            )
    with app.db.write() as tx:
        issues.open(tx, issue.id, number)
    app.db.dispose()
    return environment


def cpu_seconds(process: int) -> float:
    """User and system time of a process with all its threads."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def memory(process: int) -> dict[str, float]:
    """Resident memory in MiB: now, and at its highest."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    found = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    return {
        "rss_mib": round(int(found["VmRSS"]) / 1024, 1),
        "peak_mib": round(int(found["VmHWM"]) / 1024, 1),
    }


def main() -> None:
    """Run the service and watch it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=120.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        environment = installation(Path(name), chosen.readers)
        service = subprocess.Popen(  # noqa: S603 - this program
            [*COMMAND, "serve"],
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(SETTLING)
            before, began = cpu_seconds(service.pid), time.monotonic()
            time.sleep(chosen.seconds)
            used, span = cpu_seconds(service.pid) - before, time.monotonic() - began
            found = {
                "readers": chosen.readers,
                "seconds": round(span, 1),
                "cpu_percent_of_one_core": round(100 * used / span, 2),
                **memory(service.pid),
            }
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(40)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
