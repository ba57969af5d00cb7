"""Moves the schema forwards and backwards, in process and without a file of settings.

It never commits: the caller's transaction holds all steps or none. Alembic is imported only when
there is a step to take, because every start asks for the version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine import Connection

HEAD = "0016c"
"""Version of the newest step, which this program needs."""

_LOCK = 7_212_934_561
"""Number of the advisory lock under which one process at a time migrates PostgreSQL."""


def upgrade(connection: Connection) -> None:
    """Run every step that the schema has not seen."""
    from alembic import command

    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    command.upgrade(configuration(connection), "head")


def downgrade_one(connection: Connection) -> None:
    """Take back the last step."""
    from alembic import command

    command.downgrade(configuration(connection), "-1")


def current(connection: Connection) -> str | None:
    """Give the version that the schema has, or None before the first step."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def known() -> frozenset[str]:
    """Give every version that this program knows."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(configuration())
    return frozenset(step.revision for step in scripts.walk_revisions())


def configuration(connection: Connection | None = None) -> Config:
    """Tell Alembic where the steps are and which connection to use."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "briefings.store:migrations")
    config.attributes["connection"] = connection
    return config
