"""The audit in PostgreSQL: insert and read, nothing else."""

from collections.abc import Iterable, Iterator

import psycopg
from sqlalchemy import Connection, text

from shared.adapters.db.audit_views import AuditViews
from shared.adapters.db.bulk import copy_rows, streamed
from shared.domain.audit import AuditEntry, AuditVerb, ExportedEntry
from shared.domain.errors import AuditUnavailable

_COLUMNS = ("at", "actor", "verb", "object_type", "object_id", "run_id", "entry", "hash")


class PgAuditLog(AuditViews):
    """See `shared.ports.audit_log.AuditLog`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def append(self, entries: Iterable[AuditEntry]) -> None:
        """Write entries in the order given.

        Raises:
            AuditUnavailable: the database is there, but takes no entry. The transaction is lost.
        """
        try:
            copy_rows(self._db, "audit_entry", _COLUMNS, (_row(entry) for entry in entries))
        except psycopg.Error:
            driver = self._db.connection.driver_connection
            if driver is None or driver.closed:
                raise
            # What the driver says may repeat the entry.
            raise AuditUnavailable from None

    def entries(
        self, *, run_id: str | None = None, after: int = 0, limit: int | None = None
    ) -> Iterator[ExportedEntry]:
        """Entries in order."""
        rows = streamed(
            self._db,
            text(
                "SELECT sequence, entry, hash FROM audit_entry WHERE sequence > :after"
                " AND (CAST(:run AS text) IS NULL OR run_id = :run) ORDER BY sequence LIMIT :limit"
            ),
            {"after": after, "run": run_id, "limit": limit},
        )
        for row in rows:
            yield ExportedEntry(sequence=row.sequence, entry=row.entry, hash=row.hash)

    def newest(self, run_id: str, verb: AuditVerb) -> ExportedEntry | None:
        """One row."""
        query = text(
            "SELECT sequence, entry, hash FROM audit_entry WHERE run_id = :run AND verb = :verb"
            " ORDER BY sequence DESC LIMIT 1"
        )
        row = self._db.execute(query, {"run": run_id, "verb": verb.value}).one_or_none()
        if row is None:
            return None
        return ExportedEntry(sequence=row.sequence, entry=row.entry, hash=row.hash)


def _row(entry: AuditEntry) -> tuple[object, ...]:
    text_, hash_ = entry.sealed()
    return (
        entry.at, str(entry.actor), entry.verb.value, entry.object_type, entry.object_id,
        entry.run_id, text_, hash_,
    )  # fmt: skip
