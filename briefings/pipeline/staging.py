"""What each kind of import reads out of a row and stores; it never says in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar

from briefings.intake import (
    exposure,
    metric_news,
    role_updates,
    salary,
    salary_news,
    subscribers,
    tool_changes,
)
from briefings.intake.csv_rows import Row
from briefings.intake.reading import SetAside
from briefings.intake.role_updates import WrittenUpdate
from briefings.intake.subscribers import KeyedReader
from briefings.intake.tool_changes import KeyedNews
from briefings.model.catalogue import Catalogue
from briefings.model.figures import Metric, PayEntry
from briefings.model.news import ItemState
from briefings.store import figures, items, readers
from briefings.store.database import Transaction
from briefings.weeks import Week, stored_week

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What became of a batch."""

    added: int
    known: int
    suppressed: int = 0


class Intake(Protocol[T]):
    """One kind of import. `read` raises BadRowError; `news` is asked for once, after all rows.

    `store_finds_twins` says that `store` counts a second row of one file as known by itself, so
    that the keys of a million rows need not be kept in memory.
    """

    columns: Sequence[str]
    store_finds_twins: bool

    def read(self, row: Row) -> T | SetAside:
        """Read one row."""
        ...

    def key(self, entry: T) -> str:
        """Give the key by which two rows are one."""
        ...

    def known(self, tx: Transaction, batch: Sequence[T]) -> int:
        """Count the entries that are stored already."""
        ...

    def store(self, tx: Transaction, batch: Sequence[T], import_id: int) -> Stored:
        """Stage a batch under an import id."""
        ...

    def news(self) -> list[KeyedNews]:
        """Draft news out of what was read and what was stored before."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What every import is told: when it is, which week drafts take, and what is frozen (R3)."""

    now: datetime
    week: Week
    frozen: Week | None
    state: ItemState

    @property
    def day(self) -> date:
        """The date of items made by comparison: they are news of their week, and of no day."""
        return self.week.monday


class ToolChanges:
    """Tool changes, each an item in the week that R3 gives it."""

    columns: Sequence[str] = tool_changes.COLUMNS
    store_finds_twins: bool = False

    def __init__(self, catalogue: Catalogue, terms: Terms) -> None:
        self._catalogue = catalogue
        self._terms = terms

    def read(self, row: Row) -> KeyedNews | SetAside:
        """Read one row."""
        return tool_changes.read_tool_change(row, self._catalogue)

    def key(self, entry: KeyedNews) -> str:
        """Give tool, version, kind, headline and date as one key."""
        return entry.key

    def known(self, tx: Transaction, batch: Sequence[KeyedNews]) -> int:
        """Count the entries that are stored already."""
        return len(items.known_keys(tx, [entry.key for entry in batch]))

    def store(self, tx: Transaction, batch: Sequence[KeyedNews], import_id: int) -> Stored:
        """Stage a batch under an import id."""
        return _store_news(tx, [(entry, None) for entry in batch], import_id, self._terms)

    def news(self) -> list[KeyedNews]:
        """Give nothing: the rows are the news."""
        return []


class WrittenUpdates:
    """Role updates that people wrote as JSON lines."""

    columns: Sequence[str] = ()
    store_finds_twins: bool = False

    def __init__(self, catalogue: Catalogue, terms: Terms) -> None:
        self._catalogue = catalogue
        self._terms = terms

    def read(self, row: Row) -> WrittenUpdate | SetAside:
        """Read one line, which stands in the row's only cell."""
        return role_updates.read_role_update(row.number, row.cells[""], self._catalogue)

    def key(self, entry: WrittenUpdate) -> str:
        """Give role or targets, headline, date and source as one key."""
        return entry.keyed.key

    def known(self, tx: Transaction, batch: Sequence[WrittenUpdate]) -> int:
        """Count the entries that are stored already."""
        return len(items.known_keys(tx, [entry.keyed.key for entry in batch]))

    def store(self, tx: Transaction, batch: Sequence[WrittenUpdate], import_id: int) -> Stored:
        """Stage a batch under an import id."""
        named = [(entry.keyed, entry.week) for entry in batch]
        return _store_news(tx, named, import_id, self._terms)

    def news(self) -> list[KeyedNews]:
        """Give nothing: the lines are the news."""
        return []


