"""The record store: versions of governed records, and the rows they come from.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)

# What a version says never changes: it is reviewed while it is in force, superseded once, and only
# then may retention take it.
_KEPT = """
CREATE FUNCTION record_version_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.superseded_at IS NULL THEN
      RAISE EXCEPTION 'the version in force is never deleted';
    END IF;
    RETURN OLD;
  END IF;
  IF OLD.superseded_at IS NOT NULL
     OR (NEW.idempotency_key, NEW.feed, NEW.source_id, NEW.version, NEW.follows,
         NEW.classification, NEW.payload, NEW.payload_hash, NEW.status, NEW.run_id, NEW."row",
         NEW.recorded_at)
        IS DISTINCT FROM
        (OLD.idempotency_key, OLD.feed, OLD.source_id, OLD.version, OLD.follows,
         OLD.classification, OLD.payload, OLD.payload_hash, OLD.status, OLD.run_id, OLD."row",
         OLD.recorded_at) THEN
    RAISE EXCEPTION 'a version of a record never changes';
  END IF;
  RETURN NEW;
END$$
"""

# For an ERP, in a schema of its own: a role that may look at these needs nothing of the tables.
_VIEWS = (
    "CREATE SCHEMA governed",
    """
    CREATE VIEW governed.record_history AS
    SELECT feed, source_id, version, classification, status, hazcom_verified, manifest_status,
           CAST(payload AS jsonb) AS payload, payload_hash, idempotency_key, follows,
           recorded_at, superseded_at, reviewed_at
      FROM record_version
    """,
    """
    CREATE VIEW governed.current_record AS
    SELECT * FROM governed.record_history WHERE superseded_at IS NULL
    """,
    """
    CREATE FUNCTION governed.record_as_of(moment timestamptz)
    RETURNS SETOF governed.record_history LANGUAGE sql STABLE AS $$
      SELECT * FROM governed.record_history
       WHERE recorded_at <= moment AND (superseded_at IS NULL OR superseded_at > moment)
    $$
    """,
)


def upgrade() -> None:
    """Apply."""
    # A migration that can't get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.add_column("record", sa.Column("payload_hash", sa.Text(), nullable=True))
    op.add_column(
        "record",
        sa.Column(
            "warnings", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
    )
    _create_versions()
    op.execute(_KEPT)
    op.execute(
        "CREATE TRIGGER record_version_kept BEFORE UPDATE OR DELETE ON record_version"
        " FOR EACH ROW EXECUTE FUNCTION record_version_is_kept()"
    )
    for statement in _VIEWS:
        op.execute(statement)


def _create_versions() -> None:
    op.create_table(
        "record_version",
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("follows", sa.Text(), nullable=True),
        sa.Column("classification", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("hazcom_verified", sa.Boolean(), nullable=True),
        sa.Column("manifest_status", sa.Text(), nullable=True),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("reviewed_at", _TIME, nullable=True),
        sa.Column("review_reason", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("recorded_at", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("superseded_at", _TIME, nullable=True),
        sa.CheckConstraint(
            "status IN ('active', 'retired')", name=op.f("ck_record_version_status")
        ),
        sa.CheckConstraint(
            "(version = 1) = (follows IS NULL)", name=op.f("ck_record_version_first")
        ),
        sa.CheckConstraint("superseded_at >= recorded_at", name=op.f("ck_record_version_order")),
        sa.PrimaryKeyConstraint("idempotency_key", name=op.f("pk_record_version")),
        sa.UniqueConstraint(
            "feed", "source_id", "version", name=op.f("uq_record_version_feed_source_id_version")
        ),
    )
    op.create_index(
        "uq_record_version_in_force",
        "record_version",
        ["feed", "source_id"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )


def downgrade() -> None:
    """Undo."""
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.execute("DROP SCHEMA governed CASCADE")
    op.drop_table("record_version")
    op.execute("DROP FUNCTION record_version_is_kept()")
    op.drop_column("record", "warnings")
    op.drop_column("record", "payload_hash")
