"""Letters, sign-ups with proof of consent, counted windows, changes of address."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = "state IN ('pending', 'deferred')"
CLAIMED = "state = 'claimed'"


def upgrade() -> None:
    """Go forwards."""
    op.create_table(
        "letter",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("subject_id", BIG_ID, nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("fence", BIG_ID, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    op.create_index("uq_letter_key", "letter", ["key"], unique=True)
    op.create_index("ix_letter_mailbox", "letter", ["mailbox"])
    op.create_index(
        "ix_letter_open",
        "letter",
        ["next_at"],
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )
    op.create_index(
        "ix_letter_claimed",
        "letter",
        ["fence"],
        sqlite_where=sa.text(CLAIMED),
        postgresql_where=sa.text(CLAIMED),
    )
    op.create_table(
        "sign_up",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=False),
        sa.Column("specializations", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("consent_text", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_from", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up")),
    )
    op.create_index("uq_sign_up_email_key", "sign_up", ["email_key"], unique=True)
    op.create_index("ix_sign_up_expires_at", "sign_up", ["expires_at"])
    op.create_table(
        "consent",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("reader_id", BIG_ID, nullable=False),
        sa.Column("text_version", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("specializations", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_from", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_from", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index("ix_consent_reader_id", "consent", ["reader_id"])
    op.create_table(
        "quota",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_quota")),
    )
    op.create_index("ix_quota_ends_at", "quota", ["ends_at"])
    op.create_table(
        "move",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("reader_id", BIG_ID, nullable=False),
        sa.Column("new_email", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("agreed_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_move")),
    )
    op.create_index("uq_move_reader_id", "move", ["reader_id"], unique=True)


def downgrade() -> None:
    """Go back: indexes go with their tables."""
    for table in ("move", "quota", "consent", "sign_up", "letter"):
        op.drop_table(table)