class Pay:
    """Pay figures; those of roles that we carry stay in memory until the comparison."""

    columns: Sequence[str] = salary.COLUMNS
    store_finds_twins: bool = False

    def __init__(self, catalogue: Catalogue, terms: Terms, stored: Sequence[PayEntry]) -> None:
        self._catalogue = catalogue
        self._terms = terms
        self._stored = stored
        self._keys = {salary.pay_key(entry) for entry in stored}
        self._read: dict[str, PayEntry] = {}

    def read(self, row: Row) -> PayEntry | SetAside:
        """Read one row."""
        found = salary.read_pay(row, self._catalogue)
        if isinstance(found, PayEntry):
            self._read.setdefault(self.key(found), found)
        return found

    def key(self, entry: PayEntry) -> str:
        """Give everything that the figure says as one key."""
        return salary.pay_key(entry)

    def known(self, tx: Transaction, batch: Sequence[PayEntry]) -> int:
        """Count the entries that are stored already."""
        del tx
        return sum(salary.pay_key(entry) in self._keys for entry in batch)

    def store(self, tx: Transaction, batch: Sequence[PayEntry], import_id: int) -> Stored:
        """Stage a batch under an import id."""
        new = [entry for entry in batch if salary.pay_key(entry) not in self._keys]
        figures.put_pay(tx, new, import_id)
        return Stored(added=len(new), known=len(batch) - len(new))

    def news(self) -> list[KeyedNews]:
        """Compare the newest period of the file with the one before (R14)."""
        return salary_news.salary_news(
            self._read.values(), self._stored, self._catalogue, on=self._terms.day
        )


class Metrics:
    """Exposure figures. Those of roles that we carry stay in memory until the comparison."""

    columns: Sequence[str] = exposure.COLUMNS
    store_finds_twins: bool = False

    def __init__(self, catalogue: Catalogue, terms: Terms, stored: Sequence[Metric]) -> None:
        self._catalogue = catalogue
        self._terms = terms
        self._stored = stored
        self._keys = {exposure.metric_key(metric) for metric in stored}
        self._read: dict[str, Metric] = {}

    def read(self, row: Row) -> Metric | SetAside:
        """Read one row."""
        found = exposure.read_metric(row, self._catalogue)
        if isinstance(found, Metric):
            self._read.setdefault(self.key(found), found)
        return found

    def key(self, entry: Metric) -> str:
        """Give everything that the figure says as one key."""
        return exposure.metric_key(entry)

    def known(self, tx: Transaction, batch: Sequence[Metric]) -> int:
        """Count the entries that are stored already."""
        del tx
        return sum(exposure.metric_key(entry) in self._keys for entry in batch)

    def store(self, tx: Transaction, batch: Sequence[Metric], import_id: int) -> Stored:
        """Stage a batch under an import id."""
        new = [entry for entry in batch if exposure.metric_key(entry) not in self._keys]
        figures.put_metrics(tx, new, import_id)
        return Stored(added=len(new), known=len(batch) - len(new))

    def news(self) -> list[KeyedNews]:
        """Compare with what stood before, in the file or in the store."""
        changes = metric_news.metric_changes(self._read.values(), self._stored)
        return metric_news.metric_news(changes, self._catalogue, on=self._terms.day)


class Subscribers:
    """Readers who agreed elsewhere; they are confirmed and get no welcome (R11)."""

    columns: Sequence[str] = subscribers.COLUMNS
    store_finds_twins: bool = True

    def __init__(
        self,
        catalogue: Catalogue,
        terms: Terms,
        consent_source: str,
        email_hashes: Callable[[str], Collection[str]] | None,
    ) -> None:
        self._rows = subscribers.SubscriberRows(catalogue)
        self._terms = terms
        self._consent_source = consent_source
        self._email_hashes = email_hashes

    def read(self, row: Row) -> KeyedReader | SetAside:
        """Read one row."""
        return self._rows.read(row)

    def key(self, entry: KeyedReader) -> str:
        """Give the mailbox."""
        return entry.key

    def known(self, tx: Transaction, batch: Sequence[KeyedReader]) -> int:
        """Count the mailboxes that are stored already."""
        found = (readers.by_email(tx, entry.reader.email) for entry in batch)
        return sum(reader is not None for reader in found)

    def store(self, tx: Transaction, batch: Sequence[KeyedReader], import_id: int) -> Stored:
        """Stage a batch under an import id."""
        done = readers.add(
            tx,
            [entry.reader for entry in batch],
            confirmed_at=self._terms.now,
            consent_source=self._consent_source,
            import_id=import_id,
            now=self._terms.now,
            email_hashes=self._email_hashes,
        )
        return Stored(added=done.added, known=done.known, suppressed=done.suppressed)

    def news(self) -> list[KeyedNews]:
        """Give nothing."""
        return []


def _store_news(
    tx: Transaction,
    batch: Sequence[tuple[KeyedNews, str | None]],
    import_id: int,
    terms: Terms,
) -> Stored:
    known = items.known_keys(tx, [entry.key for entry, _ in batch])
    for entry, week in batch:
        if entry.key in known:
            continue
        items.add(
            tx,
            entry.news,
            week=str(_week_of(entry, week, terms.frozen)),
            state=terms.state,
            now=terms.now,
            import_id=import_id,
            import_key=entry.key,
        )
    return Stored(added=len(batch) - len(known), known=len(known))


def _week_of(entry: KeyedNews, named: str | None, frozen: Week | None) -> Week:
    """Give the week that the writer named while it is open, otherwise what R3 says of the date."""
    own = Week.parse(named) if named else Week.of(entry.news.date)
    return own if frozen is None or own > frozen else stored_week(entry.news.date, frozen)
