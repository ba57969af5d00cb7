"""Keeps readers and what they chose; it never decides who gets a mail, and stores no token.

Whatever changes what a reader may get raises `preferences_version` and is written to `changes`,
so that processes which are sending hear of it (P4). `confirmed_at` is never rewritten by leaving
or erasing: audiences are counted over it (R7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlmodel import Field, Index, text

from briefings.errors import Conflict, NotFound, Remedy
from briefings.model.frequency import Frequency
from briefings.model.reader import Preferences, Reader, Section
from briefings.store import suppression
from briefings.store.changes import append_change, changes_since, last_change
from briefings.store.codec import nfc
from briefings.store.imports import NOT_IMPORTED, SHOWN
from briefings.store.instants import Day, Instant, day, instant_or_none, stored, stored_day
from briefings.store.mailbox import mailbox_key
from briefings.store.tables import BigId, Table, parts, places

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from briefings.model.reader import NewReader
    from briefings.store.database import Row, Transaction, Value

__all__ = ["changes_since", "last_change"]

_COLUMNS = (
    "id, email, name, specializations, frequency, sections_off, language, timezone, "
    "plan_started_on, plan_snoozes, tier, confirmed_at, left_at, paused_until, suppressed, "
    "preferences_version, focus"
)
_INSERT = (
    "INSERT INTO reader (email, email_key, name, specializations, frequency, sections_off, "
    "language, timezone, plan_started_on, plan_snoozes, tier, confirmed_at, suppressed, "
    "preferences_version, consent_source, import_id, created_at) "
    "VALUES (?, ?, ?, ?, 'weekly', '', 'en', ?, ?, 0, 'free', ?, FALSE, 1, ?, ?, ?) "
    "ON CONFLICT (email_key) DO NOTHING"
)


class ReaderRow(Table, table=True):
    """One reader. An erased one keeps its number and when it confirmed and left, nothing else."""

    __tablename__ = "reader"
    __table_args__ = (
        Index("uq_reader_email_key", "email_key", unique=True),
        Index(
            "ix_reader_signed_up",
            "confirmed_at",
            sqlite_where=text("import_id = 0"),
            postgresql_where=text("import_id = 0"),
        ),
        # Not a partial one: SQLite would walk along it in every query with the same condition.
        Index("ix_reader_counted", "specializations", "import_id", "left_at", "confirmed_at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    email: str
    email_key: str | None = None
    name: str
    specializations: str
    frequency: str = Frequency.WEEKLY.value
    sections_off: str = ""
    language: str = "en"
    timezone: str | None = None
    plan_started_on: date | None = Field(default=None, sa_type=Day)
    plan_snoozes: int = 0
    focus: str = ""
    tier: str = "free"
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    left_at: datetime | None = Field(default=None, sa_type=Instant)
    paused_until: date | None = Field(default=None, sa_type=Day)
    suppressed: bool = False
    preferences_version: int = 1
    consent_source: str = ""
    import_id: int = Field(default=NOT_IMPORTED, sa_type=BigId)
    created_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddReport:
    """What became of readers that were to be added."""

    added: int
    known: int
    suppressed: int


def add(
    tx: Transaction,
    readers: Sequence[NewReader],
    *,
    confirmed_at: datetime | None,
    consent_source: str,
    import_id: int | None,
    now: datetime,
    email_hashes: Callable[[str], Collection[str]] | None = None,
) -> AddReport:
    """Store readers in bulk; a known mailbox and a suppressed one are skipped and counted.

    `email_hashes` makes every keyed hash under which a mailbox key may be suppressed; without it
    suppression is not looked at. Some thousands per transaction are best.
    """
    keyed = [(mailbox_key(reader.email), reader) for reader in readers]
    banned = _banned(tx, [key for key, _ in keyed], email_hashes)
    confirmed, created, batch = stored(confirmed_at), stored(now), import_id or NOT_IMPORTED
    added = tx.many(
        _INSERT,
        [
            (
                nfc(reader.email),
                key,
                nfc(reader.name),
                ";".join(reader.specializations),
                reader.timezone,
                stored_day(reader.plan_started_on),
                confirmed,
                consent_source,
                batch,
                created,
            )
            for key, reader in keyed
            if key not in banned
        ],
    )
    skipped = sum(key in banned for key, _ in keyed) if banned else 0
    return AddReport(added=added, known=len(keyed) - added - skipped, suppressed=skipped)


def _banned(
    tx: Transaction, keys: Sequence[str], email_hashes: Callable[[str], Collection[str]] | None
) -> frozenset[str]:
    if email_hashes is None or not suppression.any_at_all(tx):
        return frozenset()
    by_hash = {name: key for key in keys for name in email_hashes(key)}
    return frozenset(by_hash[found] for found in suppression.among(tx, by_hash))


def get(tx: Transaction, reader_id: int) -> Reader | None:
    """Give a reader by number, or None."""
    return _first(
        tx.rows(f"SELECT {_COLUMNS} FROM reader WHERE id = :id AND import_id {SHOWN}", id=reader_id)  # noqa: S608 - our own text
    )


def by_email(tx: Transaction, email: str) -> Reader | None:
    """Give the reader who has this mailbox, however it is spelled, or None."""
    return _first(
        tx.rows(
            f"SELECT {_COLUMNS} FROM reader WHERE email_key = :key AND import_id {SHOWN}",  # noqa: S608 - our own text
            key=mailbox_key(email),
        )
    )


def consent_of(tx: Transaction, reader_id: int) -> str:
    """Give where the consent of a reader comes from, in the words of the import or the form."""
    row = tx.one("SELECT consent_source FROM reader WHERE id = :id", id=reader_id)
    return "" if row is None else str(row[0])


def among(tx: Transaction, ids: Collection[int]) -> dict[int, Reader]:
    """Give readers by number; unknown numbers are left out."""
    found: dict[int, Reader] = {}
    for part in parts(sorted(set(ids))):
        rows = tx.fetch(
            f"SELECT {_COLUMNS} FROM reader WHERE id IN ({places(part)}) AND import_id {SHOWN}",  # noqa: S608 - only places
            part,
        )
        found.update((row[0], _reader(row)) for row in rows)
    return found


def batch(
    tx: Transaction, *, after_id: int, limit: int, confirmed_before: datetime
) -> list[Reader]:
    """Give the next readers by number who confirmed before an instant, left and paused ones too."""
    rows = tx.fetch(
        f"SELECT {_COLUMNS} FROM reader WHERE id > ? AND confirmed_at < ? "  # noqa: S608 - our own text
        f"AND import_id {SHOWN} ORDER BY id LIMIT ?",
        (after_id, stored(confirmed_before), limit),
    )
    return [_reader(row) for row in rows]


def confirmed_count(tx: Transaction, before: datetime) -> int:
    """Count the readers who confirmed before an instant, whether or not they left since."""
    row = tx.one(
        f"SELECT COUNT(*) FROM reader WHERE confirmed_at < :before AND import_id {SHOWN}",  # noqa: S608 - our own text
        before=stored(before),
    )
    return int(row[0]) if row else 0


def count(tx: Transaction) -> int:
    """Count the readers, confirmed or not, left or not."""
    row = tx.one(f"SELECT COUNT(*) FROM reader WHERE import_id {SHOWN}")  # noqa: S608 - our own text
    return int(row[0]) if row else 0


def count_by_specializations(tx: Transaction) -> dict[tuple[str, ...], int]:
    """Count the readers who are confirmed and have not left, by their ordered list.

    Pages ask for it: it is read out of an index alone, some 150 ms for a million.
    """
    rows = tx.rows(
        "SELECT specializations, COUNT(*) FROM reader WHERE confirmed_at IS NOT NULL "  # noqa: S608 - our own text
        f"AND left_at IS NULL AND import_id {SHOWN} GROUP BY specializations"
    )
    return {_split(row[0]): int(row[1]) for row in rows}


def leave(
    tx: Transaction, reader_id: int, *, specializations: Collection[str] | None, now: datetime
) -> bool:
    """Unsubscribe from some specializations, or from all with None; False when nothing changed.

    Leaving the last one is leaving altogether; the list then stays as it was, for whoever comes
    back. A second call changes nothing. Raises NotFound.
    """
    subscribed, left_at = _subscribed(tx, reader_id)
    remaining = () if specializations is None else _without(subscribed, specializations)
    if left_at is not None or remaining == subscribed:
        return False
    if remaining:
        _update(tx, reader_id, now, specializations=";".join(remaining))
    else:
        _update(tx, reader_id, now, left_at=stored(now))
    return True


def rejoin(tx: Transaction, reader_id: int, specializations: Sequence[str], now: datetime) -> None:
    """Subscribe a reader again, to exactly these; the confirmation of old stays. NotFound."""
    _subscribed(tx, reader_id)
    _update(tx, reader_id, now, specializations=";".join(specializations), left_at=None)


def confirm(tx: Transaction, reader_id: int, now: datetime) -> None:
    """Write down when a reader confirmed who was stored without it; an earlier instant stays."""
    changed = tx.execute(
        "UPDATE reader SET confirmed_at = :now WHERE id = :id AND confirmed_at IS NULL",
        now=stored(now),
        id=reader_id,
    )
    if changed:
        append_change(tx, reader_id, now)


def move(tx: Transaction, reader_id: int, email: str, now: datetime) -> None:
    """Give a reader another address. Raises NotFound, and Conflict when a reader has it."""
    _subscribed(tx, reader_id)
    if (holder := by_email(tx, email)) is not None and holder.id != reader_id:
        raise Conflict("another reader has this address already")
    _update(tx, reader_id, now, email=nfc(email), email_key=mailbox_key(email))


def rename(tx: Transaction, reader_id: int, name: str, now: datetime) -> None:
    """Store what a reader wants to be called; empty for nothing. Raises NotFound."""
    _subscribed(tx, reader_id)
    _update(tx, reader_id, now, name=nfc(name))


def set_preferences(  # noqa: PLR0917 - the parts of one form, agreed upon
    tx: Transaction,
    reader_id: int,
    preferences: Preferences,
    timezone: str | None,
    paused_until: date | None,
    now: datetime,
) -> None:
    """Store what a reader chose; leaving is `leave`. Raises NotFound."""
    _subscribed(tx, reader_id)
    _update(
        tx,
        reader_id,
        now,
        specializations=";".join(preferences.specializations),
        frequency=preferences.frequency.value,
        sections_off=";".join(section.value for section in preferences.sections_off),
        language=preferences.language,
        focus=preferences.focus,
        timezone=timezone,
        paused_until=stored_day(paused_until),
    )


def switch_off(tx: Transaction, reader: Reader, section: Section, now: datetime) -> None:
    """Switch one part of a reader's mail off, beside those that are off. Raises NotFound."""
    _subscribed(tx, reader.id)
    off = {*reader.preferences.sections_off, section}
    written = ";".join(each.value for each in Section if each in off)
    _update(tx, reader.id, now, sections_off=written)


