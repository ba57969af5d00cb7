"""Bring a file into the store: read, stage in small batches, show by one flag or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from briefings.errors import Conflict, Misconfigured
from briefings.intake.csv_rows import BadRow, open_source
from briefings.intake.errors_file import ErrorsFile
from briefings.intake.fields import shown
from briefings.model.catalogue import Catalogue
from briefings.model.news import ItemState
from briefings.pipeline.import_steps import Import, Pace, abandon, frozen_week
from briefings.pipeline.staging import (
    Intake,
    Metrics,
    Pay,
    Subscribers,
    Terms,
    ToolChanges,
    WrittenUpdates,
)
from briefings.store import figures, imports
from briefings.store.database import Database
from briefings.weeks import Week

T = TypeVar("T")

CONSENT_LENGTH = 300
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
    email_hashes: Callable[[str], Collection[str]] | None = None,
) -> ImportReport:
    """Import one file, all of it or nothing; a second import of the same file adds nothing.

    Rows are staged under an import id in transactions of some 20 ms and shown by one flag. Killed
    at any moment, it leaves nothing visible, and the next import clears what it staged. `week` is
    for items made by comparison. `progress` gets bytes done and in all. `email_hashes` makes the
    keyed hashes under which a suppressed address may be kept.

    Raises:
        WrongFile: the file cannot be read, or its columns are others.
        Misconfigured: subscribers without a consent source.
        Conflict: another import runs, or a week was frozen meanwhile.
    """
    consent = _consent(consent_source) if kind is ImportKind.SUBSCRIBERS else ""
    with _alone(db), open_source(path, encoding) as source, ErrorsFile(path) as errors:
        if not dry_run:
            clear_unfinished(db, sleep=sleep)
        with db.read() as tx:
            terms = Terms(
                now=now,
                week=week,
                frozen=frozen_week(tx),
                state=ItemState.DRAFT if as_draft else ItemState.QUEUED,
            )
            pay = figures.pay(tx) if kind is ImportKind.SALARY else []
            metrics = figures.metrics(tx) if kind is ImportKind.ROLE_UPDATES else []

        def run(intake: Intake[T]) -> ImportReport:
            job = Import(db, intake, terms, errors, Pace(sleep=sleep, stopwatch=stopwatch))
            found = job.entries(source, progress)
            ids: list[int] = []
            if dry_run:
                made = job.check(found)
            else:
                ids = job.stage(found, kind.value, path.name)
                made = len(ids)
            return ImportReport(
                kind=kind,
                read=job.tally.read,
                added=0 if errors.count else job.tally.added,
                duplicates=job.tally.duplicates,
                set_aside=job.tally.aside.total(),
                bad=errors.count,
                items_made=made,
                errors_file=errors.path,
                suppressed=job.tally.suppressed,
                item_ids=tuple(ids),
                set_aside_roles=tuple(job.tally.aside.most_common()),
                first_bad=tuple(errors.first),
            )

        match kind:
            case ImportKind.TOOL_CHANGES:
                return run(ToolChanges(catalogue, terms))
            case ImportKind.SALARY:
                return run(Pay(catalogue, terms, pay))
            case ImportKind.ROLE_UPDATES if path.suffix.lower() in JSON_LINES:
                return run(WrittenUpdates(catalogue, terms))
            case ImportKind.ROLE_UPDATES:
                return run(Metrics(catalogue, terms, metrics))
            case ImportKind.SUBSCRIBERS:
                return run(Subscribers(catalogue, terms, consent, email_hashes))


def clear_unfinished(db: Database, *, sleep: Callable[[float], None] = time.sleep) -> int:
    """Delete what killed imports staged, batch by batch; give how many imports there were."""
    with db.read() as tx:
        left = imports.unfinished(tx)
    for import_id in left:
        abandon(db, import_id, sleep)
    return len(left)


def _consent(text: str | None) -> str:
    line = " ".join((text or "").split())
    if not line or not line.isprintable() or len(line) > CONSENT_LENGTH:
        raise Misconfigured(
            f"--consent-source {shown(line)!r} does not say where these people agreed: write up to "
            f"{CONSENT_LENGTH} characters like 'sign-up form on example.org, 2026'."
        )
    return line


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
