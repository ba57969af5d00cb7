"""Bring a file into the store: read -> stage in small batches -> show by one flag, or not at all."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TypeVar

from briefings.errors import Conflict, Misconfigured
from briefings.intake.csv_rows import BadRow, Row, SourceFile, open_source, rows, text_lines
from briefings.intake.errors_file import ErrorsFile
from briefings.intake.fields import shown
from briefings.intake.reading import BadRowError, SetAside
from briefings.intake.seen import Seen
from briefings.intake.tool_changes import KeyedNews
from briefings.model.catalogue import Catalogue
from briefings.model.news import ItemState
from briefings.pipeline.staging import (
    Intake,
    Metrics,
    Pay,
    Subscribers,
    Terms,
    ToolChanges,
    WrittenUpdates,
)
from briefings.store import figures, imports, issues, items
from briefings.store.database import Database, Transaction
from briefings.weeks import Week

T = TypeVar("T")

LOCK_SECONDS = 0.02
"""How long a batch may hold the write lock; with the pause, others wait 1.5 ms (DESIGN 5)."""
PAUSE_SECONDS = 0.005
SMALLEST, FIRST, LARGEST = 20, 200, 5_000
ABANDON_ROWS = 2_000
CONSENT_LENGTH = 300
ROLES_NAMED = 200
JSON_LINES = frozenset({".jsonl", ".ndjson"})


class ImportKind(StrEnum):
    """What a file holds, by the word on the command line."""

    TOOL_CHANGES = "tool-changes"
    SALARY = "salary"
    ROLE_UPDATES = "role-updates"
    SUBSCRIBERS = "subscribers"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import came to. With `bad` above 0 nothing was imported, whatever the other counts.

    read = added + duplicates + set_aside + suppressed + bad. `items_made` are drafts out of
    comparisons, with their ids in `item_ids` (none after a dry run). `errors_file` lists the bad
    rows; where it could not be written it is None, and `first_bad` has to do.
    """

    kind: ImportKind
    read: int
    added: int
    duplicates: int
    set_aside: int
    bad: int
    items_made: int
    errors_file: Path | None
    suppressed: int = 0
    item_ids: tuple[int, ...] = ()
    set_aside_roles: tuple[tuple[str, int], ...] = ()
    first_bad: tuple[BadRow, ...] = ()


@dataclass(slots=True)
class _Tally:
    read: int = 0
    added: int = 0
    duplicates: int = 0
    suppressed: int = 0
    aside: Counter[str] = field(default_factory=Counter[str])

    def set_aside(self, role: str) -> None:
        known = role in self.aside or len(self.aside) < ROLES_NAMED
        self.aside[role if known else "others"] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """How long to hold the lock and how long to let others have it."""

    sleep: Callable[[float], None]
    stopwatch: Callable[[], float]


def import_file(
    db: Database,
    catalogue: Catalogue,
    kind: ImportKind,
    path: Path,
    *,
    now: datetime,
    week: Week,
    encoding: str = "utf-8",
    as_draft: bool = False,
    dry_run: bool = False,
    consent_source: str | None = None,
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
    sleep: Callable[[float], None] = time.sleep,
    stopwatch: Callable[[], float] = time.monotonic,
    email_hash: Callable[[str], str] | None = None,
) -> ImportReport:
    """Import one file, all of it or nothing; a second import of the same file adds nothing.

    Rows are staged under an import id in transactions of some 20 ms and shown by one flag. Killed
    at any moment, it leaves nothing visible, and the next import clears what it staged. `week` is
    for items made by comparison. `progress` gets bytes done and in all. `email_hash` is the keyed
    hash under which suppressed addresses are kept.

    Raises:
        WrongFile: the file cannot be read, or its columns are others.
        Misconfigured: subscribers without a consent source.
        Conflict: another import runs, or a week was frozen meanwhile.
    """
    if kind is ImportKind.SUBSCRIBERS:
        consent_source = _consent(consent_source)
    pace = _Pace(sleep=sleep, stopwatch=stopwatch)
    with _alone(db), open_source(path, encoding) as source, ErrorsFile(path) as errors:
        if not dry_run:
            clear_unfinished(db, sleep=sleep)
        with db.read() as tx:
            terms = Terms(
                now=now,
                week=week,
                frozen=_frozen(tx),
                state=ItemState.DRAFT if as_draft else ItemState.QUEUED,
            )
            intake = _intake(tx, kind, path, catalogue, terms, consent_source or "", email_hash)
        tally = _Tally()
        found = _entries(intake, _rows(intake, source), errors, tally)
        watched = _watched(found, source, progress)
        if dry_run:
            return _checked(db, intake, watched, errors, tally, kind)
        return _staged(db, intake, watched, errors, tally, kind, terms, pace, path)


