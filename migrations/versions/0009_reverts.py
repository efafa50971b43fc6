"""A run may take another one back; whom it leaves out is listed with the plan.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_MODES = "'plan', 'plan_and_apply', 'drift'"
_REASONS = (
    "'changed_since', 'gone', 'unread', 'protected', 'not_known', 'taken', 'value_gone',"
    " 'version_gone'"
)


def upgrade() -> None:
    """Apply."""
    # A migration that can't get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.add_column("run", sa.Column("reverts", sa.Text(), nullable=True))
    op.create_foreign_key(op.f("fk_run_reverts_run"), "run", "run", ["reverts"], ["id"])
    op.create_index(
        "ix_run_reverts", "run", ["reverts"], postgresql_where=sa.text("reverts IS NOT NULL")
    )
    op.drop_constraint(op.f("ck_run_mode"), "run")
    op.create_check_constraint(op.f("ck_run_mode"), "run", f"mode IN ({_MODES}, 'revert')")
    op.create_check_constraint(
        op.f("ck_run_reverts"), "run", "(mode = 'revert') = (reverts IS NOT NULL)"
    )
    op.create_table(
        "left_out",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("ascip_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint(f"reason IN ({_REASONS})", name=op.f("ck_left_out_reason")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_left_out_run_id_run")),
        sa.PrimaryKeyConstraint("run_id", "key", name=op.f("pk_left_out")),
    )


def downgrade() -> None:
    """Undo."""
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.drop_table("left_out")
    op.drop_constraint(op.f("ck_run_reverts"), "run")
    op.drop_constraint(op.f("ck_run_mode"), "run")
    # An older program takes no run that looked for drift for what an extract came to.
    op.execute("UPDATE run SET mode = 'drift' WHERE mode = 'revert'")
    op.create_check_constraint(op.f("ck_run_mode"), "run", f"mode IN ({_MODES})")
    op.drop_index("ix_run_reverts", "run")
    op.drop_constraint(op.f("fk_run_reverts_run"), "run")
    op.drop_column("run", "reverts")
