"""Messages that workers refused, by fault; an index of those that are out.

Revision ID: 0018
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # A migration that can't get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.create_table(
        "refused_message",
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "fault IN ('unreadable', 'unknown_task', 'unknown_version', 'wrong_arguments')",
            name=op.f("ck_refused_message_fault"),
        ),
        sa.PrimaryKeyConstraint("fault", name=op.f("pk_refused_message")),
    )
    op.create_index(
        "ix_work_item_sent",
        "work_item",
        ["notified_at"],
        postgresql_where=sa.text(
            "notified_at IS NOT NULL AND ended_at IS NULL AND state = 'ready'"
        ),
    )
    op.create_index(
        "ix_work_item_dead",
        "work_item",
        ["run_id"],
        postgresql_where=sa.text("state = 'dead' AND error <> 'dropped'"),
    )


def downgrade() -> None:
    """Undo."""
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.drop_index("ix_work_item_dead", table_name="work_item")
    op.drop_index("ix_work_item_sent", table_name="work_item")
    op.drop_table("refused_message")
