"""Quarantined records of governed feeds have states, a timeline, resubmissions and attestations.

Revision ID: 0005
Revises: 0004
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_STATES = "'new', 'regressed', 'assigned', 'waiting_on_source', 'resubmitted', 'resolved', 'closed'"
_OPEN = "'new', 'regressed', 'assigned', 'waiting_on_source', 'resubmitted'"
_EVENTS = (
    "'opened', 'assigned', 'commented', 'notified', 'mail_submitted', 'mail_failed', 'attested', 'resubmitted',"
    " 'returned', 'resolved', 'closed', 'superseded', 'overdue'"
)
_OUTCOMES = "'resolved', 'regressed', 'other_codes', 'not_in_file', 'not_applied'"
_ADDED: dict[str, sa.types.TypeEngine[Any]] = {
    "known_by": sa.Text(),
    "idempotency_key": sa.Text(),
    "payload_hash": sa.Text(),
    "due_on": sa.Date(),
    "overdue_at": _TIME,
    "closed_reason": sa.Text(),
    "resubmitted_run": sa.Text(),
    "resolved_run": sa.Text(),
    "resolved_key": sa.Text(),
}


def upgrade() -> None:
    """Apply."""
    # A migration that can't get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '1s'")
    _quarantine()
    op.create_table(
        "quarantine_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("quarantine_id", sa.Text(), nullable=False),
        sa.Column("at", _TIME, server_default=_NOW, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.CheckConstraint(f"event IN ({_EVENTS})", name=op.f("ck_quarantine_event_event")),
        sa.ForeignKeyConstraint(
            ["quarantine_id"],
            ["quarantine.id"],
            name=op.f("fk_quarantine_event_quarantine_id_quarantine"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine_event")),
    )
    op.create_index(
        op.f("ix_quarantine_event_quarantine_id"), "quarantine_event", ["quarantine_id"]
    )
    op.create_table(
        "resubmission",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("quarantine_id", sa.Text(), nullable=False),
        sa.Column("state_before", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint(
            f"state_before IN ({_STATES})", name=op.f("ck_resubmission_state_before")
        ),
        sa.CheckConstraint(f"outcome IN ({_OUTCOMES})", name=op.f("ck_resubmission_outcome")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_resubmission_run_id_run")),
        sa.ForeignKeyConstraint(
            ["quarantine_id"],
            ["quarantine.id"],
            name=op.f("fk_resubmission_quarantine_id_quarantine"),
        ),
        sa.PrimaryKeyConstraint("run_id", "quarantine_id", name=op.f("pk_resubmission")),
    )
    op.create_index(op.f("ix_resubmission_quarantine_id"), "resubmission", ["quarantine_id"])
    _attestation()


def _quarantine() -> None:
    op.alter_column("quarantine", "state", server_default=None, nullable=True)
    # Every row so far is of the staff feed: mended by the next extract, not by a person here.
    op.execute("UPDATE quarantine SET state = NULL, closed_at = NULL")
    for name, kind in _ADDED.items():
        op.add_column("quarantine", sa.Column(name, kind, nullable=True))
    for name in ("resubmitted_run", "resolved_run"):
        op.create_foreign_key(
            op.f(f"fk_quarantine_{name}_run"), "quarantine", "run", [name], ["id"]
        )
    op.create_unique_constraint(
        op.f("uq_quarantine_idempotency_key"), "quarantine", ["idempotency_key"]
    )
    op.create_unique_constraint(op.f("uq_quarantine_supersedes"), "quarantine", ["supersedes"])
    op.create_check_constraint(op.f("ck_quarantine_state"), "quarantine", f"state IN ({_STATES})")
    op.create_check_constraint(
        op.f("ck_quarantine_governed"),
        "quarantine",
        "(state IS NULL) = (known_by IS NULL) AND (state IS NULL) = (idempotency_key IS NULL)"
        " AND (state IS NULL) = (due_on IS NULL)",
    )
    op.create_check_constraint(
        op.f("ck_quarantine_ended"),
        "quarantine",
        "(state IN ('resolved', 'closed')) = (closed_at IS NOT NULL)"
        " AND (state = 'resolved') = (resolved_run IS NOT NULL)"
        " AND (state = 'closed') = (closed_reason IS NOT NULL)"
        " AND (state = 'resubmitted') = (resubmitted_run IS NOT NULL)",
    )
    op.create_index("ix_quarantine_known_by", "quarantine", ["feed", "known_by"])
    op.create_index(
        "uq_quarantine_open",
        "quarantine",
        ["feed", "known_by"],
        unique=True,
        postgresql_where=sa.text(f"state IN ({_OPEN})"),
    )


def _attestation() -> None:
    op.create_table(
        "attestation",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("quarantine_id", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("four_eyes", sa.Boolean(), nullable=False),
        sa.Column("at", _TIME, server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["quarantine_id"],
            ["quarantine.id"],
            name=op.f("fk_attestation_quarantine_id_quarantine"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attestation")),
        sa.UniqueConstraint(
            "feed",
            "source_id",
            "payload_hash",
            "code",
            name=op.f("uq_attestation_feed_source_id_payload_hash_code"),
        ),
    )
    op.execute(
        "CREATE FUNCTION attestation_is_a_second_persons() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
        " IF TG_OP <> 'INSERT' THEN RAISE EXCEPTION 'attestations are append-only'; END IF;"
        " IF NEW.four_eyes AND EXISTS (SELECT FROM quarantine AS q JOIN run AS r ON r.id = q.run_id"
        "   LEFT JOIN upload AS u ON u.id = r.upload_id"
        "   WHERE q.feed = NEW.feed AND q.source_id = NEW.source_id"
        "     AND q.payload_hash = NEW.payload_hash AND NEW.actor IN (r.actor, u.actor))"
        " THEN RAISE EXCEPTION 'who sent a record does not attest it (four eyes)'; END IF;"
        " RETURN NEW; END$$"
    )
    op.execute(
        "CREATE TRIGGER attestation_second_person BEFORE INSERT OR UPDATE OR DELETE ON attestation"
        " FOR EACH ROW EXECUTE FUNCTION attestation_is_a_second_persons()"
    )


def downgrade() -> None:
    """Undo."""
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.drop_table("attestation")
    op.execute("DROP FUNCTION attestation_is_a_second_persons()")
    op.drop_table("resubmission")
    op.drop_table("quarantine_event")
    op.drop_index("uq_quarantine_open", "quarantine")
    op.drop_index("ix_quarantine_known_by", "quarantine")
    for name in ("ended", "governed", "state"):
        op.drop_constraint(op.f(f"ck_quarantine_{name}"), "quarantine", type_="check")
    for name in ("supersedes", "idempotency_key"):
        op.drop_constraint(op.f(f"uq_quarantine_{name}"), "quarantine", type_="unique")
    for name in _ADDED:
        op.drop_column("quarantine", name)
    op.execute("UPDATE quarantine SET state = 'new' WHERE state IS NULL")
    op.alter_column("quarantine", "state", server_default="new", nullable=False)
