"""Where links lead for good, beside what they answered."""

import sqlalchemy as sa
from alembic import op

revision = "0016b"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forwards."""
    op.add_column(
        "link_check", sa.Column("moved_to", sa.String(), nullable=False, server_default="")
    )


def downgrade() -> None:
    """Go back."""
    op.drop_column("link_check", "moved_to")
