"""The schema, second part: who may do what, answered requests, scheduled jobs, calls."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from shared.adapters.db.columns import metadata, now, one_of, sha, time
from shared.domain.access import KeyKind

#: Somebody who may sign in or hold a personal key.
app_user = Table(
    "app_user",
    metadata,
    Column("name", Text, primary_key=True),
    Column("roles", ARRAY(Text), nullable=False),
    now("created_at"),
    time("disabled_at"),
)

#: A bearer key. Only `lookup`, an HMAC of it under the installation's key, is kept.
api_key = Table(
    "api_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),  # what it is for
    Column("user_name", ForeignKey("app_user.name")),  # of a personal key
    Column("scopes", ARRAY(Text), nullable=False),  # of a service key
    Column("lookup", LargeBinary, nullable=False, unique=True),
    Column("created_by", Text, nullable=False),
    now("created_at"),
    time("expires_at"),
    time("revoked_at"),
    time("last_used_at"),  # to the hour
    one_of("kind", KeyKind),
    CheckConstraint("(kind = 'personal') = (user_name IS NOT NULL)", name="belongs"),
)

#: What a request with an `Idempotency-Key` was answered, written with its effect; kept for 7 days.
request = Table(
    "request",
    metadata,
    Column("principal", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    sha("body_sha256", nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", Text, nullable=False),  # JSON: the body and the headers that go with it
    now("created_at"),
    Index(None, "created_at"),
)

#: When each scheduled job was last due: a slot is taken once, whoever rings.
schedule = Table(
    "schedule",
    metadata,
    Column("name", Text, primary_key=True),
    Column("last_due", DateTime(timezone=True), nullable=False),
)

#: Calls to the target so far, summed up by the workers.
target_call = Table(
    "target_call",
    metadata,
    Column("target", Text, primary_key=True),
    Column("call", Text, primary_key=True),  # `GET /people/{id}`: never a value
    Column("outcome", Text, primary_key=True),  # `ok`, or the code of what came instead
    Column("calls", BigInteger, nullable=False),
    Column("seconds", Float, nullable=False),
    time("last_at"),  # of the newest of them; none before schema 0015
)
