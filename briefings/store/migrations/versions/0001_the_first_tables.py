"""The first tables; every name and type is written out: later models change nothing here."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forwards."""
    op.create_table(
        "block",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("html", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_block")),
    )
    op.create_table(
        "briefing_item",
        sa.Column("briefing_id", BIG_ID, nullable=False),
        sa.Column("item_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("briefing_id", "item_id", name=op.f("pk_briefing_item")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "catalogue_entry",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "slug", name=op.f("pk_catalogue_entry")),
    )
    op.create_table(
        "changes",
        sa.Column("seq", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("reader_id", BIG_ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_changes")),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "edition",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("specialization", sa.String(), nullable=False),
        sa.Column("week", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("intro", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("approved_hash", sa.String(), nullable=True),
        sa.Column("approved_count", sa.Integer(), nullable=True),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
    )
    op.create_index("ix_edition_week", "edition", ["week"])
    op.create_index(
        "uq_edition_specialization_week", "edition", ["specialization", "week"], unique=True
    )
    op.create_table(
        "import_batch",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("shown_at", sa.BigInteger(), nullable=True),
        sa.Column("readers_after", BIG_ID, nullable=False),
        sa.Column("counts", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    op.create_index(
        "ix_import_batch_unfinished",
        "import_batch",
        ["id"],
        sqlite_where=sa.text("shown_at IS NULL"),
        postgresql_where=sa.text("shown_at IS NULL"),
    )
    op.create_table(
        "issue",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("week", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("began", sa.BigInteger(), nullable=False),
        sa.Column("audience", sa.Integer(), nullable=False),
        sa.Column("opened_by_tick", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue")),
        sa.UniqueConstraint("name", name=op.f("uq_issue_name")),
    )
    op.create_index(
        "uq_issue_regular",
        "issue",
        ["week"],
        unique=True,
        sqlite_where=sa.text("kind = 'regular'"),
        postgresql_where=sa.text("kind = 'regular'"),
    )
    op.create_index("uq_issue_week_kind_n", "issue", ["week", "kind", "n"], unique=True)
    op.create_table(
        "item",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("week", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("import_id", BIG_ID, nullable=False),
        sa.Column("import_key", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("import_key", name=op.f("uq_item_import_key")),
    )
    op.create_index("ix_item_day", "item", ["day"])
    op.create_index("ix_item_week", "item", ["week"])
    op.create_table(
        "meta",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "metric",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("import_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metric")),
    )
    op.create_index("ix_metric_role", "metric", ["role"])
    op.create_index("uq_metric_document", "metric", ["document"], unique=True)
    op.create_table(
        "pay",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("import_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay")),
    )
    op.create_index("ix_pay_role", "pay", ["role"])
    op.create_index("uq_pay_document", "pay", ["document"], unique=True)
    op.create_table(
        "process",
        sa.Column("id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("boot_id", sa.String(), nullable=False),
        sa.Column("log_path", sa.String(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process")),
    )
    op.create_table(
        "reader",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("specializations", sa.String(), nullable=False),
        sa.Column("frequency", sa.String(), nullable=False),
        sa.Column("sections_off", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("plan_started_on", sa.String(10), nullable=True),
        sa.Column("plan_snoozes", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.Column("paused_until", sa.String(10), nullable=True),
        sa.Column("suppressed", sa.Boolean(), nullable=False),
        sa.Column("preferences_version", sa.Integer(), nullable=False),
        sa.Column("consent_source", sa.String(), nullable=False),
        sa.Column("import_id", BIG_ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reader")),
    )
    op.create_index("uq_reader_email_key", "reader", ["email_key"], unique=True)
    op.create_table(
        "received",
        sa.Column("item_id", BIG_ID, nullable=False),
        sa.Column("reader_id", BIG_ID, nullable=False),
        sa.Column("delivery_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("item_id", "reader_id", name=op.f("pk_received")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "suppression",
        sa.Column("email_hash", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("email_hash", name=op.f("pk_suppression")),
    )
    op.create_table(
        "briefing",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("issue_id", BIG_ID, nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_briefing_issue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_briefing")),
    )
    op.create_index(
        "uq_briefing_issue_id_signature", "briefing", ["issue_id", "signature"], unique=True
    )
    op.create_table(
        "delivery",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("issue_id", BIG_ID, nullable=False),
        sa.Column("reader_id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("briefing_id", BIG_ID, nullable=True),
        sa.Column("preferences_version", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("fence", BIG_ID, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_attempt_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_delivery_issue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index(
        "ix_delivery_claimed",
        "delivery",
        ["fence"],
        sqlite_where=sa.text("state = 'claimed'"),
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.create_index(
        "ix_delivery_open",
        "delivery",
        ["issue_id", "state", "next_at"],
        sqlite_where=sa.text("state IN ('pending', 'deferred')"),
        postgresql_where=sa.text("state IN ('pending', 'deferred')"),
    )
    op.create_index(
        "uq_delivery_issue_id_reader_id", "delivery", ["issue_id", "reader_id"], unique=True
    )
    op.create_table(
        "item_revision",
        sa.Column("item_id", BIG_ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("news", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_revision_item_id")),
        sa.PrimaryKeyConstraint("item_id", "revision", name=op.f("pk_item_revision")),
    )
    op.create_table(
        "placement",
        sa.Column("edition_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", BIG_ID, nullable=False),
        sa.Column("item_revision", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("why_you", sa.String(), nullable=False),
        sa.Column("ranked", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_placement_edition_id")
        ),
        sa.PrimaryKeyConstraint("edition_id", "position", name=op.f("pk_placement")),
    )


def downgrade() -> None:
    """Go back: indexes go with their tables."""
    for table in (
        "placement",
        "item_revision",
        "delivery",
        "briefing",
        "suppression",
        "received",
        "reader",
        "process",
        "pay",
        "metric",
        "meta",
        "item",
        "issue",
        "import_batch",
        "edition",
        "counter",
        "changes",
        "catalogue_entry",
        "briefing_item",
        "block",
    ):
        op.drop_table(table)
