"""One unskipped regular or late row of a reader and week, as a unique index (R4)."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forwards; rows of before get the week of their issue."""
    op.add_column("delivery", sa.Column("once_a_week", sa.String(), nullable=True))
    op.execute(
        "UPDATE delivery SET once_a_week = (SELECT issue.week FROM issue "
        "WHERE issue.id = delivery.issue_id) WHERE state <> 'skipped' AND issue_id IN "
        "(SELECT id FROM issue WHERE kind IN ('regular', 'late'))"
    )
    op.create_index(
        op.f("uq_delivery_once_a_week"),
        "delivery",
        ["once_a_week", "reader_id"],
        unique=True,
        sqlite_where=sa.text("once_a_week IS NOT NULL"),
        postgresql_where=sa.text("once_a_week IS NOT NULL"),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("uq_delivery_once_a_week"), table_name="delivery")
    op.drop_column("delivery", "once_a_week")
