"""Runs that go on by themselves once their target answers; what was written is read again.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_WORK = ("start", "validate", "list", "fetch", "plan", "apply", "report")
_PHASES = ("validate", "fetch", "plan", "apply", "report")


def upgrade() -> None:
    """Apply."""
    # A migration that can't get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.add_column("run", sa.Column("goes_on_at", _TIME, nullable=True))
    op.add_column("action", sa.Column("verified_at", _TIME, nullable=True))
    op.add_column("action", sa.Column("mismatch", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_action_mismatch"),
        "action",
        "mismatch IN ('changed', 'gone', 'twice', 'membership')",
    )
    _replace("work_item", "kind", (*_WORK[:-1], "verify", "resume", "report"))
    _replace("run_phase", "phase", (*_PHASES[:-1], "verify", "report"))


def _replace(table: str, column: str, words: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_{column}")
    op.drop_constraint(name, table, type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(name, table, f"{column} IN ({listed})")


def downgrade() -> None:
    """Undo."""
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.execute("DELETE FROM work_item WHERE kind IN ('verify', 'resume')")
    op.execute("DELETE FROM run_phase WHERE phase = 'verify'")
    _replace("run_phase", "phase", _PHASES)
    _replace("work_item", "kind", _WORK)
    op.drop_constraint(op.f("ck_action_mismatch"), "action", type_="check")
    op.drop_column("action", "mismatch")
    op.drop_column("action", "verified_at")
    op.drop_column("run", "goes_on_at")
