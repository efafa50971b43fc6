"""Somebody can pause all syncing; the audit is looked through by verb, actor and time.

Revision ID: 0014
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # A migration that can't get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.create_table(
        "sync_pause",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("paused_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "paused_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("until > paused_at", name=op.f("ck_sync_pause_until")),
        sa.CheckConstraint(
            "ended_by IS NULL OR ended_at IS NOT NULL", name=op.f("ck_sync_pause_ended")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_pause")),
    )
    op.create_index(
        "uq_sync_pause_open",
        "sync_pause",
        [sa.text("(ended_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_audit_entry_run_id_sequence", "audit_entry", ["run_id", "sequence"])
    op.drop_index("ix_audit_entry_run_id", table_name="audit_entry")
    # Nearly all entries are of single actions, written by the engine: they need none of these two.
    op.create_index(
        "ix_audit_entry_verb",
        "audit_entry",
        ["verb", "sequence"],
        postgresql_where=sa.text("verb <> 'action.finished'"),
    )
    op.create_index(
        "ix_audit_entry_actor",
        "audit_entry",
        ["actor", "sequence"],
        postgresql_where=sa.text("actor <> 'system'"),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"], postgresql_using="brin")


def downgrade() -> None:
    """Undo."""
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.create_index("ix_audit_entry_run_id", "audit_entry", ["run_id"])
    for name in ("at", "actor", "verb", "run_id_sequence"):
        op.drop_index(f"ix_audit_entry_{name}", table_name="audit_entry")
    op.drop_table("sync_pause")
