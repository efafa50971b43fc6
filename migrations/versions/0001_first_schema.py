"""first schema

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # A migration that can't get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '1s'")

    op.create_table(
        "audit_entry",
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_entry")),
    )
    op.create_index(
        op.f("ix_audit_entry_object_type_object_id"),
        "audit_entry",
        ["object_type", "object_id"],
        unique=False,
    )
    op.create_index(op.f("ix_audit_entry_run_id"), "audit_entry", ["run_id"], unique=False)
    op.create_table(
        "mapping_version",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.UniqueConstraint("sha256", name=op.f("uq_mapping_version_sha256")),
    )
    op.create_table(
        "person_secret",
        sa.Column("person_key", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("person_key", name=op.f("pk_person_secret")),
    )
    op.create_table(
        "target",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_target")),
    )
    op.create_table(
        "upload",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_feed_sha256"), "upload", ["feed", "sha256"], unique=False)
    op.create_table(
        "run",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("upload_id", sa.Text(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("force", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("engine_version", sa.Text(), nullable=False),
        sa.Column("mapping_sha256", sa.Text(), nullable=False),
        sa.Column("config_sha256", sa.Text(), nullable=False),
        sa.Column("input_sha256", sa.Text(), nullable=True),
        sa.Column(
            "counts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "unverified", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "books", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("clean", sa.Boolean(), nullable=True),
        sa.Column("superseded_by", sa.Text(), nullable=True),
        sa.Column("archive", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mode IN ('plan', 'plan_and_apply', 'drift')", name=op.f("ck_run_mode")),
        sa.CheckConstraint(
            "state <> 'paused' OR reason IN ('operator', 'auth', 'breaker', 'throttled', 'audit_unavailable', 'failure_rate', 'conflict_rate')",
            name=op.f("ck_run_paused_reason"),
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'validating', 'fetching', 'planning', 'no_changes', 'skipped_unchanged', 'rejected_input', 'failed', 'held', 'awaiting_approval', 'approved', 'applying', 'paused', 'applied', 'applied_with_errors', 'canceled', 'discarded', 'stale')",
            name=op.f("ck_run_state"),
        ),
        sa.ForeignKeyConstraint(["upload_id"], ["upload.id"], name=op.f("fk_run_upload_id_upload")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("number", name=op.f("uq_run_number")),
    )
    op.create_index(
        "ix_run_active",
        "run",
        ["state"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(op.f("ix_run_feed_number"), "run", ["feed", "number"], unique=False)
    op.create_table(
        "link",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.Text(), nullable=False),
        sa.Column("ascip_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_link_run_id_run")),
        sa.PrimaryKeyConstraint("target", "employee_id", name=op.f("pk_link")),
        sa.UniqueConstraint("target", "ascip_id", name=op.f("uq_link_target_ascip_id")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("last_line", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'new'"), nullable=False),
        sa.Column("supersedes", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_quarantine_run_id_run")),
        sa.ForeignKeyConstraint(
            ["supersedes"], ["quarantine.id"], name=op.f("fk_quarantine_supersedes_quarantine")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("run_id", "row", name=op.f("uq_quarantine_run_id_row")),
    )
    op.create_table(
        "record",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("ascip_id", sa.BigInteger(), nullable=True),
        sa.Column("disposition", sa.Text(), nullable=True),
        sa.Column("held_reason", sa.Text(), nullable=True),
        sa.Column("held_detail", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "disposition IN ('unchanged', 'held', 'pending')", name=op.f("ck_record_disposition")
        ),
        sa.CheckConstraint(
            "held_reason IN ('gate', 'unmapped_site', 'unmapped_bucket_value', 'identity_conflict', 'possible_duplicate', 'key_cycle', 'target_incomplete', 'unidentified_rows', 'privileged_role', 'protected', 'calendar')",
            name=op.f("ck_record_held_reason"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_record_run_id_run")),
        sa.PrimaryKeyConstraint("run_id", "row", name=op.f("pk_record")),
    )
    op.create_index(
        op.f("ix_record_run_id_source_id"), "record", ["run_id", "source_id"], unique=False
    )
    op.create_table(
        "run_phase",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "phase IN ('validate', 'fetch', 'plan', 'apply', 'report')",
            name=op.f("ck_run_phase_phase"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_phase_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_phase")),
    )
    op.create_index(op.f("ix_run_phase_run_id"), "run_phase", ["run_id"], unique=False)
    op.create_table(
        "snapshot",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column(
            "reference", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("total_items", sa.Integer(), nullable=True),
        sa.Column("list_complete", sa.Boolean(), nullable=True),
        sa.Column("list_passes", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_snapshot_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
        sa.UniqueConstraint("run_id", name=op.f("uq_snapshot_run_id")),
    )
    op.create_table(
        "work_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "chunk", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("state", sa.Text(), server_default=sa.text("'ready'"), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column(
            "not_before",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('start', 'validate', 'list', 'fetch', 'plan', 'apply', 'report')",
            name=op.f("ck_work_item_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('ready', 'leased', 'done', 'dead')", name=op.f("ck_work_item_state")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_work_item_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_item")),
    )
    op.create_index(
        "ix_work_item_bell",
        "work_item",
        ["not_before"],
        unique=False,
        postgresql_where=sa.text("notified_at IS NULL AND ended_at IS NULL"),
    )
    op.create_index(
        "ix_work_item_lease",
        "work_item",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("state = 'leased'"),
    )
    op.create_index(
        "ix_work_item_open",
        "work_item",
        ["run_id", "kind"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "plan",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("snapshot_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("held_classes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("applyable", sa.Boolean(), nullable=False),
        sa.Column(
            "summary", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "facts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_plan_digest")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_plan_run_id_run")),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshot.id"], name=op.f("fk_plan_snapshot_id_snapshot")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("run_id", name=op.f("uq_plan_run_id")),
    )
    op.create_table(
        "snapshot_group",
        sa.Column("snapshot_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("member_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshot.id"], name=op.f("fk_snapshot_group_snapshot_id_snapshot")
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "group_id", name=op.f("pk_snapshot_group")),
    )
    op.create_table(
        "snapshot_person",
        sa.Column("snapshot_id", sa.Text(), nullable=False),
        sa.Column("ascip_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("missing", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshot.id"], name=op.f("fk_snapshot_person_snapshot_id_snapshot")
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "ascip_id", name=op.f("pk_snapshot_person")),
    )
    op.create_table(
        "violation",
        sa.Column("quarantine_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("value_class", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["quarantine_id"], ["quarantine.id"], name=op.f("fk_violation_quarantine_id_quarantine")
        ),
        sa.PrimaryKeyConstraint("quarantine_id", "position", name=op.f("pk_violation")),
    )
    op.create_index(op.f("ix_violation_code"), "violation", ["code"], unique=False)
    op.create_table(
        "action",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("person_key", sa.Text(), nullable=False),
        sa.Column("ascip_id", sa.BigInteger(), nullable=True),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("marks", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("match_rule", sa.Text(), nullable=True),
        sa.Column("hold", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source_row", sa.Integer(), nullable=True),
        sa.Column("email_masked", sa.Text(), nullable=False),
        sa.Column("depends_on", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "names", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("intent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome_code", sa.Text(), nullable=True),
        sa.Column("settled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("work_item_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "class IN ('removals', 'key_changes', 'memberships_removed', 'memberships_added', 'adds', 'updates')",
            name=op.f("ck_action_class"),
        ),
        sa.CheckConstraint(
            "hold IN ('gate', 'unmapped_site', 'unmapped_bucket_value', 'identity_conflict', 'possible_duplicate', 'key_cycle', 'target_incomplete', 'unidentified_rows', 'privileged_role', 'protected', 'calendar')",
            name=op.f("ck_action_hold"),
        ),
        sa.CheckConstraint(
            "kind IN ('add', 'update', 'reactivate', 'join', 'leave', 'deactivate', 'retire')",
            name=op.f("ck_action_kind"),
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'held', 'not_approved', 'attempting', 'succeeded', 'conflict', 'failed', 'unknown', 'not_attempted')",
            name=op.f("ck_action_status"),
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_action_plan_id_plan")),
        sa.PrimaryKeyConstraint("plan_id", "id", name=op.f("pk_action")),
        sa.UniqueConstraint("plan_id", "position", name=op.f("uq_action_plan_id_position")),
    )
    op.create_index(op.f("ix_action_plan_id_class"), "action", ["plan_id", "class"], unique=False)
    op.create_index(
        op.f("ix_action_plan_id_source_row"), "action", ["plan_id", "source_row"], unique=False
    )
    op.create_index(
        op.f("ix_action_plan_id_status_kind"), "action", ["plan_id", "status", "kind"], unique=False
    )
    op.create_table(
        "review",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("plan_digest", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column(
            "body", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "decided_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("decision IN ('approve', 'discard')", name=op.f("ck_review_decision")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_review_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("plan_id", name=op.f("uq_review_plan_id")),
    )
    op.execute(
        "CREATE FUNCTION audit_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION 'the audit is append-only'; END$$"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_append_only()"
    )


def downgrade() -> None:
    """Undo."""
    op.execute("SET LOCAL lock_timeout = '1s'")

    op.drop_table("review")
    op.drop_index(op.f("ix_action_plan_id_status_kind"), table_name="action")
    op.drop_index(op.f("ix_action_plan_id_source_row"), table_name="action")
    op.drop_index(op.f("ix_action_plan_id_class"), table_name="action")
    op.drop_table("action")
    op.drop_index(op.f("ix_violation_code"), table_name="violation")
    op.drop_table("violation")
    op.drop_table("snapshot_person")
    op.drop_table("snapshot_group")
    op.drop_table("plan")
    op.drop_index(
        "ix_work_item_open", table_name="work_item", postgresql_where=sa.text("ended_at IS NULL")
    )
    op.drop_index(
        "ix_work_item_lease", table_name="work_item", postgresql_where=sa.text("state = 'leased'")
    )
    op.drop_index(
        "ix_work_item_bell",
        table_name="work_item",
        postgresql_where=sa.text("notified_at IS NULL AND ended_at IS NULL"),
    )
    op.drop_table("work_item")
    op.drop_table("snapshot")
    op.drop_index(op.f("ix_run_phase_run_id"), table_name="run_phase")
    op.drop_table("run_phase")
    op.drop_index(op.f("ix_record_run_id_source_id"), table_name="record")
    op.drop_table("record")
    op.drop_table("quarantine")
    op.drop_table("link")
    op.drop_index(op.f("ix_run_feed_number"), table_name="run")
    op.drop_index("ix_run_active", table_name="run", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_table("run")
    op.drop_index(op.f("ix_upload_feed_sha256"), table_name="upload")
    op.drop_table("upload")
    op.drop_table("target")
    op.drop_table("person_secret")
    op.drop_table("mapping_version")
    op.drop_index(op.f("ix_audit_entry_run_id"), table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_object_type_object_id"), table_name="audit_entry")
    op.drop_table("audit_entry")
    op.execute("DROP FUNCTION audit_entry_is_append_only")
