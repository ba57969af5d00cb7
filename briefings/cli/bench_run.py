"""Runs what `bench send` measures: an installation, a sink, the send process; it prints nothing.

The send process is a fresh interpreter that opens the issue and calls the same `send_due` as the
command; the clock is read here because this is a measurement and decides nothing.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import CLOCK_MONOTONIC, clock_gettime, process_time
from typing import TYPE_CHECKING, Protocol, cast

from briefings.collector import collect_rarely
from briefings.errors import Refused, RelayTrouble
from briefings.store.database import Database
from briefings.weeks import Week

if TYPE_CHECKING:
    from briefings.config import Settings
    from briefings.pipeline.chain import Chain
    from briefings.store.database import Transaction
    from briefings.wiring import App


class Answers(Protocol):
    """One end of a pipe between processes."""

    def send(self, obj: object, /) -> None:
        """Hand something over."""
        ...

    def recv(self) -> object:
        """Wait for what the other end hands over."""
        ...

    def poll(self, timeout: float, /) -> bool:
        """Wait so many seconds at most; whether something came."""
        ...

    def close(self) -> None:
        """Let go of this end."""
        ...


WEEK = "2026-W34"
"""The week of the shipped examples."""
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "", "Australia/Sydney")
SAMPLE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one run came to."""

    subscribers: int
    mails: int
    mail_bytes: int
    lists: int
    senders: int
    lanes: int
    chunking: bool | None
    mails_per_second: float
    cpu_ms_per_mail: float
    peak_rss_mb: float
    start_seconds: float
    freeze_seconds: float
    first_mail_after_freeze_seconds: float | None
    longest_lock_ms: float
    unsubscribes: int = 0
    unsubscribe_p50_ms: float | None = None
    unsubscribe_p99_ms: float | None = None
    sink_mails_per_second: float | None = None
    sink_cpu_seconds: float | None = None

    def as_document(self) -> dict[str, int | float | bool | None]:
        """The fields by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one sending process needed, from its start on; of several, all of it or the most."""

    cpu_seconds: float
    peak_rss_mb: float
    longest_lock: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent(Used):
    """What the first of them says; instants are monotonic seconds of this machine."""

    began: float
    ready: float
    frozen: float
    sending: float


