"""The public archive, grants of tiers, presses of links, and what readers answer."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "answered",
    "answer_total",
    "folded",
    "presses",
    "tier_grant",
    "archive_switch",
    "archived",
)


def upgrade() -> None:
    """Go forwards; editions published before have no public copy and stay out of the archive."""
    op.create_table(
        "archived",
        sa.Column("specialization", sa.String(), nullable=False),
        sa.Column("week", sa.String(), nullable=False),
        sa.Column("briefing_id", BIG_ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("specialization", "week", name=op.f("pk_archived")),
    )
    op.create_table(
        "archive_switch",
        sa.Column("specialization", sa.String(), nullable=False),
        sa.Column("week", sa.String(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("specialization", "week", name=op.f("pk_archive_switch")),
    )
    op.create_table(
        "tier_grant",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("reader_id", BIG_ID, nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_grant")),
    )
    op.create_index(op.f("uq_tier_grant_key"), "tier_grant", ["key"], unique=True)
    op.create_index(op.f("ix_tier_grant_reader_id"), "tier_grant", ["reader_id"], unique=False)
    op.create_table(
        "presses",
        sa.Column("item_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", "day", name=op.f("pk_presses")),
    )
    op.create_table(
        "folded",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_folded")),
    )
    op.create_table(
        "answer_total",
        sa.Column("issue_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("item_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("issue_id", "item_id", "answer", name=op.f("pk_answer_total")),
    )
    op.create_table(
        "answered",
        sa.Column("code", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_answered")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Go back."""
    for table in TABLES:
        op.drop_table(table)
