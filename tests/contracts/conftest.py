"""One database for each test of the contract, on SQLite always and on PostgreSQL where it is."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from briefings.store.database import Database
from tests.conftest import database_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]
NEWEST = "newest"
"""The database on the server of this run that all others at the newest version are copies of."""


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database: at the newest version for who asks for `database`, else empty."""
    newest = "database" in request.fixturenames
    if request.param == "sqlite":
        file = tmp_path / "briefings.db"
        if newest:
            shutil.copyfile(request.getfixturevalue("newest_file"), file)
        yield f"sqlite:///{file}"
        return
    template = request.getfixturevalue("newest_database") if newest else "template1"
    with database_on(request.getfixturevalue("postgres"), template) as made:
        yield made


def migrated(url: str) -> None:
    opened = Database.open(url)
    opened.migrate()
    opened.dispose()


@pytest.fixture(scope="session")
def newest_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file at the newest version, migrated once: a copy takes a hundredth of the time."""
    file = tmp_path_factory.mktemp("newest") / "newest.db"
    migrated(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def newest_database(postgres: str) -> str:
    """The name of such a database on PostgreSQL."""
    import psycopg

    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {NEWEST}".encode())
    migrated(postgres.rsplit("/", 1)[0] + f"/{NEWEST}")
    return NEWEST


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A database at the newest version."""
    opened = Database.open(url)
    yield opened
    opened.dispose()
