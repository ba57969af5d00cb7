"""Keeps figures that imports leave behind, for comparisons and role pages; it compares nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import Field, Index

from briefings.model.figures import Metric, PayEntry
from briefings.store.codec import dumps, loads
from briefings.store.imports import NOT_IMPORTED, SHOWN
from briefings.store.tables import BigId, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefings.store.database import Transaction


class MetricRow(Table, table=True):
    """One figure about an occupation, as JSON; no two are equal."""

    __tablename__ = "metric"
    __table_args__ = (
        Index("ix_metric_role", "role"),
        Index("uq_metric_document", "document", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    role: str
    document: str
    import_id: int = Field(default=NOT_IMPORTED, sa_type=BigId)


class PayRow(Table, table=True):
    """One pay figure, as JSON; `role` is empty for a role that we do not carry."""

    __tablename__ = "pay"
    __table_args__ = (
        Index("ix_pay_role", "role"),
        Index("uq_pay_document", "document", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    role: str | None = None
    document: str
    import_id: int = Field(default=NOT_IMPORTED, sa_type=BigId)


def metrics(tx: Transaction, role: str | None = None) -> list[Metric]:
    """Give all figures, or those of one role (by slug), in the order in which they came."""
    rows = tx.rows(
        f"SELECT document FROM metric WHERE import_id {SHOWN} "  # noqa: S608 - our own text
        "AND (CAST(:role AS TEXT) IS NULL OR role = :role) ORDER BY id",
        role=role,
    )
    return [loads(Metric, row[0]) for row in rows]


def put_metrics(tx: Transaction, rows: Sequence[Metric], import_id: int) -> int:
    """Store figures, but none that is there in every field; give how many were new."""
    return tx.many(
        "INSERT INTO metric (role, document, import_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(metric.role, dumps(metric), import_id) for metric in rows],
    )


def pay(tx: Transaction, role: str | None = None) -> list[PayEntry]:
    """Give all pay figures, or those of one role (by slug), in the order in which they came."""
    rows = tx.rows(
        f"SELECT document FROM pay WHERE import_id {SHOWN} "  # noqa: S608 - our own text
        "AND (CAST(:role AS TEXT) IS NULL OR role = :role) ORDER BY id",
        role=role,
    )
    return [loads(PayEntry, row[0]) for row in rows]


def put_pay(tx: Transaction, rows: Sequence[PayEntry], import_id: int) -> int:
    """Store pay figures, but none that is there in every field; give how many were new."""
    return tx.many(
        "INSERT INTO pay (role, document, import_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(entry.role, dumps(entry), import_id) for entry in rows],
    )
