"""Which addresses of a reader's calendar and feed are the newest."""

import sqlalchemy as sa
from alembic import op

revision = "0016c"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forwards."""
    op.create_table(
        "own_address",
        sa.Column(
            "reader_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            autoincrement=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("renewed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader_id", name=op.f("pk_own_address")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("own_address")
