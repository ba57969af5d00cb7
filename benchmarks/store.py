"""Measures the store alone: import, freeze, claim and settle; prints one JSON object.

    python benchmarks/store.py [--readers N] [--items N] [--url URL]

The lock is held from `BEGIN IMMEDIATE` to the end of the commit; times are in milliseconds, rates
in rows per second, memory in MiB (the peak of this process).
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from briefings.model.delivery import IssueKind, Settled, State
from briefings.model.news import ItemState, Kind, News
from briefings.model.reader import NewReader
from briefings.store import blocks, deliveries, imports, issues, items, processes, readers
from briefings.store.database import Database
from briefings.store.deliveries import FreezeRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from briefings.store.database import Transaction

T = TypeVar("T")
NOW = datetime(2026, 8, 24, 6, tzinfo=UTC)
SPECIALIZATIONS = ("mlops-engineer", "devops-engineer", "cloud-architect", "data-scientist")


class Clock:
    """Times a stage by the wall and by this process; a busy machine shows in the first."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def report(self, rows: int) -> dict[str, float]:
        """Give seconds and rates for so many rows."""
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        return {
            "seconds": round(wall, 2),
            "cpu_seconds": round(cpu, 2),
            "rows_per_second": round(rows / wall),
            "rows_per_cpu_second": round(rows / cpu),
        }


