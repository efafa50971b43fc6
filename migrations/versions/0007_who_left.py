"""Since when somebody has left is remembered, and what each plan made of whom no row kept.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BECAUSE = "because IN ('absent', 'inactive', 'end_date')"
_FATES = (
    "'removed', 'reported', 'in_grace', 'damaged_row', 'excluded_row', 'held_row', 'unread',"
    " 'protected', 'out_of_scope'"
)


def upgrade() -> None:
    """Apply."""
    # A migration that can't get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.create_table(
        "presence",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.Column("ascip_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_run", sa.Text(), nullable=True),
        sa.Column("seen_on", sa.Date(), nullable=True),
        sa.Column("seen_row", sa.Integer(), nullable=True),
        sa.Column("absent_since", sa.Date(), nullable=True),
        sa.Column("because", sa.Text(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.CheckConstraint(_BECAUSE, name=op.f("ck_presence_because")),
        sa.CheckConstraint(
            "(absent_since IS NULL) = (because IS NULL)", name=op.f("ck_presence_absent")
        ),
        sa.ForeignKeyConstraint(["seen_run"], ["run.id"], name=op.f("fk_presence_seen_run_run")),
        sa.PrimaryKeyConstraint("target", "shadow", "ascip_id", name=op.f("pk_presence")),
    )
    op.create_table(
        "absentee",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("ascip_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("person_key", sa.Text(), nullable=False),
        sa.Column("email_masked", sa.Text(), nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("grace_days", sa.Integer(), nullable=True),
        sa.Column("leaves_on", sa.Date(), nullable=True),
        sa.Column("seen_run", sa.Text(), nullable=True),
        sa.Column("seen_on", sa.Date(), nullable=True),
        sa.Column("seen_row", sa.Integer(), nullable=True),
        sa.CheckConstraint(f"fate IN ({_FATES})", name=op.f("ck_absentee_fate")),
        sa.CheckConstraint(_BECAUSE, name=op.f("ck_absentee_because")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_absentee_plan_id_plan")),
        sa.ForeignKeyConstraint(["seen_run"], ["run.id"], name=op.f("fk_absentee_seen_run_run")),
        sa.PrimaryKeyConstraint("plan_id", "ascip_id", name=op.f("pk_absentee")),
    )
    op.create_index(
        "ix_absentee_removed",
        "absentee",
        ["number"],
        postgresql_where=sa.text("fate = 'removed'"),
    )


def downgrade() -> None:
    """Undo."""
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.drop_table("absentee")
    op.drop_table("presence")
