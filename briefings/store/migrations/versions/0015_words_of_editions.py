"""What editions say, folded, so that they can be looked for."""

import json
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forwards; editions that are there are looked through once."""
    op.create_table(
        "edition_words",
        sa.Column("edition_id", BIG_ID, nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_edition_words_edition_id")
        ),
        sa.PrimaryKeyConstraint("edition_id", name=op.f("pk_edition_words")),
    )
    connection = op.get_bind()
    editions = connection.execute(
        sa.text("SELECT id, week, subject, sent_subject, preheader, intro FROM edition")
    ).fetchall()
    for number, *own in editions:
        told = [str(part) for part in own if part]
        told.append(f"week {int(str(own[0]).rpartition('W')[2])}")
        for (text,) in connection.execute(
            sa.text(
                "SELECT item_revision.news FROM placement JOIN item_revision "
                "ON item_revision.item_id = placement.item_id "
                "AND item_revision.revision = placement.item_revision "
                "WHERE placement.edition_id = :id ORDER BY placement.position"
            ),
            {"id": number},
        ).fetchall():
            news = json.loads(text)
            names = ("headline", "summary", "do", "tool", "role", "version")
            told += [*filter(None, (news[name] for name in names)), *news["tags"]]
        words = unicodedata.normalize("NFC", " ".join(told)).casefold()
        connection.execute(
            sa.text("INSERT INTO edition_words (edition_id, words) VALUES (:id, :words)"),
            {"id": number, "words": " ".join(dict.fromkeys(words.split()))},
        )


def downgrade() -> None:
    """Go back."""
    op.drop_table("edition_words")
