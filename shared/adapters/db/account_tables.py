"""The schema, part: how people sign in, and their sessions."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    func,
    text,
)

from shared.adapters.db.columns import metadata, now, time

#: A user's password, as an argon2id hash, and what became of attempts to guess it.
local_account = Table(
    "local_account",
    metadata,
    Column("user_name", ForeignKey("app_user.name"), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("one_time", Boolean, nullable=False),  # somebody else has seen it
    time("expires_at"),  # of a one-time password
    Column("failures", Integer, nullable=False, server_default=text("0")),  # in a row
    time("waits_until"),
    time("signed_in_at"),
    now("created_at"),
)
# Who signs in as "Kim" is "kim": no two accounts are one person to four eyes.
Index("uq_local_account_person", func.lower(local_account.c.user_name), unique=True)

#: Somebody who has signed in. Only `lookup`, an HMAC of the cookie's token, is kept.
session = Table(
    "session",
    metadata,
    Column("lookup", LargeBinary, primary_key=True),
    Column("user_name", ForeignKey("local_account.user_name"), nullable=False),
    now("opened_at"),
    Column("used_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index(None, "user_name"),
)
