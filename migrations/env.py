"""Runs migrations on the connection the engine gives (`config.attributes`), in its transaction."""

from alembic import context

from shared.adapters.db import (
    account_tables,
    archive_tables,
    comment_tables,
    message_tables,
    notice_tables,
    presence_tables,
    quarantine_tables,
    record_tables,
    reference_tables,
    reversal_tables,
    service_tables,
    switch_tables,
    tables,
)
from shared.adapters.db.columns import metadata

#: Importing the tables puts them into the metadata.
SCHEMA = (
    tables,
    account_tables,
    archive_tables,
    comment_tables,
    message_tables,
    notice_tables,
    presence_tables,
    quarantine_tables,
    record_tables,
    reference_tables,
    reversal_tables,
    service_tables,
    switch_tables,
)

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