def set_plan(
    tx: Transaction, reader_id: int, started_on: date | None, snoozes: int, now: datetime
) -> None:
    """Store from when a reader's plan counts and by how many weeks it was moved. NotFound."""
    _subscribed(tx, reader_id)
    _update(tx, reader_id, now, plan_started_on=stored_day(started_on), plan_snoozes=snoozes)


def suppress(
    tx: Transaction, email_hash: str, reason: str, now: datetime, *, reader_id: int | None = None
) -> None:
    """Never mail an address again; marks the reader who has it, where the caller knows one."""
    suppression.add(tx, email_hash, reason, now)
    if reader_id is not None:
        _update(tx, reader_id, now, suppressed=True)


def set_tier(tx: Transaction, reader_id: int, tier: str, now: datetime) -> None:
    """Store what a reader pays for; read at the next claim (R7). Raises NotFound."""
    _subscribed(tx, reader_id)
    _update(tx, reader_id, now, tier=tier)


def erase(tx: Transaction, reader_id: int, now: datetime) -> None:
    """Empty a reader's row and keep its number, so that issues still add up (R13). NotFound."""
    _, left_at = _subscribed(tx, reader_id)
    _update(
        tx,
        reader_id,
        now,
        email="",
        email_key=None,
        name="",
        specializations="",
        frequency=Frequency.WEEKLY.value,
        sections_off="",
        language="en",
        timezone=None,
        plan_started_on=None,
        plan_snoozes=0,
        focus="",
        tier="free",
        paused_until=None,
        consent_source="",
        left_at=left_at if left_at is not None else stored(now),
    )


