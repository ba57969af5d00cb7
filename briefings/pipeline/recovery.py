"""Find what dead sending processes left claimed and settle it by their send logs (P3, P5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from briefings.deliver.send_log import LogReading, boot_id, is_held, read_log, recover
from briefings.model.delivery import Settled, State
from briefings.model.reply import Unsure
from briefings.pipeline.chain import Chain
from briefings.pipeline.claims import LEASE, settled
from briefings.store import deliveries, issues, processes
from briefings.store.processes import Process

GRACE = timedelta(seconds=2 * LEASE)
"""A lease of another host counts as lapsed only this long after its last beat."""


def recover_all(chain: Chain, *, host: str) -> list[str]:
    """Settle the rows of every process that is proven dead; returns a line for each.

    The lock on a send log, not a clock, says that a process of this host is dead. On another host
    only its lapsed lease is known, so its rows become unsure.
    """
    with chain.db.read() as tx:
        known = processes.all(tx)
        held = {group.fence: group.ids for group in deliveries.claimed_by_others(tx, "")}
    notes: list[str] = []
    for process in known:
        if not _dead(chain, process, host):
            held.pop(process.fence, None)
            continue
        path = Path(process.log_path)
        rows = held.pop(process.fence, ())
        reading = _reading(path, rows) if process.host == host else None
        same_boot = process.host == host and bool(process.boot_id) and process.boot_id == boot_id()
        notes += _settle(chain, process.fence, rows, reading, same_boot=same_boot)
        with chain.db.write() as tx:
            processes.gone(tx, process.id)
        if process.host == host:
            path.unlink(missing_ok=True)
    for fence, rows in held.items():
        notes += _settle(chain, fence, rows, None, same_boot=False)
    return notes


def _dead(chain: Chain, process: Process, host: str) -> bool:
    if process.host != host:
        return chain.clock() - process.beat_at > GRACE
    try:
        return not is_held(Path(process.log_path))
    except FileNotFoundError:
        return True


def _reading(path: Path, rows: Sequence[int]) -> LogReading | None:
    try:
        return read_log(path, frozenset(rows))
    except FileNotFoundError:
        return None


def _settle(
    chain: Chain, fence: int, rows: Sequence[int], reading: LogReading | None, *, same_boot: bool
) -> list[str]:
    if not rows:
        return []
    now = chain.clock()
    outcomes = recover(rows, reading, same_boot=same_boot)
    results: list[Settled] = []
    with chain.db.write() as tx:
        by_id = {issue.id: issue for issue in issues.find(tx)}
        for row in rows:
            found = deliveries.get(tx, row)
            if found is not None and found.issue_id in by_id:
                results.append(settled(found, by_id[found.issue_id], outcomes[row], now))
        deliveries.settle(tx, results, fence=fence, now=now)
    unsure = sum(isinstance(outcome, Unsure) for outcome in outcomes.values())
    accepted = sum(result.state is State.ACCEPTED for result in results)
    again = len(rows) - accepted - unsure
    return [
        (
            f"A sending process ended without settling {len(rows)} mails: "
            f"{accepted} were accepted, {unsure} are unsure, {again} go again."
        )
    ]
