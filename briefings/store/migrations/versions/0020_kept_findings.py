"""What preflight found in an edition, so that nobody waits for it a second time."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forwards; the next tick looks the editions over."""
    op.create_table(
        "edition_findings",
        sa.Column("edition_id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_edition_findings_edition_id")
        ),
        sa.PrimaryKeyConstraint("edition_id", name=op.f("pk_edition_findings")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("edition_findings")
