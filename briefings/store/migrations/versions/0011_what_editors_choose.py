"""What editors choose: preview lines, the changes of each edition, what links answered."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forwards."""
    op.add_column("edition", sa.Column("preheader", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "edition_choice",
        sa.Column("week", sa.String(), nullable=False),
        sa.Column("specialization", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("choices", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("week", "specialization", "n", name=op.f("pk_edition_choice")),
    )
    op.create_table(
        "link_check",
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_link_check")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("link_check")
    op.drop_table("edition_choice")
    op.drop_column("edition", "preheader")
