"""What a freeze decided for readers who are alike, as long as it runs."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0016b"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DECIDES = (
    sa.Column("specializations", sa.String(), nullable=False),
    sa.Column("plan_started_on", sa.String(length=10), nullable=True),
    sa.Column("timezone", sa.String(), nullable=True),
    sa.Column("sections_off", sa.String(), nullable=False),
    sa.Column("focus", sa.String(), nullable=False),
    sa.Column("frequency", sa.String(), nullable=False),
    sa.Column("plan_snoozes", sa.Integer(), nullable=False),
    sa.Column("paused_until", sa.String(length=10), nullable=True),
    sa.Column("gone", sa.Boolean(), nullable=False),
    sa.Column("suppressed", sa.Boolean(), nullable=False),
    sa.Column("tier", sa.String(), nullable=False),
    sa.Column("language", sa.String(), nullable=False),
)


def upgrade() -> None:
    """Go forwards."""
    op.create_table(
        "freeze_outcome",
        sa.Column("id", BIG, nullable=False),
        sa.Column("issue_id", BIG, nullable=False),
        sa.Column("run", BIG, nullable=False),
        *DECIDES,
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("briefing_id", BIG, nullable=True),
        sa.Column("once_a_week", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freeze_outcome")),
    )
    op.create_index(
        "ix_freeze_outcome_run", "freeze_outcome", ["run", *(column.name for column in DECIDES)]
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("freeze_outcome")
