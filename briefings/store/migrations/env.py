"""What Alembic runs around the steps: our connection, our tables; it opens nothing of its own."""

from __future__ import annotations

from alembic import context

from briefings.store.schema import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
