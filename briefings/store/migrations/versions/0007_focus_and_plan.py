"""What readers do with an assessment and a plan: focus, steps done, answers kept if they say so."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0010b"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forwards; nobody has a focus yet."""
    op.add_column("reader", sa.Column("focus", sa.String(), nullable=False, server_default=""))
    op.add_column("sign_up", sa.Column("assessed", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "plan_mark",
        sa.Column("reader_id", BIG_ID, nullable=False),
        sa.Column("specialization", sa.String(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("task", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "reader_id", "specialization", "week", "task", name=op.f("pk_plan_mark")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "kept_assessment",
        sa.Column("reader_id", BIG_ID, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("answers", sa.String(), nullable=False),
        sa.Column("exposure", sa.Integer(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader_id", "role", name=op.f("pk_kept_assessment")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Go back."""
    for table in ("kept_assessment", "plan_mark"):
        op.drop_table(table)
    op.drop_column("sign_up", "assessed")
    op.drop_column("reader", "focus")
