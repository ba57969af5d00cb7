"""Sending, crashing, stalling, leaving and pausing in any order keeps the promises P1 to P6.

Real store, real claims, real recovery, real send logs; only the lanes are the machine's own steps,
and the mail server is a list of what it accepted.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from briefings.deliver.send_log import Owner, SendLog, boot_id
from briefings.deliver.wire import Outgoing
from briefings.errors import Refused
from briefings.model.reply import Accepted, Outcome, Rejected, Returned, Stage, Unsure, read_reply
from briefings.pipeline import claims as claims_module
from briefings.pipeline.claims import Claims, Sending
from briefings.pipeline.control import pause, resume
from briefings.pipeline.instance import confirmed
from briefings.pipeline.open_issue import open_regular
from briefings.pipeline.prepare import load_catalogue
from briefings.pipeline.recovery import Recovery
from briefings.store import deliveries, issues, processes, readers
from tests.e2e.town import WEEK, found

READERS = 14
LEASE = 60.0
LANES = 2
ISSUE = "2026-W34-regular"
YES = read_reply(250, "2.0.0 Ok", Stage.FINAL)
NO = read_reply(550, "5.1.1 unknown", Stage.RCPT)


@pytest.fixture(scope="module", autouse=True)
def few_at_a_time():
    """So few readers are claimed in several turns."""
    whole, claims_module.CLAIM = claims_module.CLAIM, 5
    yield
    claims_module.CLAIM = whole


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("opened")
    town = found(folder)
    town.news()
    town.readers(*[(f"r{n}@example.org", "mlops-engineer") for n in range(READERS)])
    town.approved()
    open_regular(town.app.chain, WEEK)
    town.app.db.dispose()
    return folder


@dataclass
class Worker:
    """A sending process: what `Sender` keeps, and mails in the hands of its lanes."""

    claims: Claims
    log: SendLog
    entry: int
    queue: list[int] = field(default_factory=list)
    results: list[tuple[int, Outcome]] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)
    opening: list[Outgoing] = field(default_factory=list)
    leaving: list[Outgoing] = field(default_factory=list)
    unwritten: int = 0
    """Answers that the log keeps for its next record: with a kill they are lost."""
    beat: float = 0.0

    def die(self) -> int:
        """End as a kill does; gives how many rows may be unsure, at most one a lane (P3)."""
        os.close(self.log._descriptor)
        owed = len(self.leaving) + self.unwritten
        assert owed <= LANES
        return owed


class Sendings(RuleBasedStateMachine):
    """Up to three processes on one database."""

    opened: Path

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="briefings-machine-"))
        shutil.copytree(self.opened, self.folder, dirs_exist_ok=True)
        self.seconds = 1000.0
        town = found_again(self.folder)
        self.town = town
        self.chain = dataclasses.replace(town.app.chain, monotonic=lambda: self.seconds)
        self.own = confirmed(self.chain)
        self.recovery = Recovery(self.chain, host="here", lease=LEASE)
        with self.chain.db.read() as tx:
            self.catalogue = load_catalogue(tx)
        self.workers: list[Worker] = []
        self.ledger: Counter[str] = Counter()
        self.left: set[str] = set()
        self.refused: set[str] = set()
        self.may_be_unsure = 0
        self.start()
        self.start()

    # ---- processes --------------------------------------------------------------------------

    @precondition(lambda self: len(self.workers) < 3)
    @rule()
    def start(self) -> None:
        chain, number = self.chain, len(list(self.folder.glob("send-*"))) + len(self.workers)
        name = f"{number}x{self.seconds:.0f}x{os.urandom(3).hex()}"
        path = self.folder / f"send-{name}.log"
        with chain.db.write() as tx:
            entry = processes.register(
                tx, host="here", boot_id=boot_id(), log_path=str(path), now=chain.clock()
            )
            owner = Owner(
                process=name, instance=self.own, host="here", boot=boot_id(), fence=entry.fence
            )
            log = SendLog.create(self.folder, owner)
        sending = Sending(process=entry, instance=self.own, ignore_hours=True, lease=LEASE)
        claims = Claims(chain, self.catalogue, sending)
        self.workers.append(Worker(claims=claims, log=log, entry=entry.id, beat=self.seconds))

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        worker = self.workers.pop(data.draw(st.integers(0, len(self.workers) - 1)))
        self.may_be_unsure += worker.die()

    @rule()
    def recover(self) -> None:
        with self.chain.db.read() as tx:
            alive = {worker.entry for worker in self.workers}
            stalled = [p for p in processes.all(tx) if p.id in alive]
        before = self.states()
        self.recovery.run()
        with self.chain.db.read() as tx:
            after = {p.id for p in processes.all(tx)}
        if any(process.id not in after for process in stalled):  # silent for two leases
            self.may_be_unsure += max(0, self.states()["unsure"] - before["unsure"])

    @rule(seconds=st.sampled_from([5.0, 30.0, 70.0, 130.0]))
    def time_passes(self, seconds: float) -> None:
        self.seconds += seconds
        self.town.clock.forward(seconds=seconds)

    @rule(hours=st.sampled_from([-3.0, -0.5, 1.0, 3.0]))
    def clock_jumps(self, hours: float) -> None:
        self.town.clock.forward(hours=hours)

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def beat(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(self.workers))
        worker.claims.beat()

    # ---- what a sender and its lanes do -----------------------------------------------------

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def turn(self, data: st.DataObject) -> None:
        self.turn_of(data.draw(st.sampled_from(self.workers)))

    def turn_of(self, worker: Worker) -> None:
        claimed = worker.claims.turn(worker.results, more=not worker.queue)
        worker.results = []
        worker.gone.difference_update(claimed)
        worker.queue.extend(claimed)

    @precondition(lambda self: self.workers)
    @rule(data=st.data(), mails=st.integers(1, 4), arrives=st.booleans())
    def work(self, data: st.DataObject, mails: int, arrives: bool) -> None:
        """Go on with one process, and stop with mails in the hands of its lanes."""
        worker = data.draw(st.sampled_from(self.workers))
        for _ in range(mails):
            while len(worker.leaving) > 1:
                self.answer_of(worker)
            if not worker.queue:
                self.turn_of(worker)
            if worker.queue:
                self.open_of(worker)
            if worker.opening and len(worker.leaving) < LANES:
                self.write_of(worker, arrives)

    @precondition(lambda self: any(worker.queue for worker in self.workers))
    @rule(data=st.data())
    def open_a_mail(self, data: st.DataObject) -> None:
        self.open_of(data.draw(st.sampled_from([w for w in self.workers if w.queue])))

    def open_of(self, worker: Worker) -> None:
        if len(worker.opening) >= LANES:
            return
        row = worker.queue.pop(0)
        if row in worker.gone:
            worker.results.append((row, Returned("changed")))
        elif (mail := worker.claims.fill(row)) is not None:
            worker.opening.append(mail)

    @precondition(lambda self: any(worker.opening for worker in self.workers))
    @rule(data=st.data(), arrives=st.booleans())
    def write_a_body(self, data: st.DataObject, arrives: bool) -> None:
        self.write_of(data.draw(st.sampled_from([w for w in self.workers if w.opening])), arrives)

    def write_of(self, worker: Worker, arrives: bool) -> None:
        mail = worker.opening.pop(0)
        worker.gone.update(worker.claims.gone())
        if not worker.claims.may_send() or mail.delivery_id in worker.gone:
            worker.results.append((mail.delivery_id, Returned("withheld")))
            return
        assert mail.recipient not in self.left, "P4: it starts after the reader left"
        worker.log.departing(mail.delivery_id)
        worker.unwritten = 0  # the waiting answers went along
        worker.leaving.append(mail)
        if arrives:
            self.ledger[mail.recipient] += 1

    @precondition(lambda self: any(worker.leaving for worker in self.workers))
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        self.answer_of(data.draw(st.sampled_from([w for w in self.workers if w.leaving])))

    def answer_of(self, worker: Worker) -> None:
        mail = worker.leaving.pop(0)
        if self.ledger[mail.recipient]:
            worker.log.answered(mail.delivery_id, YES)
            worker.unwritten += 1
            worker.results.append((mail.delivery_id, Accepted(YES)))
        else:  # nothing arrived, so no answer either
            self.may_be_unsure += 1
            worker.results.append((mail.delivery_id, Unsure("closed")))

    @precondition(lambda self: any(worker.opening for worker in self.workers))
    @rule(data=st.data())
    def refuse(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from([w for w in self.workers if w.opening]))
        mail = worker.opening.pop(0)
        self.refused.add(mail.recipient)
        worker.log.answered(mail.delivery_id, NO)
        worker.results.append((mail.delivery_id, Rejected(NO)))

    # ---- people -----------------------------------------------------------------------------

    @rule(number=st.integers(0, READERS - 1))
    def unsubscribe(self, number: int) -> None:
        address = f"r{number}@example.org"
        with self.chain.db.write() as tx:
            reader = readers.by_email(tx, address)
            assert reader is not None
            readers.leave(tx, reader.id, specializations=None, now=self.chain.clock())
        self.left.add(address)

    @rule(data=st.data())
    def pause_and_resume(self, data: st.DataObject) -> None:
        pause(self.chain, ISSUE, "a person said so")
        if self.workers:
            worker = data.draw(st.sampled_from(self.workers))
            leaving = len(worker.leaving)
            if worker.opening:
                self.write_of(worker, arrives=True)
            assert len(worker.leaving) == leaving, "a mail starts although its issue is paused"
        resume(self.chain, ISSUE)

    @rule()
    def open_again(self) -> None:
        with self.chain.db.read() as tx:
            known = len(issues.find(tx))
        with suppress(Refused):
            open_regular(self.chain, WEEK)
        with self.chain.db.read() as tx:
            assert len(issues.find(tx)) == known == 1, "P5: one regular issue per week"

    # ---- the promises -----------------------------------------------------------------------

    def states(self) -> Counter[str]:
        with self.chain.db.read() as tx:
            counted = deliveries.states(tx, issues.by_name(tx, ISSUE).id)
        return Counter({state.value: number for state, number in counted.items()})

    @invariant()
    def adds_up(self) -> None:
        if hasattr(self, "folder"):
            assert sum(self.states().values()) == READERS, "P1"

    @invariant()
    def accepted_once(self) -> None:
        if hasattr(self, "folder"):
            assert all(number == 1 for number in self.ledger.values()), "P2"

    @invariant()
    def little_is_unsure(self) -> None:
        if hasattr(self, "folder"):
            assert self.states()["unsure"] <= self.may_be_unsure, "P3"

    def teardown(self) -> None:
        """Everybody dies, somebody starts anew and finishes: nobody is lost."""
        if not hasattr(self, "folder"):
            return
        while self.workers:
            worker = self.workers.pop()
            self.may_be_unsure += worker.die()
        self.recovery.run()
        resume(self.chain, ISSUE)
        self.start()
        (worker,) = self.workers
        for _ in range(READERS):
            self.turn_of(worker)
            while worker.queue or worker.opening or worker.leaving:
                if worker.queue:
                    self.open_of(worker)
                if worker.opening:
                    self.write_of(worker, arrives=True)
                if worker.leaving:
                    self.answer_of(worker)
        self.turn_of(worker)
        with self.chain.db.read() as tx:
            rows = dict[str, str](
                tx.rows(  # pyright: ignore[reportArgumentType]
                    "SELECT reader.email, delivery.state FROM delivery "
                    "JOIN reader ON reader.id = delivery.reader_id"
                )
            )
        assert set(rows.values()) <= {"accepted", "rejected", "unsure", "skipped"}
        assert Counter(rows.values())["unsure"] <= self.may_be_unsure
        for who, state in rows.items():
            assert state != "accepted" or self.ledger[who] == 1
            assert state != "skipped" or who in self.left
            assert state != "rejected" or who in self.refused
            assert not self.ledger[who] or state in ("accepted", "unsure")
        worker.log.close(delete=True)
        self.town.app.db.dispose()
        shutil.rmtree(self.folder)


def found_again(folder: Path):
    """Open the copied installation with a clock of its own."""
    from briefings.config import Settings
    from briefings.wiring import build
    from tests.e2e.town import SECRET, Clock, Town

    clock = Clock()
    chosen = Settings.load(
        {},
        database_url=f"sqlite:///{folder}/subscribers.db",
        base_url="https://briefings.example",
        sender="Briefings <news@briefings.example>",
        postal_address="1 Test Street",
        secret_key=SECRET,
    )
    app = build(chosen, clock=clock, sleep=lambda _seconds: None)
    return Town(app=app, folder=folder, clock=clock, settings=chosen)


def test_any_order_of_events_keeps_the_promises(opened: Path) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    class Here(Sendings):
        pass

    Here.opened = opened
    run_state_machine_as_test(Here, settings=settings(max_examples=15, stateful_step_count=30))
