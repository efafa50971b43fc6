"""The schema, part: what is kept for archives and exports, each until its time is over."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.adapters.db.columns import metadata, one_of, sha, time
from shared.ports.exports import ExportFormat, ExportState

#: What somebody wants of a plan as one file. What was searched for may be personal: it goes with the row.
export = Table(
    "export",
    metadata,
    Column("id", Text, primary_key=True),
    Column("plan_id", ForeignKey("plan.id"), nullable=False),
    Column("format", Text, nullable=False),
    Column("wanted", JSONB(none_as_null=True), nullable=False),  # a filter of actions
    Column("actor", Text, nullable=False),
    Column("state", Text, nullable=False),
    time("created_at"),
    time("expires_at"),
    Column("location", Text),  # of its file, once it is ready
    Column("size_bytes", BigInteger),
    sha("sha256"),
    Column("actions", Integer),
    Column("error", Text),  # code of why it failed
    one_of("format", ExportFormat),
    one_of("state", ExportState),
    CheckConstraint("(state = 'ready') = (location IS NOT NULL)", name="made"),
)

#: What workers logged of a run: lines of JSON without personal data, until its archive has them for good.
run_log = Table(
    "run_log",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("run_id", ForeignKey("run.id"), nullable=False),
    Column("line", Text, nullable=False),
    Index(None, "run_id", "number"),
)
