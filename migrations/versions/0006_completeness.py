"""People are asked for again, and a target whether nobody has a newcomer's email or username.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_READING = ("start", "validate", "list", "fetch")
_REST = ("plan", "apply", "verify", "resume", "report")
_NEW = ("read_again", "look_up")


def upgrade() -> None:
    """Apply."""
    # A migration that can't get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.add_column(
        "snapshot_person",
        sa.Column("again", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_table(
        "snapshot_look_up",
        sa.Column("snapshot_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("nobody", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshot.id"], name=op.f("fk_snapshot_look_up_snapshot_id_snapshot")
        ),
        sa.PrimaryKeyConstraint(
            "snapshot_id", "email", "username", name=op.f("pk_snapshot_look_up")
        ),
    )
    _replace((*_READING, *_NEW, *_REST))


def _replace(words: tuple[str, ...]) -> None:
    name = op.f("ck_work_item_kind")
    op.drop_constraint(name, "work_item", type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(name, "work_item", f"kind IN ({listed})")


def downgrade() -> None:
    """Undo."""
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.execute("DELETE FROM work_item WHERE kind IN ('read_again', 'look_up')")
    _replace((*_READING, *_REST))
    op.drop_table("snapshot_look_up")
    op.drop_column("snapshot_person", "again")
