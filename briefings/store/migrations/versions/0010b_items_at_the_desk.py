"""What the desk looks items up by, words that wait to be saved, and news that was joined."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0010b"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS = ("about", "version", "headline", "words")


def upgrade() -> None:
    """Go forwards; items that are there are looked through once."""
    for name in COLUMNS:
        op.add_column("item", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("item_revision", sa.Column("by", sa.String(), nullable=False, server_default=""))
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT item.id, item_revision.news FROM item JOIN item_revision "
            "ON item_revision.item_id = item.id AND item_revision.revision = item.revision"
        )
    ).fetchall()
    for number, text in rows:
        news = json.loads(text)
        parts = [news["headline"], news["summary"], news["do"], news["tool"], news["role"]]
        words = " ".join([*filter(None, [*parts, news["version"]]), *news["tags"]])
        connection.execute(
            sa.text(
                "UPDATE item SET about = :about, version = :version, headline = :headline, "
                "words = :words WHERE id = :id"
            ),
            {
                "about": news["tool"] or news["role"] or "",
                "version": news["version"] or "",
                "headline": news["headline"],
                "words": words.casefold(),
                "id": number,
            },
        )
    op.create_index("ix_item_state_day", "item", ["state", "day", "id"])
    op.create_index("ix_item_about_day", "item", ["about", "day"])
    op.create_table(
        "item_unsaved",
        sa.Column("item_id", BIG_ID, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("fields", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", "by", name=op.f("pk_item_unsaved")),
    )
    op.create_table(
        "item_joined",
        sa.Column("item_id", BIG_ID, nullable=False),
        sa.Column("into_id", BIG_ID, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_joined_item_id")),
        sa.ForeignKeyConstraint(["into_id"], ["item.id"], name=op.f("fk_item_joined_into_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_item_joined")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("item_joined")
    op.drop_table("item_unsaved")
    op.drop_index("ix_item_about_day", table_name="item")
    op.drop_index("ix_item_state_day", table_name="item")
    op.drop_column("item_revision", "by")
    for name in COLUMNS:
        op.drop_column("item", name)
