"""Open what is due, deliver what is due, and come back; one sending process, from start to end."""

from __future__ import annotations

import asyncio
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from briefings.collector import pass_over_what_is_here
from briefings.config import Settings
from briefings.deliver.maildir import Maildir
from briefings.deliver.outbox import MaildirPost
from briefings.deliver.pool import LanePool, LearnedCaps, PoolEnd
from briefings.deliver.rate import SharedBucket
from briefings.deliver.relay import Relay
from briefings.deliver.send_log import Owner, SendLog, boot_id
from briefings.deliver.sender import Post, Rows, Sender
from briefings.deliver.terms import Callbacks
from briefings.errors import DatabaseBusy, Refused
from briefings.logs import Log
from briefings.model.delivery import Issue, IssueState
from briefings.model.reply import PauseIssue, StopLane
from briefings.pipeline.alerts import alert, of_pause, of_the_day
from briefings.pipeline.chain import Chain
from briefings.pipeline.claims import LEASE, Claims, Sending
from briefings.pipeline.correct import finish_corrections
from briefings.pipeline.instance import confirmed
from briefings.pipeline.letters import LettersFirst, letters_due
from briefings.pipeline.open_issue import carry_on_freezes, open_regular
from briefings.pipeline.prepare import load_catalogue
from briefings.pipeline.recovery import Recovery
from briefings.pipeline.seeding import release_due
from briefings.pipeline.simulate import simulate
from briefings.pipeline.status import issue_status
from briefings.pipeline.test_mode import AllToOwner, keep_apart
from briefings.pipeline.timetable import timetable
from briefings.store import deliveries, issues, processes
from briefings.store.processes import Process
from briefings.weeks import Week

RATE_FILE = "rate"
"""In STATE_DIR: what all sending processes of this machine may still send at once."""
AFTER_TROUBLE = 10.0
"""Seconds until a service tries again after the mail server refused us as a whole."""
RECOVER_EVERY = 10.0
GIVE_UP_AFTER = 90.0
"""Seconds without one answer about a mail after which `send` leaves the rest to the next run."""

