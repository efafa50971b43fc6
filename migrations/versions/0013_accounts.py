"""Local accounts and sessions; users who are disabled.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # A migration that can't get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.add_column("app_user", sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "local_account",
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("one_time", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("waits_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["user_name"], ["app_user.name"], name=op.f("fk_local_account_user_name_app_user")
        ),
        sa.PrimaryKeyConstraint("user_name", name=op.f("pk_local_account")),
    )
    op.create_index(
        "uq_local_account_person", "local_account", [sa.text("lower(user_name)")], unique=True
    )
    op.create_table(
        "session",
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column(
            "opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["user_name"],
            ["local_account.user_name"],
            name=op.f("fk_session_user_name_local_account"),
        ),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_user_name"), "session", ["user_name"])


def downgrade() -> None:
    """Undo."""
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.drop_table("session")
    op.drop_table("local_account")
    op.drop_column("app_user", "disabled_at")
