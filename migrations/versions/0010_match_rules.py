"""How a row found its person is kept with the row: people ask it of those who needed no change too.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_RULES = (
    "'link', 'employee_number', 'work_email', 'username', 'work_email_is_personal',"
    " 'personal_email'"
)


def upgrade() -> None:
    """Apply."""
    # A migration that can't get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.add_column("record", sa.Column("match_rule", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_record_match_rule"), "record", f"match_rule IN ({_RULES})")


def downgrade() -> None:
    """Undo."""
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.drop_column("record", "match_rule")
