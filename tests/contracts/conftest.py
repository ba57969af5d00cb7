"""One database for each test of the contract, on SQLite always and on PostgreSQL where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from briefings.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/briefings.db"
    return request.getfixturevalue("postgres_database")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A database at the newest version."""
    opened = Database.open(url)
    opened.migrate()
    yield opened
    opened.dispose()
