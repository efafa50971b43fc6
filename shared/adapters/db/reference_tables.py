"""The schema, part: reference data that was read by itself."""

from sqlalchemy import Column, DateTime, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from shared.adapters.db.columns import metadata

#: Reference data of a target, read between two runs because somebody asked for it; the last reading only.
reference_reading = Table(
    "reference_reading",
    metadata,
    Column("target", Text, primary_key=True),
    Column("read_at", DateTime(timezone=True), nullable=False),
    Column("reference", JSONB, nullable=False),
)
