"""Release feeds: when each is due, and which of its entries were seen."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forwards."""
    op.create_table(
        "feed",
        sa.Column("tool", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("every_hours", sa.Integer(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("last_modified", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tool", name=op.f("pk_feed")),
    )
    op.create_index(op.f("ix_feed_due_at"), "feed", ["due_at"])
    op.create_table(
        "feed_entry",
        sa.Column("tool", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("item_id", BIG_ID, nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_feed_entry_item_id")),
        sa.PrimaryKeyConstraint("tool", "key", name=op.f("pk_feed_entry")),
    )
    op.create_index(op.f("ix_feed_entry_item_id"), "feed_entry", ["item_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("feed_entry")
    op.drop_table("feed")
