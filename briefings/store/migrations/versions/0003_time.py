"""What time leaves behind: which mailing an edition went with, runs, alerts, corrections."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forwards; editions that went already went with the regular mailing of their week."""
    op.add_column("edition", sa.Column("sent_subject", sa.String(), nullable=True))
    op.add_column("edition", sa.Column("held_at", sa.BigInteger(), nullable=True))
    op.add_column("edition", sa.Column("issue_id", BIG_ID, nullable=True))
    op.execute(
        "UPDATE edition SET issue_id = (SELECT issue.id FROM issue WHERE issue.week = edition.week "
        "AND issue.kind = 'regular') WHERE state = 'published'"
    )
    op.create_table(
        "run",
        sa.Column("week", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("moved_to", sa.String(length=10), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_run")),
    )
    op.create_table(
        "alert",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("week", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("mailed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index(op.f("uq_alert_key"), "alert", ["key"], unique=True)
    op.create_table(
        "correction",
        sa.Column("issue_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("item_id", BIG_ID, nullable=False),
        sa.Column("item_revision", sa.Integer(), nullable=False),
        sa.Column("headline", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_correction")),
    )
    op.create_table(
        "corrected",
        sa.Column("item_id", BIG_ID, nullable=False),
        sa.Column("item_revision", sa.Integer(), nullable=False),
        sa.Column("reader_id", BIG_ID, nullable=False),
        sa.Column("issue_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("item_id", "item_revision", "reader_id", name=op.f("pk_corrected")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_reader_signed_up"),
        "reader",
        ["confirmed_at"],
        unique=False,
        sqlite_where=sa.text("import_id = 0"),
        postgresql_where=sa.text("import_id = 0"),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_reader_signed_up"), table_name="reader")
    for table in ("corrected", "correction", "alert", "run"):
        op.drop_table(table)
    for column in ("issue_id", "held_at", "sent_subject"):
        op.drop_column("edition", column)
