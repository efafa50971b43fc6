"""The schema, part: quarantined rows, and what people did about those of governed feeds."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from shared.adapters.db.columns import metadata, now, one_of, sha, time
from shared.domain.remediation import (
    OPEN,
    QuarantineEvent,
    QuarantineState,
    ResubmissionOutcome,
)

_IS_OPEN = "state IN (" + ", ".join(f"'{s.value}'" for s in QuarantineState if s in OPEN) + ")"

#: A record that was not taken. Of a governed feed it has a state, until a person has dealt with it.
quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Text, primary_key=True),
    Column("run_id", ForeignKey("run.id"), nullable=False),
    Column("feed", Text, nullable=False),
    Column("row", Integer, nullable=False),
    Column("line", Integer, nullable=False),
    Column("last_line", Integer, nullable=False),
    Column("source_id", Text),  # where the damage leaves a trustworthy one
    Column("known_by", Text),  # the source id, else a hash of all it says
    Column("state", Text),  # null in the staff feed
    sha("idempotency_key"),
    sha("payload_hash"),  # null where not every value could be read
    Column("supersedes", ForeignKey("quarantine.id"), unique=True),
    Column("owner", Text),
    Column("due_on", Date),
    now("created_at"),
    time("overdue_at"),  # when it was first told that it waits too long
    time("closed_at"),
    Column("closed_reason", Text),
    Column("resubmitted_run", ForeignKey("run.id")),
    Column("resolved_run", ForeignKey("run.id")),
    sha("resolved_key"),
    one_of("state", QuarantineState),
    CheckConstraint(
        "(state IS NULL) = (known_by IS NULL) AND (state IS NULL) = (idempotency_key IS NULL)"
        " AND (state IS NULL) = (due_on IS NULL)",
        name="governed",
    ),
    CheckConstraint(
        "(state IN ('resolved', 'closed')) = (closed_at IS NOT NULL)"
        " AND (state = 'resolved') = (resolved_run IS NOT NULL)"
        " AND (state = 'closed') = (closed_reason IS NOT NULL)"
        " AND (state = 'resubmitted') = (resubmitted_run IS NOT NULL)",
        name="ended",
    ),
    UniqueConstraint("run_id", "row"),
    UniqueConstraint("idempotency_key"),
    Index("ix_quarantine_known_by", "feed", "known_by"),
    # Of one source id one record is open: the race of two runs or two people ends here.
    Index("uq_quarantine_open", "feed", "known_by", unique=True, postgresql_where=text(_IS_OPEN)),
)

#: What is wrong with a quarantined record; every fault, never the value.
violation = Table(
    "violation",
    metadata,
    Column("quarantine_id", ForeignKey("quarantine.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("code", Text, nullable=False),
    Column("column_name", Text),
    Column("detail", Text, nullable=False),
    Column("value_class", Text, nullable=False),
    Index(None, "code"),
)

#: The timeline of a quarantined record.
quarantine_event = Table(
    "quarantine_event",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("quarantine_id", ForeignKey("quarantine.id"), nullable=False),
    now("at"),
    Column("actor", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("detail", Text, nullable=False),  # a run, a code, an owner, what somebody wrote
    one_of("event", QuarantineEvent),
    Index(None, "quarantine_id"),
)

#: A record that a run is meant to mend, and what came of it.
resubmission = Table(
    "resubmission",
    metadata,
    Column("run_id", ForeignKey("run.id"), primary_key=True),
    Column("quarantine_id", ForeignKey("quarantine.id"), primary_key=True),
    Column("state_before", Text, nullable=False),
    Column("outcome", Text),
    one_of("state_before", QuarantineState),
    one_of("outcome", ResubmissionOutcome),
    Index(None, "quarantine_id"),
)

#: A person confirms that a source id may say exactly this. Append-only; with `four_eyes` a trigger
#: refuses whoever sent it.
attestation = Table(
    "attestation",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("quarantine_id", ForeignKey("quarantine.id"), nullable=False),
    Column("feed", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    sha("payload_hash", nullable=False),
    Column("code", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("four_eyes", Boolean, nullable=False),
    now("at"),
    UniqueConstraint("feed", "source_id", "payload_hash", "code"),
)