def _subscribed(tx: Transaction, reader_id: int) -> tuple[tuple[str, ...], int | None]:
    row = tx.one(
        f"SELECT specializations, left_at FROM reader WHERE id = :id AND import_id {SHOWN}"  # noqa: S608 - our own text
        f"{tx.for_update}",
        id=reader_id,
    )
    if row is None:
        raise NotFound(f"There is no reader {reader_id}.", Remedy.SEE_READER)
    return _split(row[0]), row[1]


def _update(tx: Transaction, reader_id: int, now: datetime, **columns: Value) -> None:
    """Write columns of one reader, and tell those who are sending (P4)."""
    written = ", ".join(f"{column} = :{column}" for column in columns)
    tx.execute(
        f"UPDATE reader SET {written}, preferences_version = preferences_version + 1 "  # noqa: S608 - names of our own columns
        "WHERE id = :id",
        **columns,
        id=reader_id,
    )
    append_change(tx, reader_id, now)


def _without(subscribed: tuple[str, ...], left: Collection[str]) -> tuple[str, ...]:
    return tuple(slug for slug in subscribed if slug not in left)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(";")) if text else ()


@lru_cache(maxsize=65_536)
def _preferences(
    specializations: str, frequency: str, sections_off: str, language: str, focus: str
) -> Preferences:
    """Make equal preferences one object: a million readers have some thousand of them."""
    return Preferences(
        specializations=_split(specializations),
        frequency=Frequency(frequency),
        sections_off=tuple(Section(part) for part in _split(sections_off)),
        language=language,
        focus=focus,
    )


def _first(rows: Sequence[Row]) -> Reader | None:
    return _reader(rows[0]) if rows else None


def _reader(row: Row) -> Reader:
    return Reader(
        id=row[0],
        email=row[1],
        name=row[2],
        preferences=_preferences(row[3], row[4], row[5], row[6], row[16]),
        timezone=row[7],
        plan_started_on=day(row[8]),
        plan_snoozes=row[9],
        tier=row[10],
        confirmed_at=instant_or_none(row[11]),
        left_at=instant_or_none(row[12]),
        paused_until=day(row[13]),
        suppressed=bool(row[14]),
        preferences_version=row[15],
    )