def clear_unfinished(db: Database, *, sleep: Callable[[float], None] = time.sleep) -> int:
    """Delete what killed imports staged, batch by batch; give how many imports there were."""
    with db.read() as tx:
        left = imports.unfinished(tx)
    for import_id in left:
        _abandon(db, import_id, sleep)
    return len(left)


def _staged(
    db: Database,
    intake: Intake[T],
    found: Iterator[T],
    errors: ErrorsFile,
    tally: _Tally,
    kind: ImportKind,
    terms: Terms,
    pace: _Pace,
    path: Path,
) -> ImportReport:
    with db.write() as tx:
        import_id = imports.begin(tx, kind.value, path.name, now=terms.now)
    shown_now = False
    item_ids: list[int] = []
    try:
        _stage(db, intake, found, errors, tally, import_id, pace)
        if not errors.count:
            item_ids = _show(db, intake, tally, import_id, terms)
            shown_now = True
    finally:
        if not shown_now:
            _abandon(db, import_id, pace.sleep)
    return _report(kind, tally, errors, len(item_ids), tuple(item_ids))


def _stage(
    db: Database,
    intake: Intake[T],
    found: Iterator[T],
    errors: ErrorsFile,
    tally: _Tally,
    import_id: int,
    pace: _Pace,
) -> None:
    """Store batch after batch, as large as the lock allows; after a bad row only read on."""
    size = FIRST
    while batch := list(islice(found, size)):
        if errors.count:
            continue
        began = pace.stopwatch()
        with db.write() as tx:
            done = intake.store(tx, batch, import_id)
        took = max(pace.stopwatch() - began, 1e-4)
        tally.added += done.added
        tally.duplicates += done.known
        tally.suppressed += done.suppressed
        size = min(LARGEST, max(SMALLEST, int(len(batch) * min(2.0, LOCK_SECONDS / took))))
        pace.sleep(PAUSE_SECONDS)


def _show(
    db: Database, intake: Intake[T], tally: _Tally, import_id: int, terms: Terms
) -> list[int]:
    """Add the drafts and turn the flag, in one transaction: here the import happens."""
    made = intake.news()
    with db.write() as tx:
        if _frozen(tx) != terms.frozen:
            raise Conflict("A week was frozen while the file was read: run the import again.")
        ids = [
            items.add(
                tx,
                entry.news,
                week=str(terms.week),
                state=ItemState.DRAFT,
                now=terms.now,
                import_id=import_id,
                import_key=entry.key,
            )
            for entry in _unknown(tx, made)
        ]
        counts = {
            "read": tally.read,
            "added": tally.added,
            "duplicates": tally.duplicates,
            "set_aside": tally.aside.total(),
            "suppressed": tally.suppressed,
            "items_made": len(ids),
        }
        imports.show(tx, import_id, counts, now=terms.now)
    return ids


def _checked(
    db: Database,
    intake: Intake[T],
    found: Iterator[T],
    errors: ErrorsFile,
    tally: _Tally,
    kind: ImportKind,
) -> ImportReport:
    """Read the whole file and say what an import would come to; write nothing to the store."""
    while batch := list(islice(found, LARGEST)):
        with db.read() as tx:
            known = intake.known(tx, batch)
        tally.added += len(batch) - known
        tally.duplicates += known
    made = [] if errors.count else intake.news()
    with db.read() as tx:
        return _report(kind, tally, errors, len(_unknown(tx, made)), ())