log = Log("briefings.sender")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a run came to: the issues it worked on and lines for the operator."""

    issues: tuple[Issue, ...]
    notes: tuple[str, ...]


def send_due(
    chain: Chain,
    settings: Settings,
    week: Week | None,
    *,
    ignore_hours: bool = False,
    progress: Callable[[int, int | None], None] = lambda _done, _all: None,
    lease: float = LEASE,
) -> Done:
    """Open the week's regular issue if need be, then deliver until nothing is due.

    Without a week it goes on with the issues that are open.

    Raises:
        NotConfirmed: the database was restored or copied (P10).
        Refused: nothing is approved, or the cut-off has not come and `ignore_hours` is false.
        WrongSetting: a setting that sending needs is missing or wrong.
    """
    own = confirmed(chain)
    ready(chain)
    keep_apart(chain, test=settings.test_owner is not None)
    recovery = Recovery(chain, host=socket.gethostname(), lease=lease)
    notes = recovery.run()
    if week is not None:
        opened = open_regular(chain, week, before_cut_off=ignore_hours, progress=progress)
        working = (opened.issue,)
        with chain.db.read() as tx:
            working = tuple(issues.find(tx, week=str(week)))
    else:
        working = _unfinished(chain)
    notes += release_due(chain)
    active = [one.id for one in working if one.state is IssueState.OPEN]
    if active or letters_due(chain):
        with process(chain, own) as (entry, log):
            sending = Sending(
                process=entry,
                instance=own,
                ignore_hours=ignore_hours,
                issue_ids=tuple(active),
                lease=lease,
            )
            notes += deliver(chain, settings, sending, log, recovery=recovery, progress=progress)
    with chain.db.read() as tx:
        now = tuple(issue for issue in issues.find(tx) if issue.id in {w.id for w in working})
    return Done(issues=now, notes=tuple(notes))


def ready(chain: Chain) -> None:
    """Ask for the settings that sending needs before a row is claimed.

    Raises:
        WrongSetting: one is missing or wrong.
    """
    chain.signer()
    _ = chain.postmark().sender_address


def serve_sending(
    chain: Chain, settings: Settings, stopping: threading.Event, *, lease: float = LEASE
) -> None:
    """Deliver what falls due until `stopping` is set; one process entry, one send log, one loop.

    Raises:
        NotConfirmed: the database was restored or copied (P10).
        WrongSetting: a setting that sending needs is missing or wrong.
    """
    own = confirmed(chain)
    ready(chain)
    keep_apart(chain, test=settings.test_owner is not None)
    recovery = Recovery(chain, host=socket.gethostname(), lease=lease)
    while not stopping.is_set():
        for note in recovery.run():
            log.warning("recovered", note=note)
        with process(chain, own) as (entry, send_log):
            sending = Sending(process=entry, instance=own, ignore_hours=False, lease=lease)
            for note in deliver(
                chain, settings, sending, send_log, recovery=recovery, stopping=stopping
            ):
                log.warning("sender", note=note)
        stopping.wait(AFTER_TROUBLE)


def _unfinished(chain: Chain) -> tuple[Issue, ...]:
    carry_on_freezes(chain)
    finish_corrections(chain)
    with chain.db.read() as tx:
        return tuple(
            issue
            for issue in issues.find(tx)
            if issue.state in (IssueState.OPEN, IssueState.PAUSED) and issue_status(tx, issue).left
        )


@contextmanager
def process(chain: Chain, own: str) -> Generator[tuple[Process, SendLog]]:
    """Enter this process into the store; its send log is locked before that commits (P3, P5)."""
    host, boot, name = socket.gethostname(), boot_id(), secrets.token_hex(6)
    path = (chain.state_dir / f"send-{name}.log").resolve()
    with chain.db.write() as tx:
        entry = processes.register(
            tx, host=host, boot_id=boot, log_path=str(path), now=chain.clock()
        )
        owner = Owner(process=name, instance=own, host=host, boot=boot, fence=entry.fence)
        log = SendLog.create(chain.state_dir, owner)
    try:
        yield entry, log
    except BaseException:
        log.close(delete=False)
        raise
    with chain.db.write() as tx:
        processes.gone(tx, entry.id)
    log.close(delete=True)


def deliver(
    chain: Chain,
    settings: Settings,
    sending: Sending,
    send_log: SendLog,
    *,
    recovery: Recovery,
    stopping: threading.Event | None = None,
    progress: Callable[[int, int | None], None] = lambda _done, _all: None,
) -> list[str]:
    """Run the sender until nothing is due; returns lines for the operator.

    With `stopping` it goes on until that is set: a service waits for what falls due later, and for
    a mail server that is away. Without, it gives up on a server that takes nothing.
    """
    with chain.db.read() as tx:
        catalogue = load_catalogue(tx)
        whole = sum(
            deliveries.open_count(tx, issue.id)
            for issue in issues.find(tx)
            if sending.issue_ids is None or issue.id in sending.issue_ids
        )
    claims = Claims(chain, catalogue, sending)
    rows: Rows = LettersFirst(chain, catalogue, sending, claims, operator=settings.operator)
    if settings.test_owner is not None:
        rows = AllToOwner(rows, settings.test_owner)
    sender = Sender(rows, forever=stopping is not None)
    bucket = _bucket(chain, settings)
    watch = Watch(chain, claims, sender, recovery, stopping)

    def tick() -> None:
        watch.look()
        progress(claims.settled, whole)

    async def work() -> PoolEnd:
        if stopping is None:
            loop = asyncio.get_running_loop()
            for name in (signal.SIGTERM, signal.SIGINT):
                with suppress(NotImplementedError, RuntimeError, ValueError):
                    loop.add_signal_handler(name, sender.stop)
        watch.post = _post(chain, settings, sender, send_log, bucket)
        return await sender.run(watch.post, tick=tick)

    with (
        chain.db.checkpointing(),
        pass_over_what_is_here(),
        nullcontext() if bucket is None else closing(bucket),
    ):
        end = run_loop(work)
    if not claims.may_send():
        watch.notes.append("The lease of this process lapsed, so it sent nothing more: run again.")
    return [*watch.notes, *claims.notes, *_after(chain, sending, end)]


class Watch:
    """What is looked at ten times a second while mails go: lease, others, a server that is away."""

    def __init__(
        self,
        chain: Chain,
        claims: Claims,
        sender: Sender,
        recovery: Recovery,
        stopping: threading.Event | None,
    ) -> None:
        self._chain = chain
        self._claims = claims
        self._sender = sender
        self._recovery = recovery
        self._stopping = stopping
        self._looked = self._moved = chain.monotonic()
        self._settled = 0
        self._trouble: str | None = None
        self.post: Post | None = None
        self.notes: list[str] = []

    def look(self) -> None:
        """Renew the lease, recover what others left, stop when there is a reason."""
        now = self._chain.monotonic()
        self._claims.beat()
        if self._stopping is not None and self._stopping.is_set():
            self._sender.stop()
        if now - self._looked >= RECOVER_EVERY:
            self._looked = now
            with suppress(DatabaseBusy):
                for note in self._recovery.run():
                    log.warning("recovered", note=note)
        trouble = self.post.trouble if isinstance(self.post, LanePool) else None
        if trouble != self._trouble:
            self._trouble = trouble
            if trouble is not None:
                log.warning("the mail server takes nothing", reason=trouble)
        if trouble is None or self._claims.settled != self._settled:
            self._settled, self._moved = self._claims.settled, now
        elif self._stopping is None and now - self._moved >= GIVE_UP_AFTER and self._sender.idle:
            self.notes.append(
                f"The mail server took nothing for {now - self._moved:.0f} s ({trouble}): "
                "nobody was burnt; run `briefings send` again when it is back."
            )
            self._moved = now
            self._sender.stop()


def run_loop(work: Callable[[], Coroutine[None, None, PoolEnd]]) -> PoolEnd:
    """Run on uvloop where it exists, on asyncio elsewhere."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work())
    return uvloop.run(work())


