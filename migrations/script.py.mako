"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Apply."""
    # A migration that can't get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '1s'")
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Undo."""
    op.execute("SET LOCAL lock_timeout = '1s'")
    ${downgrades if downgrades else "pass"}