def _unknown(tx: Transaction, made: Sequence[KeyedNews]) -> list[KeyedNews]:
    known = items.known_keys(tx, [entry.key for entry in made])
    return [entry for entry in made if entry.key not in known]


def _entries(
    intake: Intake[T], found: Iterator[Row | BadRow], errors: ErrorsFile, tally: _Tally
) -> Iterator[T]:
    """Yield the good rows once each; count the others."""
    seen = Seen()
    for row in found:
        tally.read += 1
        if isinstance(row, BadRow):
            errors.add([row])
            continue
        try:
            entry = intake.read(row)
        except BadRowError as problem:
            errors.add(problem.bad)
            continue
        if isinstance(entry, SetAside):
            tally.set_aside(entry.role)
        elif seen.add(intake.key(entry)):
            yield entry
        else:
            tally.duplicates += 1


def _rows(intake: Intake[T], source: SourceFile) -> Iterator[Row | BadRow]:
    if intake.columns:
        return rows(source, intake.columns)
    return (
        Row(number=number, line=number, cells={"": line}) for number, line in text_lines(source)
    )


def _watched(
    found: Iterator[T], source: SourceFile, progress: Callable[[int, int | None], None]
) -> Iterator[T]:
    told = -1
    for entry in found:
        yield entry
        if source.done != told:
            told = source.done
            progress(told, source.total)
    progress(source.done, source.total)


def _intake(
    tx: Transaction,
    kind: ImportKind,
    path: Path,
    catalogue: Catalogue,
    terms: Terms,
    consent_source: str,
    email_hash: Callable[[str], str] | None,
) -> Intake[KeyedNews]:
    match kind:
        case ImportKind.TOOL_CHANGES:
            return ToolChanges(catalogue, terms)
        case ImportKind.SALARY:
            return Pay(catalogue, terms, figures.pay(tx))
        case ImportKind.ROLE_UPDATES if path.suffix.lower() in JSON_LINES:
            return WrittenUpdates(catalogue, terms)
        case ImportKind.ROLE_UPDATES:
            return Metrics(catalogue, terms, figures.metrics(tx))
        case ImportKind.SUBSCRIBERS:
            return Subscribers(catalogue, terms, consent_source, email_hash)


def _frozen(tx: Transaction) -> Week | None:
    last = issues.last_regular_week(tx)
    return None if last is None else Week.parse(last)


def _consent(text: str | None) -> str:
    line = " ".join((text or "").split())
    if not line or not line.isprintable() or len(line) > CONSENT_LENGTH:
        raise Misconfigured(
            f"--consent-source {shown(line)!r} does not say where these people agreed: write up to "
            f"{CONSENT_LENGTH} characters like 'sign-up form on example.org, 2026'."
        )
    return line


def _abandon(db: Database, import_id: int, sleep: Callable[[float], None]) -> None:
    while True:
        with db.write() as tx:
            gone = imports.abandon_batch(tx, import_id, ABANDON_ROWS)
        if not gone:
            return
        sleep(PAUSE_SECONDS)


def _report(
    kind: ImportKind,
    tally: _Tally,
    errors: ErrorsFile,
    items_made: int,
    item_ids: tuple[int, ...],
) -> ImportReport:
    return ImportReport(
        kind=kind,
        read=tally.read,
        added=0 if errors.count else tally.added,
        duplicates=tally.duplicates,
        set_aside=tally.aside.total(),
        bad=errors.count,
        items_made=items_made,
        errors_file=errors.path,
        suppressed=tally.suppressed,
        item_ids=item_ids,
        set_aside_roles=tuple(tally.aside.most_common()),
        first_bad=tuple(errors.first),
    )


@contextmanager
def _alone(db: Database) -> Generator[None]:
    """Hold the lock of imports: what another one staged may be cleared only when it is dead.

    It is a lock on the folder of the database, gone with its process; it leaves no file behind.
    """
    if db.path is None:
        yield  # PostgreSQL: docs/importing.md asks for one import at a time
        return
    import fcntl
    import os

    folder = os.open(db.path.absolute().parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("Another import is running: start this one when it is done.") from None
        yield
    finally:
        os.close(folder)
