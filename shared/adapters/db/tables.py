"""The schema, as SQLAlchemy Core tables; migrations/ makes it, `alembic check` holds the two together.

Conventions: times are timestamptz by the database's clock; ids with a prefix are text; closed sets
are text with a CHECK made from the domain's StrEnum.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.adapters.db.columns import metadata, now, one_of, sha, time
from shared.domain.action import ActionClass, ActionStatus, HeldReason, Kind
from shared.domain.plan import Disposition
from shared.domain.policy import MatchRule
from shared.domain.review import Decision
from shared.domain.run import PausedReason, Phase, RunMode, RunState
from shared.domain.work import WorkKind, WorkState
from shared.ports.target import Mismatch

#: A file that was landed: the same bytes for a feed are one upload, however often they are sent.
upload = Table(
    "upload",
    metadata,
    Column("id", Text, primary_key=True),
    Column("feed", Text, nullable=False),
    Column("name", Text, nullable=False),  # as the sender called it; shown escaped
    sha("sha256", nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("location", Text, nullable=False),  # where the vault keeps it
    Column("actor", Text, nullable=False),
    now("received_at"),
    UniqueConstraint("feed", "sha256"),
)

#: A version of the mapping file, as it was used.
mapping_version = Table(
    "mapping_version",
    metadata,
    sha("sha256", nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("author", Text, nullable=False),
    now("recorded_at"),
    UniqueConstraint("sha256"),
)

#: One lock per target: the run that reads or writes it now.
target = Table(
    "target",
    metadata,
    Column("name", Text, primary_key=True),
    Column("run_id", Text),
    time("locked_at"),
)

#: Everything that one extract sets going.
run = Table(
    "run",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", BigInteger, Identity(), nullable=False, unique=True),  # order of arrival
    Column("feed", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("upload_id", ForeignKey("upload.id")),
    Column("file_name", Text),  # as this arrival called it
    Column("mode", Text, nullable=False),
    Column("force", Boolean, nullable=False, server_default=text("false")),
    Column("trigger", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),  # a paused reason, a refusal's or a failure's code
    Column("detail", Text),  # the reason in words, without personal data
    Column("as_of", Date),
    Column("engine_version", Text, nullable=False),
    sha("mapping_sha256", nullable=False),
    sha("config_sha256", nullable=False),
    sha("input_sha256"),
    Column("counts", JSONB(none_as_null=True)),  # the reader's counts, columns read and dropped
    Column(
        "unverified", JSONB(none_as_null=True)
    ),  # the shield's material; personal, cleared at the run's end
    Column("books", JSONB(none_as_null=True)),
    Column(
        "clean", Boolean
    ),  # success for *skip*: nothing held, failed, quarantined or unidentified
    Column("superseded_by", Text),
    Column("reverts", ForeignKey("run.id")),  # the run that it takes back
    time("goes_on_at"),  # a run that waits for its target is tried again then
    Column("archive", Text),  # where the vault keeps its reports
    now("created_at"),
    time("started_at"),
    time("ended_at"),
    one_of("state", RunState),
    one_of("mode", RunMode),
    CheckConstraint("(mode = 'revert') = (reverts IS NOT NULL)", name="reverts"),
    CheckConstraint(
        "state <> 'paused' OR reason IN (" + ", ".join(f"'{r.value}'" for r in PausedReason) + ")",
        name="paused_reason",
    ),
    Index(None, "feed", "number"),
    Index("ix_run_reverts", "reverts", postgresql_where=text("reverts IS NOT NULL")),
    Index("ix_run_active", "state", postgresql_where=text("ended_at IS NULL")),
)

#: How long each phase took, once for each time it was entered.
run_phase = Table(
    "run_phase",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("run_id", ForeignKey("run.id"), nullable=False),
    Column("phase", Text, nullable=False),
    now("started_at"),
    time("ended_at"),
    one_of("phase", Phase),
    Index(None, "run_id"),
)

#: A piece of a run's work; the queue's truth. `notified_at IS NULL` is the outbox.
work_item = Table(
    "work_item",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("run_id", ForeignKey("run.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("chunk", JSONB(none_as_null=True), nullable=False),  # ids only, never personal data
    Column("state", Text, nullable=False, server_default=text("'ready'")),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("epoch", Integer, nullable=False, server_default=text("0")),  # fences off older owners
    Column("lease_until", DateTime(timezone=True)),
    Column("leased_by", Text),
    now("not_before"),
    time("notified_at"),
    Column("error", Text),  # code of the last failure
    now("created_at"),
    time("ended_at"),
    one_of("kind", WorkKind),
    one_of("state", WorkState),
    Index("ix_work_item_open", "run_id", "kind", postgresql_where=text("ended_at IS NULL")),
    Index(
        "ix_work_item_bell", "not_before",
        postgresql_where=text("notified_at IS NULL AND ended_at IS NULL"),
    ),
    # Messages that are out: the relay counts them, the sweep looks for lost ones.
    Index(
        "ix_work_item_sent", "notified_at",
        postgresql_where=text("notified_at IS NOT NULL AND ended_at IS NULL AND state = 'ready'"),
    ),
    Index(
        "ix_work_item_dead", "run_id",
        postgresql_where=text("state = 'dead' AND error <> 'dropped'"),
    ),
    Index("ix_work_item_lease", "lease_until", postgresql_where=text("state = 'leased'")),
)  # fmt: skip

#: An accepted row of an extract, in clear until 30 days after the run's end.
record = Table(
    "record",
    metadata,
    Column("run_id", ForeignKey("run.id"), primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("line", Integer, nullable=False),
    Column("source_id", Text, nullable=False),  # the employee id, or a governed record's own
    Column(
        "body", Text, nullable=False
    ),  # JSON of the validated record; of a governed one RFC 8785
    sha("payload_hash"),  # of a governed record: SHA-256 of `body`
    Column(
        "warnings", JSONB(none_as_null=True)
    ),  # of a governed record: violations it was taken with
    Column("ascip_id", BigInteger),  # the person it was matched with
    Column("match_rule", Text),  # how that person was found; none before schema 0010
    Column("disposition", Text),  # what the plan makes of it
    Column("held_reason", Text),
    Column("held_detail", Text),
    one_of("disposition", Disposition),
    one_of("match_rule", MatchRule),
    one_of("held_reason", HeldReason),
    Index(None, "run_id", "source_id"),
)

#: The target as read for one run.
snapshot = Table(
    "snapshot",
    metadata,
    Column("id", Text, primary_key=True),
    Column("run_id", ForeignKey("run.id"), nullable=False, unique=True),
    Column("target", Text, nullable=False),
    Column("reference", JSONB(none_as_null=True)),
    Column("total_items", Integer),
    Column("list_complete", Boolean),
    Column("list_passes", Integer),
    sha("sha256"),
    now("started_at"),
    time("completed_at"),
)

#: A listed person; `body` is filled when the detail call has answered.
snapshot_person = Table(
    "snapshot_person",
    metadata,
    Column("snapshot_id", ForeignKey("snapshot.id"), primary_key=True),
    Column("ascip_id", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text),  # JSON of the person
    Column("missing", Text),  # why the detail could not be read
    Column("again", Boolean, nullable=False, server_default=text("false")),  # asked for twice
)

#: Whether nobody has a newcomer's email or username, while somebody could not be read.
snapshot_look_up = Table(
    "snapshot_look_up",
    metadata,
    Column("snapshot_id", ForeignKey("snapshot.id"), primary_key=True),
    Column("email", Text, primary_key=True),
    Column("username", Text, primary_key=True),
    Column("nobody", Boolean),  # NULL until it was asked
)

#: A managed group with its members.
snapshot_group = Table(
    "snapshot_group",
    metadata,
    Column("snapshot_id", ForeignKey("snapshot.id"), primary_key=True),
    Column("group_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("member_ids", ARRAY(BigInteger), nullable=False),
)

#: The frozen proposal of a run.
plan = Table(
    "plan",
    metadata,
    Column("id", Text, primary_key=True),
    Column("run_id", ForeignKey("run.id"), nullable=False, unique=True),
    Column("snapshot_id", ForeignKey("snapshot.id"), nullable=False),
    sha("digest", nullable=False),
    Column("header", Text, nullable=False),  # canonical bytes of the digested header
    Column("held_classes", ARRAY(Text), nullable=False),
    Column("applyable", Boolean, nullable=False),
    Column("summary", JSONB(none_as_null=True), nullable=False),
    Column(
        "facts", JSONB(none_as_null=True), nullable=False
    ),  # counterfactual, managed population, shielded
    now("created_at"),
    time("expires_at"),
    CheckConstraint("length(digest) = 64", name="digest"),
)

#: One change of a plan. `body` is what was digested; the rest is envelope.
action = Table(
    "action",
    metadata,
    Column("plan_id", ForeignKey("plan.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("class", Text, nullable=False),
    Column("person_key", Text, nullable=False),
    Column("ascip_id", BigInteger),  # of an add: learned from its outcome
    Column("group_id", BigInteger),
    Column("site", Text),
    Column("marks", ARRAY(Text), nullable=False),
    Column("fields", ARRAY(Text), nullable=False),  # paths of the changes in `body`
    Column("match_rule", Text),
    Column("hold", Text),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("source_row", Integer),
    Column("email_masked", Text, nullable=False),
    Column("depends_on", ARRAY(Text), nullable=False),
    Column(
        "names", JSONB(none_as_null=True), nullable=False
    ),  # names of the ids in `body`, for people to read; `holder`: who has what was refused
    Column("body", Text, nullable=False),  # canonical bytes
    sha("hash", nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    time("intent_at"),
    time("outcome_at"),
    Column("outcome_code", Text),
    Column("settled", Boolean, nullable=False, server_default=text("false")),
    Column("work_item_id", BigInteger),
    time("verified_at"),  # read again after the last action
    Column("mismatch", Text),
    UniqueConstraint("plan_id", "position"),
    one_of("kind", Kind),
    one_of("class", ActionClass),
    one_of("status", ActionStatus),
    one_of("hold", HeldReason),
    one_of("mismatch", Mismatch),
    Index(None, "plan_id", "status", "kind"),
    Index(None, "plan_id", "class"),
    Index(None, "plan_id", "source_row"),
)

#: A decision about a plan. It names the digest it was made for.
review = Table(
    "review",
    metadata,
    Column("id", Text, primary_key=True),
    Column("plan_id", ForeignKey("plan.id"), nullable=False),
    sha("plan_digest", nullable=False),
    Column("decision", Text, nullable=False),
    Column("body", JSONB(none_as_null=True), nullable=False),
    Column("actor", Text, nullable=False),
    # Whether two persons were wanted then; a trigger holds the row against it.
    Column("four_eyes", Boolean, nullable=False, server_default=text("false")),
    now("decided_at"),
    one_of("decision", Decision),
    # Each plan is decided once: the race of two approvers ends here.
    UniqueConstraint("plan_id"),
)

#: Which employee was which person of the LMS when they were last applied.
link = Table(
    "link",
    metadata,
    Column("target", Text, primary_key=True),
    Column("employee_id", Text, primary_key=True),  # folded
    Column("ascip_id", BigInteger, nullable=False),
    Column("run_id", ForeignKey("run.id"), nullable=False),
    now("updated_at"),
    UniqueConstraint("target", "ascip_id"),
)

#: The secret under which the audit speaks of a person; destroying it makes the entries mute. It counts
#: only together with the master key it names: the database alone doesn't tell whom entries mean.
person_secret = Table(
    "person_secret",
    metadata,
    Column("person_key", Text, primary_key=True),
    Column("secret", LargeBinary),
    Column("key_id", LargeBinary),  # none before schema 0002
    now("created_at"),
    time("destroyed_at"),
)

#: Append-only (a trigger refuses everything else). `entry` is canonical, `hash` its RFC 6962 leaf.
audit_entry = Table(
    "audit_entry",
    metadata,
    Column("sequence", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("object_type", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("run_id", Text),
    Column("entry", Text, nullable=False),
    sha("hash", nullable=False),
    Index(None, "run_id", "sequence"),
    Index(None, "object_type", "object_id"),
    # Nearly all entries are of single actions, written by the engine: they need none of these two.
    Index(
        "ix_audit_entry_verb",
        "verb",
        "sequence",
        postgresql_where=text("verb <> 'action.finished'"),
    ),
    Index("ix_audit_entry_actor", "actor", "sequence", postgresql_where=text("actor <> 'system'")),
    Index("ix_audit_entry_at", "at", postgresql_using="brin"),
)
