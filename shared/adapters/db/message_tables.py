"""The schema, of messages: those that workers refused."""

from sqlalchemy import BigInteger, Column, DateTime, Table, Text

from shared.adapters.db.columns import metadata, one_of
from shared.domain.work import MessageFault

#: Messages refused so far; nothing is kept of what they held.
refused_message = Table(
    "refused_message",
    metadata,
    Column("fault", Text, primary_key=True),
    Column("messages", BigInteger, nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
    one_of("fault", MessageFault),
)