def measure(
    folder: Path,
    *,
    subscribers: int,
    smtp: str | None,
    senders: int,
    lanes: int,
    chunking: bool,
    unsubscribes: int,
    most: int,
) -> Measured:
    """Set up an installation in an empty folder, send, and read the figures out of its rows.

    With `most` only so many mails are sent after the freeze of all.

    Raises:
        Refused: a row of the input was not imported, or the sink did not take every mail.
        RelayTrouble: our own sink did not start.
    """
    from briefings.config import Settings
    from briefings.wiring import build

    made = Settings.load(
        {},
        database_url=f"sqlite:///{folder}/subscribers.db",
        base_url="https://briefings.example",
        sender="Briefings bench <briefings@briefings.example>",
        postal_address="1 Bench Street",
        secret_key=os.urandom(32).hex(),
        lanes=lanes,
    )
    opened = build(made)
    lists = _prepare(opened, folder, subscribers)
    opened.db.dispose()
    with _sink(smtp, chunking=chunking) as (url, sink):
        settings = made.model_copy(update={"mail_url": url})
        leaving = _start(_leave, settings, unsubscribes) if unsubscribes else None
        process, answers = _start(partial(_send, senders=senders), settings, most)
        sent = cast("Sent | str", answers.recv())
        process.join()
        waits: list[float] = []
        if leaving is not None:
            leaving[1].send(None)
            waits = sorted(cast("list[float]", leaving[1].recv()))
            leaving[0].join()
        if isinstance(sent, str):
            raise Refused(sent)
        tally = _tally(sink)
    mails, first, last = _rows(build(made), expect_all=not most and not unsubscribes)
    return Measured(
        subscribers=subscribers,
        mails=mails,
        mail_bytes=_size(build(made)),
        lists=lists,
        senders=senders,
        lanes=lanes,
        chunking=chunking if smtp is None else None,
        mails_per_second=round((mails - 1) / max(last - first, 1e-6), 1),
        cpu_ms_per_mail=round(sent.cpu_seconds / max(mails, 1) * 1000, 4),
        peak_rss_mb=round(sent.peak_rss_mb, 1),
        start_seconds=round(sent.ready - sent.began, 2),
        freeze_seconds=round(sent.frozen - sent.ready, 2),
        first_mail_after_freeze_seconds=round(
            max(0.0, tally.get("first", sent.sending) - sent.sending), 3
        ),
        longest_lock_ms=round(sent.longest_lock * 1000, 1),
        unsubscribes=len(waits),
        unsubscribe_p50_ms=round(waits[len(waits) // 2] * 1000, 2) if waits else None,
        unsubscribe_p99_ms=round(waits[int(len(waits) * 0.99)] * 1000, 2) if waits else None,
        sink_mails_per_second=tally.get("mails_per_second"),
        sink_cpu_seconds=tally.get("sink_cpu_seconds"),
    )


# ---- the installation -----------------------------------------------------------------------


def _prepare(opened: App, folder: Path, subscribers: int) -> int:
    """Catalogue, the news of the examples, made-up readers, an approved week; gives the lists."""
    from briefings.pipeline.approve import approve
    from briefings.pipeline.catalogue import load_folder
    from briefings.pipeline.importing import ImportKind, import_file
    from briefings.pipeline.instance import init
    from briefings.pipeline.items import queue_items
    from briefings.pipeline.prepare import load_catalogue, prepare
    from briefings.wiring import shipped

    chain, week = opened.chain, Week.parse(WEEK)
    init(chain)
    load_folder(chain, shipped("catalogue"))
    with opened.db.read() as tx:
        catalogue = load_catalogue(tx)
    people = folder / "subscribers.csv"
    lists = _write_subscribers(people, subscribers, [s.slug for s in catalogue.specializations])
    examples = shipped("examples")
    files = (
        (ImportKind.TOOL_CHANGES, examples / "tool_changes.csv"),
        (ImportKind.SALARY, examples / "salary_stats.csv"),
        (ImportKind.ROLE_UPDATES, examples / "role_exposure.csv"),
        (ImportKind.SUBSCRIBERS, people),
    )
    for kind, path in files:
        done = import_file(
            opened.db,
            catalogue,
            kind,
            path,
            now=chain.clock(),
            week=week,
            consent_source="made up by bench" if kind is ImportKind.SUBSCRIBERS else None,
        )
        if done.bad:
            raise Refused(f"{path.name}: {done.bad} rows were not imported.")
    queue_items(chain, [], week=WEEK, every=True)
    prepare(chain, week)
    approve(chain, week, by="bench")
    return lists


def _write_subscribers(path: Path, rows: int, slugs: list[str]) -> int:
    """Made-up readers at example.org, spread over lists, zones and plans; gives the lists."""
    seen: set[tuple[str, str]] = set()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("email", "name", "specializations", "timezone", "plan_started_on"))
        for number in range(rows):
            chosen = slugs[number % len(slugs)]
            if number % 3 == 0:
                chosen += ";" + slugs[(number // 7 + 1 + number) % len(slugs)]
            plan = "2026-08-03" if number % 2 else ""
            seen.add((chosen, plan))
            zone = ZONES[number % len(ZONES)]
            writer.writerow(
                (f"reader{number}@example.org", f"Reader Number {number}", chosen, zone, plan)
            )
    return len(seen)


def _rows(opened: App, *, expect_all: bool) -> tuple[int, float, float]:
    """Mails accepted, and the seconds of the first and the last settle."""
    with opened.db.read() as tx:
        accepted, first, last = tx.rows(
            "SELECT COUNT(*), MIN(settled_at), MAX(settled_at) FROM delivery "
            "WHERE state = 'accepted'"
        )[0]
        others = tx.rows(
            "SELECT state, reason, COUNT(*) FROM delivery "
            "WHERE state NOT IN ('accepted', 'skipped') GROUP BY 1, 2"
        )
    opened.db.dispose()
    if not accepted or (expect_all and others):
        raise Refused(f"The sink did not take every mail: {[tuple(row) for row in others]}")
    return accepted, first / 1e6, last / 1e6


def _size(opened: App) -> int:
    """Bytes of a mail, on the average of some."""
    from briefings.pipeline.letterpress import Letter, Letterpress
    from briefings.pipeline.prepare import load_catalogue

    with opened.db.read() as tx:
        press = Letterpress(opened.chain, load_catalogue(tx), "bench")
        rows = tx.rows(
            "SELECT id, reader_id, briefing_id FROM delivery "
            "WHERE briefing_id IS NOT NULL ORDER BY id LIMIT 50"
        )
    sizes = [
        len(
            press.fill(
                briefing,
                Letter(
                    delivery_id=delivery,
                    reader_id=reader,
                    email="reader@example.org",
                    name="Reader Number",
                    issue=f"{WEEK}-regular",
                    specializations="",
                ),
                opened.chain.clock(),
            )
        )
        for delivery, reader, briefing in rows
    ]
    opened.db.dispose()
    return sum(sizes) // max(len(sizes), 1)


# ---- the sink -------------------------------------------------------------------------------


@contextmanager
def _sink(
    smtp: str | None, *, chunking: bool
) -> Generator[tuple[str, subprocess.Popen[str] | None]]:
    """The address of a sink: the one that was named, or our own in a process of its own."""
    if smtp is not None:
        yield smtp, None
        return
    command = [sys.executable, "-m", "briefings.testing.sink", "--port", "0"]
    with subprocess.Popen(  # noqa: S603 - this program
        command + ([] if chunking else ["--no-chunking"]),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as sink:
        assert sink.stderr is not None
        line = sink.stderr.readline()
        if "listening on" not in line:
            raise RelayTrouble(f"Our own sink did not start: {line.strip() or 'no word of it'}.")
        try:
            yield f"smtp://{line.split()[-1]}", sink
        finally:
            sink.terminate()


def _tally(sink: subprocess.Popen[str] | None) -> dict[str, float]:
    if sink is None:
        return {}
    sink.terminate()
    out, _ = sink.communicate(timeout=30)
    return cast("dict[str, float]", json.loads(out))


# ---- processes that are measured ------------------------------------------------------------


def _start(
    work: Callable[[Settings, int, float, Answers], None], settings: Settings, number: int
) -> tuple[BaseProcess, Answers]:
    fresh = multiprocessing.get_context("spawn")
    ours, theirs = fresh.Pipe()
    process = fresh.Process(target=work, args=(settings, number, _now(), theirs))
    process.start()
    theirs.close()
    return process, ours


def _now() -> float:
    return clock_gettime(CLOCK_MONOTONIC)


class TimedDatabase(Database):
    """Notes the longest time that this process held the write lock."""

    longest = 0.0

    @contextmanager
    def _unit(self, *, writes: bool) -> Generator[Transaction]:
        """From when a unit that writes has the lock to the end of its commit.

        What it waits for afterwards, the disk, keeps nobody out.
        """
        with super()._unit(writes=writes) as tx:
            began = _now()
            yield tx
        if writes:
            self.longest = max(self.longest, _now() - began)


def _timed(settings: Settings) -> tuple[Chain, TimedDatabase]:
    from briefings.wiring import BUSY_TIMEOUT, build

    opened = build(settings)
    opened.db.dispose()
    database = TimedDatabase.open(settings.database_url, busy_timeout=BUSY_TIMEOUT)
    assert isinstance(database, TimedDatabase)
    return replace(opened.chain, db=database), database


def _send(
    settings: Settings, most: int, began: float, answers: Answers, *, senders: int = 1
) -> None:
    """What `briefings send --week ... --now` does, with its figures."""
    collect_rarely()
    from briefings.errors import BriefingsError
    from briefings.pipeline.open_issue import open_regular
    from briefings.pipeline.send import send_due

    week = Week.parse(WEEK)
    beside = [_start(_send_beside, settings, number) for number in range(1, senders)]
    try:
        chain, database = _timed(settings)
        ready = _now()
        open_regular(chain, week, before_cut_off=True)
        frozen = _now()
        if most:
            closing, _ = _start(_close_all_but, settings, most)  # its memory is not ours
            closing.join()
        for _, pipe in beside:
            pipe.send(None)
        sending = _now()
        send_due(chain, settings, week, ignore_hours=True)
        used = [_used(database), *(cast("Used", pipe.recv()) for _, pipe in beside)]
    except BriefingsError as failure:
        answers.send(str(failure))
        return
    answers.send(
        Sent(
            began=began,
            ready=ready,
            frozen=frozen,
            sending=sending,
            cpu_seconds=sum(each.cpu_seconds for each in used),
            peak_rss_mb=sum(each.peak_rss_mb for each in used),
            longest_lock=max(each.longest_lock for each in used),
        )
    )


def _send_beside(settings: Settings, number: int, began: float, answers: Answers) -> None:
    """Deliver what another process opened, once told to."""
    del number, began
    collect_rarely()
    from briefings.pipeline.send import send_due

    chain, database = _timed(settings)
    answers.recv()
    send_due(chain, settings, Week.parse(WEEK), ignore_hours=True)
    answers.send(_used(database))


def _used(database: TimedDatabase) -> Used:
    return Used(
        cpu_seconds=process_time(),
        peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        longest_lock=database.longest,
    )


def _close_all_but(settings: Settings, most: int, began: float, answers: Answers) -> None:
    """Leave so many mails open; outside of what is timed."""
    del began, answers
    from briefings.wiring import build

    with build(settings).db.write() as tx:
        tx.execute(
            "UPDATE delivery SET state = 'skipped', reason = 'bench' WHERE state = 'pending' "
            "AND id > (SELECT MIN(id) FROM delivery WHERE state = 'pending') + :most",
            most=most,
        )


def _leave(settings: Settings, a_second: int, began: float, answers: Answers) -> None:
    """Readers who leave, so many a second, by the call behind the unsubscribe page."""
    del began
    from briefings.store import readers
    from briefings.wiring import build

    opened = build(settings)
    waits: list[float] = []
    with opened.db.read() as tx:
        known = readers.count(tx)
    reader, due = known, _now()
    while not answers.poll(max(0.0, due - _now())) and reader > 0:
        due += 1 / a_second
        start = _now()
        with opened.db.write() as tx:
            readers.leave(tx, reader, specializations=None, now=opened.chain.clock())
        waits.append(_now() - start)
        reader -= 3
    opened.db.dispose()
    answers.send(waits)
