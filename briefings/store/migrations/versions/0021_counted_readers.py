"""An index out of which readers are counted by what they read."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forwards: a second or two for a million readers."""
    op.create_index(
        "ix_reader_counted", "reader", ["specializations", "import_id", "left_at", "confirmed_at"]
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_reader_counted", "reader")
