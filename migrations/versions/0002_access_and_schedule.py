"""Users, keys, answered requests, scheduled jobs, calls; the same bytes are one upload.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # A migration that can't get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.create_table(
        "app_user",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_app_user")),
    )
    op.create_table(
        "request",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("principal", "path", "key", name=op.f("pk_request")),
    )
    op.create_index(op.f("ix_request_created_at"), "request", ["created_at"], unique=False)
    op.create_table(
        "schedule",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_due", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule")),
    )
    op.create_table(
        "target_call",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("target", "call", "outcome", name=op.f("pk_target_call")),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=True),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'personal') = (user_name IS NOT NULL)", name=op.f("ck_api_key_belongs")
        ),
        sa.CheckConstraint("kind IN ('personal', 'service')", name=op.f("ck_api_key_kind")),
        sa.ForeignKeyConstraint(
            ["user_name"], ["app_user.name"], name=op.f("fk_api_key_user_name_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("lookup", name=op.f("uq_api_key_lookup")),
    )
    op.add_column(
        "action",
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"),
    )
    # Not as JSON: a body may hold an escaped NUL, which PostgreSQL can't read. Quotes inside a value
    # are escaped, so that only the key itself looks like this.
    op.execute(
        "UPDATE action SET fields = ARRAY("
        """ SELECT found[1] FROM regexp_matches(body, '"path":"([^"]+)"', 'g') AS found)"""
    )
    op.alter_column("action", "fields", server_default=None)
    op.add_column("person_secret", sa.Column("key_id", sa.LargeBinary(), nullable=True))
    op.add_column("run", sa.Column("file_name", sa.Text(), nullable=True))
    op.execute("UPDATE run SET file_name = upload.name FROM upload WHERE upload.id = run.upload_id")
    # Files that were sent more than once become one upload; their copies are swept from the vault.
    op.execute(
        "UPDATE run SET upload_id = kept.id FROM upload AS sent, ("
        " SELECT DISTINCT ON (feed, sha256) id, feed, sha256 FROM upload ORDER BY feed, sha256, received_at, id"
        ") AS kept WHERE sent.id = run.upload_id AND kept.feed = sent.feed AND kept.sha256 = sent.sha256"
    )
    op.execute(
        "DELETE FROM upload WHERE id NOT IN"
        " (SELECT DISTINCT ON (feed, sha256) id FROM upload ORDER BY feed, sha256, received_at, id)"
    )
    op.drop_index(op.f("ix_upload_feed_sha256"), table_name="upload")
    op.create_unique_constraint(op.f("uq_upload_feed_sha256"), "upload", ["feed", "sha256"])


def downgrade() -> None:
    """Undo."""
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.drop_constraint(op.f("uq_upload_feed_sha256"), "upload", type_="unique")
    op.create_index(op.f("ix_upload_feed_sha256"), "upload", ["feed", "sha256"], unique=False)
    op.drop_column("run", "file_name")
    op.drop_column("person_secret", "key_id")
    op.drop_column("action", "fields")
    op.drop_table("api_key")
    op.drop_table("target_call")
    op.drop_table("schedule")
    op.drop_index(op.f("ix_request_created_at"), table_name="request")
    op.drop_table("request")
    op.drop_table("app_user")
