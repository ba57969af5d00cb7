"""Moves the schema forwards and backwards, in process and without a file of settings.

It never commits: the caller's transaction holds all steps or none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_LOCK = 7_212_934_561
"""Number of the advisory lock under which one process at a time migrates PostgreSQL."""


def upgrade(connection: Connection) -> None:
    """Run every step that the schema has not seen."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    command.upgrade(_config(connection), "head")


def downgrade_one(connection: Connection) -> None:
    """Take back the last step."""
    command.downgrade(_config(connection), "-1")


def current(connection: Connection) -> str | None:
    """Give the version that the schema has, or None before the first step."""
    return MigrationContext.configure(connection).get_current_revision()


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """Give every version that this program knows."""
    return frozenset(step.revision for step in _scripts().walk_revisions())


@lru_cache(maxsize=1)
def head() -> str:
    """Give the version that this program needs."""
    (newest,) = _scripts().get_heads()
    return newest


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "briefings.store:migrations")
    config.attributes["connection"] = connection
    return config
