"""Make a restored database safe: who left since leaves again, and nothing old goes by itself (P10).

The file that it replays is written by left_log.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from briefings.errors import Misconfigured
from briefings.model.delivery import IssueKind, IssueState
from briefings.model.edition import EditionState
from briefings.pipeline.chain import Chain
from briefings.pipeline.forget import forget
from briefings.pipeline.left_log import EVERYTHING, NAME, mailbox_hash
from briefings.pipeline.mailboxes import ERASED, OPERATOR
from briefings.store import (
    changes,
    editions,
    instance,
    issues,
    publishing,
    readers,
    runs,
    suppression,
)
from briefings.store.database import Transaction
from briefings.store.runs import Decision

RESTORED = "restored.at"
BATCH = 5_000
REASON = (
    "the database was restored: what it says has not left may have left; look at the mail server, "
    "then resume or cancel"
)
WORDS = frozenset({"left", "back", "erased", "suppressed"})
_LATEST = datetime(9990, 1, 1, tzinfo=UTC)
_FIELDS = 4
_FOR_GOOD = frozenset({"erased", "suppressed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of left.log. `slugs` is None for everything."""

    at: datetime
    word: str
    mailbox: str
    slugs: tuple[str, ...] | None


def restored_at(tx: Transaction) -> datetime | None:
    """When this database was last confirmed after a restore, or None."""
    stored = instance.get(tx, RESTORED)
    return None if stored is None else datetime.fromisoformat(stored)


def lines_of(chain: Chain, keys: Callable[[], str] | None) -> Sequence[Line]:
    """Read left.log; a line that was torn by a power cut is passed over.

    Raises:
        Misconfigured: it has lines, and there is no key to read them with.
    """
    try:
        text = (chain.state_dir / NAME).read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return ()
    found = [line for raw in text.splitlines() if (line := _line(raw)) is not None]
    if found and keys is None:
        raise Misconfigured(
            f"{chain.state_dir / NAME} names who left since the backup: set BRIEFINGS_SECRET_KEY, "
            "without which it cannot be read"
        )
    return found


def _line(raw: str) -> Line | None:
    parts = raw.split(" ")
    if len(parts) != _FIELDS or parts[1] not in WORDS:
        return None
    try:
        at = datetime.strptime(parts[0], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    slugs = None if parts[3] == EVERYTHING else tuple(parts[3].split(";"))
    return Line(at=at, word=parts[1], mailbox=parts[2], slugs=slugs)


def replay(chain: Chain, keys: Callable[[], str] | None) -> int:
    """Do again what left.log tells and the database does not know; gives how many readers changed.

    A line that the database knows has a change of that reader in the same second, so the clock may
    have jumped. Replaying twice changes nothing.
    """
    lines = lines_of(chain, keys)
    if not lines or keys is None:
        return 0
    owners = dict(_owners(chain, {line.mailbox for line in lines}, keys().split(",")))
    with chain.db.write() as tx:
        known = changes.instants_of(tx, owners.values())
        touched: set[int] = set()
        for line in lines:
            reader_id = owners.get(line.mailbox)
            if line.word in _FOR_GOOD:
                if _for_good(tx, reader_id, line) and reader_id is not None:
                    touched.add(reader_id)
                    if line.word == "erased":
                        del owners[line.mailbox]  # who came back later is another reader
            elif (
                reader_id is not None
                and line.at not in {at.replace(microsecond=0) for at in known.get(reader_id, ())}
                and _again(tx, reader_id, line)
            ):
                touched.add(reader_id)
    return len(touched)


def _for_good(tx: Transaction, reader_id: int | None, line: Line) -> bool:
    """Erase or suppress a mailbox again; False when the database knows it already.

    Its list of hashes is completed even where it has no reader. A reader who confirmed after being
    erased came back by their own wish, and stays.
    """
    reader = None if reader_id is None else readers.get(tx, reader_id)
    if line.word == "suppressed":
        if reader is None or reader.suppressed:
            suppression.add(tx, line.mailbox, OPERATOR, line.at)
            return False
        readers.suppress(tx, line.mailbox, OPERATOR, line.at, reader_id=reader.id)
        return True
    if reader is not None and reader.confirmed_at is not None and reader.confirmed_at > line.at:
        return False
    if reader is None:
        suppression.add(tx, line.mailbox, ERASED, line.at)
        return False
    forget(tx, line.mailbox, reader, line.at)
    return True


def _again(tx: Transaction, reader_id: int, line: Line) -> bool:
    if line.word == "left":
        return readers.leave(tx, reader_id, specializations=line.slugs, now=line.at)
    readers.rejoin(tx, reader_id, line.slugs or (), line.at)
    return True


def _owners(chain: Chain, wanted: set[str], keys: Sequence[str]) -> Mapping[str, int]:
    """Find the readers behind hashes; every key that was ever first is tried."""
    found: dict[str, int] = {}
    after = 0
    while True:
        with chain.db.read() as tx:
            batch = readers.batch(tx, after_id=after, limit=BATCH, confirmed_before=_LATEST)
        if not batch:
            return found
        for reader in batch:
            for key in keys if reader.email else ():
                hashed = mailbox_hash(key, reader.email)
                if hashed in wanted:
                    found[hashed] = reader.id
        after = batch[-1].id


def calm(tx: Transaction, now: datetime) -> tuple[str, ...]:
    """Let nothing go by itself that may have gone before; gives the issues that wait for a person.

    Open issues are paused, half-made ones held or cancelled, late approvals held; runs whose
    cut-off is over are held when a tick finds them.
    """
    instance.put(tx, RESTORED, now.isoformat())
    waiting: list[str] = []
    for issue in issues.find(tx):
        if issues.set_state(tx, issue.id, (IssueState.OPEN,), IssueState.PAUSED, REASON):
            waiting.append(issue.name)
        elif issue.state is IssueState.FREEZING and issue.kind is IssueKind.REGULAR:
            runs.decide(
                tx,
                issue.week,
                Decision.HOLD,
                reason=runs.AFTER_RESTORE,
                by=runs.RESTORE,
                now=now,
            )
            waiting.append(issue.name)
        elif issue.state is IssueState.FREEZING:
            issues.abandon(tx, issue.id, REASON)
    for week in publishing.approved_after_freeze(tx):
        for slug in editions.of_week(tx, week):
            editions.set_state(
                tx, week, slug, (EditionState.APPROVED,), EditionState.HELD, runs.AFTER_RESTORE
            )
    return tuple(waiting)