def _bucket(chain: Chain, settings: Settings) -> SharedBucket | None:
    if settings.rate is None:
        return None
    return SharedBucket(settings.rate, time.monotonic, chain.state_dir / RATE_FILE)


def _post(
    chain: Chain, settings: Settings, sender: Sender, log: SendLog, bucket: SharedBucket | None
) -> Post:
    scheme, _, rest = settings.mail_url.partition("://")
    if scheme == "maildir":
        return MaildirPost(
            Maildir(Path(rest)),
            feed=sender.feed,
            done=sender.done,
            may_write=sender.may_write,
        )
    return LanePool(
        relay=Relay.parse(settings.mail_url),
        calls=Callbacks(
            feed=sender.feed,
            done=sender.done,
            may_write=sender.may_write,
            fill_ahead=sender.fill_ahead,
            clock=time.monotonic,
        ),
        log=log,
        most=settings.lanes,
        learned=LearnedCaps(chain.state_dir / "relay-caps.json"),
        bucket=bucket,
    )


def _after(chain: Chain, sending: Sending, end: PoolEnd) -> list[str]:
    """Pause what the server refuses as a whole, say what stopped us, and tell the operator."""
    if isinstance(end.trouble, PauseIssue):
        with chain.db.write() as tx:
            for issue in issues.find(tx):
                if sending.issue_ids is None or issue.id in sending.issue_ids:
                    issues.set_state(
                        tx, issue.id, (IssueState.OPEN,), IssueState.PAUSED, end.trouble.reason
                    )
            return [of_pause(tx, end.trouble.reason, chain.clock())]
    if isinstance(end.trouble, StopLane) and end.trouble.alert:
        told = f"Nothing can be sent: {end.reason}"
        alert(chain, of_the_day("sending-login", told, chain.clock()), told)
    if end.trouble is not None or end.stopped:
        return [f"Sending stopped: {end.reason}"]
    return []


def dry_run(chain: Chain, week: Week, *, ignore_hours: bool) -> Iterator[str]:
    """Say what `send` would do now, reader by reader; nothing is written and nothing is sent."""
    now = chain.clock()
    with chain.db.read() as tx:
        existing = issues.find(tx, week=str(week))
        counted = [issue_status(tx, issue) for issue in existing]
    if existing:
        for one in counted:
            yield f"{one.issue.name} is {one.issue.state}: {one.left} mails have not left."
        return
    with chain.db.read() as tx:
        limit = timetable(tx, chain).cut_off(week)
    if now < limit and not ignore_hours:
        raise Refused(
            f"Nothing would be opened: the cut-off of {week} is {limit:%Y-%m-%d %H:%M} UTC."
        )
    for row in simulate(chain, week):
        if row.skipped:
            yield f"{row.email}: nothing ({row.skipped})"
        else:
            when = (
                "now" if ignore_hours or row.due_at <= now else f"{row.due_at:%Y-%m-%d %H:%M} UTC"
            )
            items = "1 item" if len(row.items) == 1 else f"{len(row.items)} items"
            yield f"{row.email}: {when}, {items}"
