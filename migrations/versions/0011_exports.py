"""Exports of a plan are ordered, made by a worker, and expire.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_KINDS = (
    "'start', 'validate', 'list', 'fetch', 'read_again', 'look_up', 'plan', 'apply', 'verify',"
    " 'resume', 'report'"
)


def upgrade() -> None:
    """Apply."""
    # A migration that can't get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.create_table(
        "export",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column(
            "wanted", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("actions", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "format IN ('csv', 'ndjson', 'xlsx', 'archive')", name=op.f("ck_export_format")
        ),
        sa.CheckConstraint("state IN ('ordered', 'ready', 'failed')", name=op.f("ck_export_state")),
        sa.CheckConstraint(
            "(state = 'ready') = (location IS NOT NULL)", name=op.f("ck_export_made")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_export_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
    )
    op.create_table(
        "run_log",
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_log_run_id_run")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_run_log")),
    )
    op.create_index(op.f("ix_run_log_run_id_number"), "run_log", ["run_id", "number"])
    op.drop_constraint(op.f("ck_work_item_kind"), "work_item")
    op.create_check_constraint(
        op.f("ck_work_item_kind"), "work_item", f"kind IN ({_KINDS}, 'export')"
    )


def downgrade() -> None:
    """Undo."""
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.execute("DELETE FROM work_item WHERE kind = 'export'")
    op.drop_constraint(op.f("ck_work_item_kind"), "work_item")
    op.create_check_constraint(op.f("ck_work_item_kind"), "work_item", f"kind IN ({_KINDS})")
    op.drop_table("run_log")
    op.drop_table("export")
