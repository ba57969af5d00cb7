"""Seed readers: who gets an issue first, and what waits until a person releases it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forwards."""
    op.add_column("edition", sa.Column("seeds_first", sa.Integer(), nullable=True))
    op.add_column("edition", sa.Column("release_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "issue",
        sa.Column("seeds_first", sa.Boolean(), nullable=False, server_default=sa.text("FALSE")),
    )
    op.add_column("issue", sa.Column("release_at", sa.BigInteger(), nullable=True))
    op.add_column("issue", sa.Column("released_at", sa.BigInteger(), nullable=True))
    op.add_column("issue", sa.Column("released_by", sa.String(), nullable=True))
    op.create_table(
        "seed_reader",
        sa.Column("reader_id", BIG, nullable=False, autoincrement=False),
        sa.Column("marked_by", sa.String(), nullable=False),
        sa.Column("marked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader_id", name=op.f("pk_seed_reader")),
    )
    op.create_table(
        "seed_delivery",
        sa.Column("issue_id", BIG, nullable=False, autoincrement=False),
        sa.Column("delivery_id", BIG, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("issue_id", "delivery_id", name=op.f("pk_seed_delivery")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("seed_delivery")
    op.drop_table("seed_reader")
    for column in ("released_by", "released_at", "release_at", "seeds_first"):
        op.drop_column("issue", column)
    op.drop_column("edition", "release_at")
    op.drop_column("edition", "seeds_first")
