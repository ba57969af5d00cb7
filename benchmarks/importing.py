"""Measure the import of subscribers: rows a second and the memory it takes, printed, never kept.

    .venv/bin/python benchmarks/importing.py [10000 1000000]

Each size runs in a process of its own, in a folder that is deleted afterwards.
"""

from __future__ import annotations

import argparse
import csv
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SIZES = (10_000, 1_000_000)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "", "Australia/Sydney")


def write_subscribers(path: Path, rows: int, specializations: list[str]) -> None:
    """Write made-up subscribers at example.org, spread over lists and time zones."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("email", "name", "specializations", "timezone", "plan_started_on"))
        for number in range(rows):
            first = specializations[number % len(specializations)]
            second = specializations[number // 7 % len(specializations)]
            writer.writerow(
                (
                    f"reader{number}@example.org",
                    f"Reader Number {number}",
                    f"{first};{second}",
                    ZONES[number % len(ZONES)],
                    "2026-08-03" if number % 2 else "",
                )
            )


def measure(rows: int) -> None:
    """Import that many subscribers and print one line."""
    from briefings.intake.catalogue import load_catalogue
    from briefings.pipeline.importing import ImportKind, import_file
    from briefings.store.database import Database
    from briefings.weeks import Week

    now = datetime.now(UTC)
    catalogue = load_catalogue(ROOT / "catalogue")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "subscribers.csv"
        write_subscribers(path, rows, [each.slug for each in catalogue.specializations])
        database = Database.open(f"sqlite:///{folder}/readers.db")
        database.migrate()
        began = time.monotonic()
        report = import_file(
            database,
            catalogue,
            ImportKind.SUBSCRIBERS,
            path,
            now=now,
            week=Week.of(now),
            consent_source="benchmark",
        )
        took = time.monotonic() - began
        database.dispose()
    if report.added != rows:
        raise SystemExit(f"{report.added:,} of {rows:,} rows were added")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{rows:>9,} subscribers: {took:6.1f} s, {rows / took:8,.0f} rows/s, "
        f"peak RSS {peak:5.0f} MB"
    )


def main() -> None:
    """Measure each size in a process of its own, so that one peak does not hide another."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--here", action="store_true", help="measure in this process")
    chosen = parser.parse_args()
    for rows in chosen.sizes:
        if chosen.here:
            measure(rows)
        else:
            command = [sys.executable, __file__, str(rows), "--here"]
            subprocess.run(command, check=True, cwd=ROOT)  # noqa: S603 - this file itself


if __name__ == "__main__":
    main()
