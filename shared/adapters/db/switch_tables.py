"""The schema, part: pauses of all syncing."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, Table, Text, text

from shared.adapters.db.columns import metadata, now, time

#: A pause of all syncing. It holds until `until` or until somebody ends it.
sync_pause = Table(
    "sync_pause",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("paused_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    now("paused_at"),
    time("until"),
    Column("ended_by", Text),  # none where it ended by itself
    time("ended_at"),  # of one that ended by itself: written when the next one begins
    CheckConstraint("until > paused_at", name="until"),
    CheckConstraint("ended_by IS NULL OR ended_at IS NOT NULL", name="ended"),
    # At most one is open.
    Index("uq_sync_pause_open", text("(ended_at IS NULL)"), unique=True,
          postgresql_where=text("ended_at IS NULL")),
)  # fmt: skip
