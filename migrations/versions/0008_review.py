"""Comments on plans; a review under four eyes is a second person's.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # A migration that can't get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.create_table(
        "plan_comment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_plan_comment_plan_id_plan")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_comment")),
    )
    op.create_index(op.f("ix_plan_comment_plan_id"), "plan_comment", ["plan_id"])
    op.add_column(
        "review",
        sa.Column("four_eyes", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    # A user is the same person in any case; a program is whoever made its key.
    op.execute(
        "CREATE FUNCTION person_behind(actor text) RETURNS text LANGUAGE sql STABLE AS $$"
        " SELECT lower(coalesce((SELECT created_by FROM api_key WHERE 'key:' || id = actor), actor))"
        "$$"
    )
    # What a rule approves is `system`, and nobody's own.
    op.execute(
        "CREATE FUNCTION review_is_a_second_persons() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
        " IF TG_OP <> 'INSERT' THEN RAISE EXCEPTION 'reviews are append-only'; END IF;"
        " IF NEW.plan_digest <> (SELECT digest FROM plan WHERE id = NEW.plan_id)"
        " THEN RAISE EXCEPTION 'a review names the digest of its plan'; END IF;"
        " IF NEW.four_eyes AND NEW.decision = 'approve' AND NEW.actor <> 'system'"
        "   AND EXISTS (SELECT FROM plan"
        "   JOIN run ON run.id = plan.run_id"
        "   LEFT JOIN mapping_version AS m ON m.sha256 = run.mapping_sha256"
        "   WHERE plan.id = NEW.plan_id AND person_behind(NEW.actor)"
        "     IN (person_behind(run.actor), person_behind(m.author)))"
        " THEN RAISE EXCEPTION 'who started a run or brought in its mapping does not approve it"
        " (four eyes)'; END IF;"
        " RETURN NEW; END$$"
    )
    op.execute(
        "CREATE TRIGGER review_second_person BEFORE INSERT OR UPDATE OR DELETE ON review"
        " FOR EACH ROW EXECUTE FUNCTION review_is_a_second_persons()"
    )


def downgrade() -> None:
    """Undo."""
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.execute("DROP TRIGGER review_second_person ON review")
    op.execute("DROP FUNCTION review_is_a_second_persons()")
    op.execute("DROP FUNCTION person_behind(text)")
    op.drop_column("review", "four_eyes")
    op.drop_table("plan_comment")
