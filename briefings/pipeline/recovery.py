"""Find what other sending processes left claimed and settle it by their send logs (P3, P5)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from briefings.deliver.send_log import LogReading, boot_id, is_held, read_log, recover
from briefings.model.delivery import Settled, State
from briefings.model.reply import Unsure
from briefings.pipeline.chain import Chain
from briefings.pipeline.claims import LEASE, settled
from briefings.store import deliveries, issues, processes
from briefings.store.processes import Process

LEASES_OF_SILENCE = 2
"""A process that shows no life for so many leases has let its own lapse, whatever its clock."""


class Recovery:
    """Looks after the other processes of an installation; call `run` at start and on a timer.

    The lock on a send log, not a clock, says that a process of this host is dead. One that is
    alive and silent (stopped, or hanging) loses its rows when we have watched its beat stand still
    for two leases of our own monotonic clock; of another host only the beat's age is known. Those
    rows become unsure, because nobody knows what they came to.
    """

    def __init__(self, chain: Chain, *, host: str, lease: float = LEASE) -> None:
        self._chain = chain
        self._host = host
        self._silence = lease * LEASES_OF_SILENCE
        self._beats: dict[int, tuple[object, float]] = {}

    def run(self) -> list[str]:
        """Settle the rows of every process that is dead or lost its lease; a line for each."""
        with self._chain.db.read() as tx:
            known = processes.all(tx)
        notes: list[str] = []
        for process in known:
            if self._is_dead(process):
                notes += self._bury(process)
            elif self._is_silent(process):
                notes += self._settle(process.fence, None, same_boot=False)
                self._clear_away(process)
        self._beats = {one.id: self._beats[one.id] for one in known if one.id in self._beats}
        return notes + self._unowned()

    # ---- who is dead --------------------------------------------------------------------

    def _is_dead(self, process: Process) -> bool:
        if process.host != self._host:
            return False
        try:
            return not is_held(Path(process.log_path))
        except FileNotFoundError:
            return True

    def _is_silent(self, process: Process) -> bool:
        if process.host != self._host:
            age = self._chain.clock() - process.beat_at
            if age > timedelta(seconds=self._silence):
                return True
        now = self._chain.monotonic()
        beat, since = self._beats.setdefault(process.id, (process.beat_at, now))
        if beat != process.beat_at:
            self._beats[process.id] = (process.beat_at, now)
            return False
        return now - since > self._silence

    # ---- what becomes of its rows -------------------------------------------------------

    def _bury(self, process: Process) -> list[str]:
        path = Path(process.log_path)
        same_boot = bool(process.boot_id) and process.boot_id == boot_id()
        notes = self._settle(process.fence, path, same_boot=same_boot)
        self._clear_away(process)
        path.unlink(missing_ok=True)
        return notes

    def _clear_away(self, process: Process) -> None:
        with self._chain.db.write() as tx:
            processes.gone(tx, process.id)

    def _unowned(self) -> list[str]:
        """Rows under the fence of no process, and logs whose process never came to be entered."""
        with self._chain.db.read() as tx:
            known = processes.all(tx)
            fences = {process.fence for process in known}
            claimed = [group.fence for group in deliveries.claimed_by_others(tx, "")]
        notes: list[str] = []
        for fence in sorted(set(claimed) - fences):
            notes += self._settle(fence, None, same_boot=False)
        owned = {process.log_path for process in known}
        for path in self._chain.state_dir.resolve().glob("send-*.log"):
            with suppress(FileNotFoundError):
                if str(path) not in owned and not is_held(path):
                    path.unlink()
        return notes

    def _settle(self, fence: int, log: Path | None, *, same_boot: bool) -> list[str]:
        """Write what the log says about the rows of a fence, read after its process was over."""
        chain, now = self._chain, self._chain.clock()
        with chain.db.read() as tx:
            groups = deliveries.claimed_by_others(tx, "")
            rows = [row for group in groups if group.fence == fence for row in group.ids]
        if not rows:
            return []
        outcomes = recover(rows, _reading(log, rows), same_boot=same_boot)
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
        others = len(rows) - accepted - unsure
        return [
            (
                f"A sending process ended without settling {len(rows)} mails: {accepted} were "
                f"accepted, {unsure} are unsure, {others} were not accepted."
            )
        ]


def recover_all(chain: Chain, *, host: str) -> list[str]:
    """Look once: settle the rows of every process that is proven dead; a line for each."""
    return Recovery(chain, host=host).run()


def _reading(log: Path | None, rows: Sequence[int]) -> LogReading | None:
    if log is None:
        return None
    try:
        return read_log(log, frozenset(rows))
    except FileNotFoundError:
        return None
