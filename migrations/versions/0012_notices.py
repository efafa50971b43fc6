"""What somebody should hear of by mail, until it is sent.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # A migration that can't get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("series", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "topic IN ('run', 'unreviewed', 'no_file', 'digest')", name=op.f("ck_notice_topic")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'no_news', 'given_up')", name=op.f("ck_notice_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index(
        "uq_notice_stage",
        "notice",
        ["topic", "about", "stage"],
        unique=True,
        postgresql_where=sa.text("topic <> 'run'"),
    )
    op.create_index("ix_notice_about", "notice", ["about"])
    op.create_index(
        "ix_notice_waiting", "notice", ["id"], postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_index(
        "ix_notice_series",
        "notice",
        ["series", "id"],
        postgresql_where=sa.text("status IS NOT NULL"),
    )


def downgrade() -> None:
    """Undo."""
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.drop_table("notice")