class Held:
    """Times how long each unit of work holds the write lock."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.times: list[float] = []

    def unit(self, work: Callable[[Transaction], T]) -> T:
        """Run one unit of work that writes, and note how long it took with its commit."""
        with self.database.write() as tx:
            began = time.perf_counter()
            done = work(tx)
        self.times.append((time.perf_counter() - began) * 1000)
        return done

    def report(self) -> dict[str, float]:
        """Give the times so far in milliseconds, and begin anew."""
        ordered = sorted(self.times)
        self.times = []
        return {
            "units": len(ordered),
            "lock_ms_p50": round(ordered[len(ordered) // 2], 2),
            "lock_ms_p99": round(ordered[len(ordered) * 99 // 100], 2),
            "lock_ms_max": round(ordered[-1], 2),
        }


def import_readers(held: Held, count: int) -> dict[str, float]:
    """Stage readers in batches of 2,000 and show them."""
    clock = Clock()
    with held.database.write() as tx:
        import_id = imports.begin(tx, "subscribers", "made up", now=NOW)
    for start in range(0, count, 2_000):
        batch = [
            NewReader(
                email=f"{n * 7919 % 999_983:06}.reader{n}@example{n % 97}.org",
                name=f"Reader {n}",
                specializations=(SPECIALIZATIONS[n % 4],),
                timezone="Europe/Berlin",
                plan_started_on=date(2026, 8, 3),
                line=n,
            )
            for n in range(start, min(start + 2_000, count))
        ]
        held.unit(
            lambda tx, batch=batch: (
                readers.add(
                    tx,
                    batch,
                    confirmed_at=NOW - timedelta(days=9),
                    consent_source="made up",
                    import_id=import_id,
                    now=NOW,
                ).added
            )
        )
    with held.database.write() as tx:
        imports.show(tx, import_id, {"added": count}, now=NOW)
    return {**clock.report(count), **held.report()}


def add_items(database: Database, count: int) -> list[int]:
    """Queue items for the mail to carry."""
    news = News(
        kind=Kind.ROLE_UPDATE,
        headline="h",
        summary="s",
        date=date(2026, 8, 20),
        source_name="n",
        source_url="https://example.org/",
    )
    with database.write() as tx:
        return [
            items.add(tx, news, week="2026-W34", state=ItemState.QUEUED, now=NOW)
            for _ in range(count)
        ]


def freeze(held: Held, count: int, carried: list[int]) -> dict[str, object]:
    """Freeze every reader in batches of 5,000, then fill `received` item by item, then open."""
    with held.database.write() as tx:
        issue = issues.create(
            tx,
            week="2026-W34",
            kind=IssueKind.REGULAR,
            n=1,
            began=NOW,
            opened_by_tick=False,
            now=NOW,
        )
        briefing_ids = [
            blocks.put_briefing(
                tx,
                issue.id,
                signature=str(group),
                headers={},
                block_keys=(),
                carried=carried,
                left_over=(),
                editions=(),
                specializations=(),
            )
            for group in range(1_000)
        ]
    report: dict[str, object] = {}
    clock, last = Clock(), 0
    while True:
        with held.database.read() as tx:
            found = readers.batch(tx, after_id=last, limit=5_000, confirmed_before=NOW)
        if not found:
            break
        last = found[-1].id
        rows = [
            FreezeRow(
                issue_id=issue.id,
                reader_id=reader.id,
                state=State.PENDING,
                reason=None,
                due_at=NOW,
                briefing_id=briefing_ids[reader.id % 1_000],
                preferences_version=reader.preferences_version,
            )
            for reader in found
        ]
        held.unit(lambda tx, rows=rows: deliveries.freeze_batch(tx, rows))
    report["read_and_insert"] = {**clock.report(count), **held.report()}
    clock, filled = Clock(), 0
    for item_id in carried:
        for start in range(0, last, 20_000):
            filled += held.unit(
                lambda tx, item_id=item_id, start=start: deliveries.fill_received(
                    tx, issue.id, item_id, after_reader=start, to_reader=start + 20_000
                )
            )
    report["received"] = {"rows": filled, **clock.report(filled), **held.report()}
    opened = held.unit(lambda tx: issues.open(tx, issue.id, count))
    assert opened, "the rows do not equal the audience"
    report["open"] = held.report()
    return report


def send(held: Held, count: int) -> dict[str, float]:
    """Claim and settle every row in batches of 256, as one sending process does."""
    database = held.database
    with database.write() as tx:
        process = processes.register(tx, host="h", boot_id="b", log_path="l", now=NOW)
    clock, settled = Clock(), 0
    claim_held, settle_held = Held(database), Held(database)
    while True:
        claimed = claim_held.unit(
            lambda tx: deliveries.claim(tx, 1, owner=str(process.id), fence=process.fence, now=NOW)
        )
        results = [Settled(id=row.id, state=State.ACCEPTED, code=250) for row in claimed]
        if not results:
            break
        settled += settle_held.unit(
            lambda tx, results=results: deliveries.settle(tx, results, fence=process.fence, now=NOW)
        )
    report = clock.report(settled)
    assert settled == count, f"{settled} of {count} rows were settled"
    return {
        **report,
        **{f"claim_{name}": value for name, value in claim_held.report().items()},
        **{f"settle_{name}": value for name, value in settle_held.report().items()},
    }


def look(database: Database) -> dict[str, float]:
    """Time what status pages ask, in milliseconds."""

    def timed(work: Callable[[Transaction], object]) -> float:
        with database.read() as tx:
            began = time.perf_counter()
            work(tx)
            return round((time.perf_counter() - began) * 1000, 1)

    return {
        "states_ms": timed(lambda tx: deliveries.states(tx, 1)),
        "next_due_ms": timed(lambda tx: deliveries.next_due(tx, 1)),
        "confirmed_count_ms": timed(lambda tx: readers.confirmed_count(tx, NOW)),
        "count_by_specializations_ms": timed(readers.count_by_specializations),
        "of_reader_ms": timed(lambda tx: deliveries.of_reader(tx, 77, 10)),
        "changes_since_ms": timed(lambda tx: readers.changes_since(tx, 0)),
    }


def main() -> None:
    """Run all stages on a new database and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=6)
    parser.add_argument("--url", help="default: a new SQLite file in a temporary folder")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="briefings-bench-") as folder:
        database = Database.open(asked.url or f"sqlite:///{Path(folder) / 'bench.db'}")
        database.migrate()
        held = Held(database)
        report: dict[str, object] = {"readers": asked.readers}
        report["import"] = import_readers(held, asked.readers)
        report["freeze"] = freeze(held, asked.readers, add_items(database, asked.items))
        report["look_open"] = look(database)
        report["send"] = send(held, asked.readers)
        report["look_done"] = look(database)
        report["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        database.dispose()
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
