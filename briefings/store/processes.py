"""Lists the sending processes and gives out their fences; it never decides who is dead (P5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.store.instance import next_number
from briefings.store.instants import Instant, instant, stored
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from briefings.store.database import Transaction


class ProcessRow(Table, table=True):
    """One sending process that has not been cleared away."""

    __tablename__ = "process"

    id: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    host: str
    boot_id: str
    log_path: str
    began_at: datetime = Field(sa_type=Instant)
    beat_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A sending process. The fence is larger than that of every process before it."""

    id: int
    fence: int
    host: str
    boot_id: str
    log_path: str
    began_at: datetime
    beat_at: datetime


def register(tx: Transaction, *, host: str, boot_id: str, log_path: str, now: datetime) -> Process:
    """Enter a process and give it a fence that no process had before."""
    number = next_number(tx, "fence")
    tx.execute(
        "INSERT INTO process (id, host, boot_id, log_path, began_at, beat_at) "
        "VALUES (:id, :host, :boot_id, :log_path, :now, :now)",
        id=number,
        host=host,
        boot_id=boot_id,
        log_path=log_path,
        now=stored(now),
    )
    return Process(
        id=number,
        fence=number,
        host=host,
        boot_id=boot_id,
        log_path=log_path,
        began_at=now,
        beat_at=now,
    )


def beat(tx: Transaction, process_id: int, now: datetime) -> bool:
    """Renew a lease; False when the process was cleared away and must stop."""
    return (
        tx.execute(
            "UPDATE process SET beat_at = :now WHERE id = :id", now=stored(now), id=process_id
        )
        > 0
    )


def gone(tx: Transaction, process_id: int) -> None:
    """Clear a process away: it ended, or was proven dead and its rows were settled."""
    tx.execute("DELETE FROM process WHERE id = :id", id=process_id)


def all(tx: Transaction) -> list[Process]:  # noqa: A001 - read as processes.all
    """Give every process that was not cleared away, oldest first."""
    rows = tx.rows("SELECT id, host, boot_id, log_path, began_at, beat_at FROM process ORDER BY id")
    return [
        Process(
            id=row[0],
            fence=row[0],
            host=row[1],
            boot_id=row[2],
            log_path=row[3],
            began_at=instant(row[4]),
            beat_at=instant(row[5]),
        )
        for row in rows
    ]
