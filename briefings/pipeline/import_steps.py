"""One import under way: read on, stage or only count, show or abandon; it opens no file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar

from briefings.errors import Conflict
from briefings.intake.csv_rows import BadRow, Row, SourceFile, rows, text_lines
from briefings.intake.errors_file import ErrorsFile
from briefings.intake.reading import BadRowError, SetAside
from briefings.intake.seen import Seen
from briefings.intake.tool_changes import KeyedNews
from briefings.model.news import ItemState
from briefings.pipeline.staging import Intake, Terms
from briefings.store import imports, issues, items
from briefings.store.database import Database, Transaction
from briefings.weeks import Week

T = TypeVar("T")

LOCK_SECONDS = 0.02
"""How long a batch may hold the write lock; with the pause, others wait 1.5 ms (DESIGN 5)."""
PAUSE_SECONDS = 0.005
SMALLEST, FIRST, LARGEST = 20, 200, 5_000
ABANDON_ROWS = 2_000
ROLES_NAMED = 200


@dataclass(slots=True)
class Tally:
    """What was counted so far; `aside` counts the rows of each role that we do not carry."""

    read: int = 0
    added: int = 0
    duplicates: int = 0
    suppressed: int = 0
    aside: Counter[str] = field(default_factory=Counter[str])

    def set_aside(self, role: str) -> None:
        """Count a row under its role; past some hundred names under "others"."""
        known = role in self.aside or len(self.aside) < ROLES_NAMED
        self.aside[role if known else "others"] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How time passes: `sleep` lets others have the lock, `stopwatch` says how long we held it."""

    sleep: Callable[[float], None]
    stopwatch: Callable[[], float]


class Import(Generic[T]):
    """Reads one open file by one kind of intake."""

    def __init__(
        self, db: Database, intake: Intake[T], terms: Terms, errors: ErrorsFile, pace: Pace
    ) -> None:
        self.tally = Tally()
        self._db = db
        self._intake = intake
        self._terms = terms
        self._errors = errors
        self._pace = pace

    def entries(
        self, source: SourceFile, progress: Callable[[int, int | None], None]
    ) -> Iterator[T]:
        """Check the header, and yield the good rows; count the others."""
        found = self._good(_rows(self._intake, source))
        return self._watched(found, source, progress)

    def stage(self, found: Iterator[T], kind: str, filename: str) -> list[int]:
        """Stage all and show it, or leave nothing; give the ids of the drafts that were made."""
        with self._db.write() as tx:
            import_id = imports.begin(tx, kind, filename, now=self._terms.now)
        shown = False
        try:
            once = found if self._intake.store_finds_twins else self._once_each(found)
            self._store(once, import_id)
            if self._errors.count:
                return []
            made = self._show(import_id)
            shown = True
            return made
        finally:
            if not shown:
                abandon(self._db, import_id, self._pace.sleep)

    def check(self, found: Iterator[T]) -> int:
        """Count what an import would come to and give the number of drafts; write nothing."""
        found = self._once_each(found)
        while batch := list(islice(found, LARGEST)):
            with self._db.read() as tx:
                known = self._intake.known(tx, batch)
            self.tally.added += len(batch) - known
            self.tally.duplicates += known
        if self._errors.count:
            return 0
        with self._db.read() as tx:
            return len(_unknown(tx, self._intake.news()))

    def _good(self, found: Iterator[Row | BadRow]) -> Iterator[T]:
        for row in found:
            self.tally.read += 1
            if isinstance(row, BadRow):
                self._errors.add([row])
                continue
            try:
                entry = self._intake.read(row)
            except BadRowError as problem:
                self._errors.add(problem.bad)
                continue
            if isinstance(entry, SetAside):
                self.tally.set_aside(entry.role)
            else:
                yield entry

    def _once_each(self, found: Iterator[T]) -> Iterator[T]:
        seen = Seen()
        for entry in found:
            if seen.add(self._intake.key(entry)):
                yield entry
            else:
                self.tally.duplicates += 1

    def _watched(
        self, found: Iterator[T], source: SourceFile, progress: Callable[[int, int | None], None]
    ) -> Iterator[T]:
        told = -1
        for entry in found:
            yield entry
            if self.tally.read % 256 == 0 and source.done != told:
                told = source.done
                progress(told, source.total)
        progress(source.done, source.total)

    def _store(self, found: Iterator[T], import_id: int) -> None:
        """Store batch after batch, as large as the lock allows; after a bad row only read on."""
        size = FIRST
        while batch := list(islice(found, size)):
            if self._errors.count:
                continue
            began = self._pace.stopwatch()
            with self._db.write() as tx:
                done = self._intake.store(tx, batch, import_id)
            took = max(self._pace.stopwatch() - began, 1e-4)
            self.tally.added += done.added
            self.tally.duplicates += done.known
            self.tally.suppressed += done.suppressed
            size = min(LARGEST, max(SMALLEST, int(len(batch) * min(2.0, LOCK_SECONDS / took))))
            self._pace.sleep(PAUSE_SECONDS)

    def _show(self, import_id: int) -> list[int]:
        """Add the drafts and turn the flag, in one transaction: here the import happens."""
        made = self._intake.news()
        with self._db.write() as tx:
            if frozen_week(tx) != self._terms.frozen:
                raise Conflict("A week was frozen while the file was read: run the import again.")
            ids = [
                items.add(
                    tx,
                    entry.news,
                    week=str(self._terms.week),
                    state=ItemState.DRAFT,
                    now=self._terms.now,
                    import_id=import_id,
                    import_key=entry.key,
                )
                for entry in _unknown(tx, made)
            ]
            counts = {
                "read": self.tally.read,
                "added": self.tally.added,
                "duplicates": self.tally.duplicates,
                "set_aside": self.tally.aside.total(),
                "suppressed": self.tally.suppressed,
                "items_made": len(ids),
            }
            imports.show(tx, import_id, counts, now=self._terms.now)
        return ids


def abandon(db: Database, import_id: int, sleep: Callable[[float], None]) -> None:
    """Delete what an import staged, batch by batch."""
    while True:
        with db.write() as tx:
            gone = imports.abandon_batch(tx, import_id, ABANDON_ROWS)
        if not gone:
            return
        sleep(PAUSE_SECONDS)


def frozen_week(tx: Transaction) -> Week | None:
    """Give the last week that has a regular issue (R3)."""
    last = issues.last_regular_week(tx)
    return None if last is None else Week.parse(last)


def _rows(intake: Intake[T], source: SourceFile) -> Iterator[Row | BadRow]:
    if intake.columns:
        return rows(source, intake.columns)
    return (
        Row(number=number, line=number, cells={"": line}) for number, line in text_lines(source)
    )


def _unknown(tx: Transaction, made: Sequence[KeyedNews]) -> list[KeyedNews]:
    known = items.known_keys(tx, [entry.key for entry in made])
    return [entry for entry in made if entry.key not in known]
