"""What all tables share: metadata, naming rule, column types; no table and no query of a noun."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from sqlalchemy import BigInteger, Integer, MetaData
from sqlmodel import SQLModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Sized

OPEN = "state IN ('pending', 'deferred')"
"""Open deliveries: SQLite uses their partial index for this very text, never for bound values."""

T = TypeVar("T")
_AT_ONCE = 500

BigId = BigInteger().with_variant(Integer, "sqlite")
"""Type of a row number: SQLite counts by itself only in a column that is called INTEGER."""


class Table(SQLModel):
    """Base of all tables; keeps their metadata apart from that of any other SQLModel program."""

    if TYPE_CHECKING:
        # SQLModel and SQLAlchemy disagree about what a table's name may be; ours are text.
        __tablename__: ClassVar[str]  # pyright: ignore[reportIncompatibleVariableOverride]

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a list of any length into pieces whose places fit into one statement."""
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))


def places(values: Sized) -> str:
    """Give a `?` for each value, for use inside IN (...)."""
    return ", ".join("?" * len(values))
