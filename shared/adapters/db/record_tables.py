"""The schema, third part: the record store. A version is written once; triggers keep it as it is."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from shared.adapters.db.columns import metadata, now, one_of, sha, time
from shared.domain.record import RecordStatus

#: A version of a governed record. The run it came from may be gone before it.
record_version = Table(
    "record_version",
    metadata,
    Column("idempotency_key", Text, primary_key=True),
    Column("feed", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("version", Integer, nullable=False),  # from 1
    sha("follows"),  # key of the version before
    Column("classification", Text, nullable=False),
    Column("payload", Text, nullable=False),  # RFC 8785
    sha("payload_hash", nullable=False),
    Column("status", Text, nullable=False),
    Column("hazcom_verified", Boolean),  # none where the feed has no such state
    Column("manifest_status", Text),  # likewise
    Column("reviewed_by", Text),
    time("reviewed_at"),
    Column("review_reason", Text),
    Column("run_id", Text, nullable=False),
    Column("row", Integer, nullable=False),  # of that run's extract
    now("recorded_at"),
    time("superseded_at"),  # none: it is in force
    one_of("status", RecordStatus),
    CheckConstraint("(version = 1) = (follows IS NULL)", name="first"),
    CheckConstraint("superseded_at >= recorded_at", name="order"),
    # Races end here: one version of each number, and one in force.
    UniqueConstraint("feed", "source_id", "version"),
    Index(
        "uq_record_version_in_force", "feed", "source_id", unique=True,
        postgresql_where=text("superseded_at IS NULL"),
    ),
)  # fmt: skip
