"""The schema, part: what people write about plans."""

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, Table, Text

from shared.adapters.db.columns import metadata, now

#: Kept beside the decision; the audit has a hash of the text.
plan_comment = Table(
    "plan_comment",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", BigInteger, Identity(), nullable=False),  # order of being written
    Column("plan_id", ForeignKey("plan.id"), nullable=False),
    Column("actor", Text, nullable=False),
    Column("text", Text, nullable=False),
    now("at"),
    Index(None, "plan_id"),
)
