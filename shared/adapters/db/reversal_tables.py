"""The schema, part: whom a plan that takes a run back leaves out."""

from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from shared.adapters.db.columns import metadata, one_of
from shared.domain.reversal import LeftOutReason

#: Somebody, or a governed record, of whom nothing is taken back.
left_out = Table(
    "left_out",
    metadata,
    Column("run_id", ForeignKey("run.id"), primary_key=True),
    Column("key", Text, primary_key=True),  # as actions name them
    Column("ascip_id", BigInteger),
    Column("reason", Text, nullable=False),
    Column("fields", ARRAY(Text), nullable=False),  # paths of what stands in the way
    one_of("reason", LeftOutReason),
)
