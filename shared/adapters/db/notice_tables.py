"""The schema, part: what somebody should hear of by mail."""

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Integer, Table, Text, text

from shared.adapters.db.columns import metadata, one_of, time
from shared.domain.notice import NoticeState, Topic

_WAITING = text("state = 'waiting'")

#: A notice and what became of it. Its mail is made when it is sent, from what is true by then.
notice = Table(
    "notice",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("topic", Text, nullable=False),
    Column("about", Text, nullable=False),  # a run, a feed, or nothing
    Column("stage", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    time("leased_until"),  # somebody sends it
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("error", Text),  # code of the last failure
    Column("series", Text),  # what later ones are compared with
    Column("status", Text),
    time("ended_at"),
    one_of("topic", Topic),
    one_of("state", NoticeState),
    # What the clock finds again and again is told once.
    Index(
        "uq_notice_stage", "topic", "about", "stage", unique=True,
        postgresql_where=text("topic <> 'run'"),
    ),
    Index("ix_notice_about", "about"),
    Index("ix_notice_waiting", "id", postgresql_where=_WAITING),
    Index("ix_notice_series", "series", "id", postgresql_where=text("status IS NOT NULL")),
)  # fmt: skip
