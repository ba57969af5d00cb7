"""Who queued an item, for people who must not approve what they let in themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forwards."""
    op.add_column("item", sa.Column("queued_by", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Go back."""
    op.drop_column("item", "queued_by")
