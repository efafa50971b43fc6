"""Versions of the mapping file in PostgreSQL."""

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from shared.adapters.db import tables as t
from shared.domain.mapping import Mapping
from shared.ports.mappings import MappingVersion


class PgMappings:
    """See `shared.ports.mappings.Mappings`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def record(self, mapping: Mapping, body: str, author: str) -> bool:
        """Keep a version once."""
        # What comes back says whether a row was made: the driver doesn't count rows of such an insert.
        statement = (
            upsert(t.mapping_version)
            .values(sha256=mapping.sha256, version=mapping.version, body=body, author=author)
            .on_conflict_do_nothing()
            .returning(t.mapping_version.c.sha256)
        )
        return self._db.execute(statement).one_or_none() is not None

    def body(self, sha256: str) -> str:
        """The text of a version."""
        query = select(t.mapping_version.c.body).where(t.mapping_version.c.sha256 == sha256)
        return str(self._db.execute(query).scalar_one())

    def author(self, sha256: str) -> str:
        """Who brought a version in."""
        query = select(t.mapping_version.c.author).where(t.mapping_version.c.sha256 == sha256)
        return str(self._db.execute(query).scalar_one())

    def history(self) -> list[MappingVersion]:
        """Newest first; versions of one moment by their number."""
        query = text(
            "SELECT m.sha256, m.version, m.author, m.recorded_at, count(r.id) AS runs,"
            " (array_agg(r.id ORDER BY r.number DESC) FILTER (WHERE r.id IS NOT NULL))[1] AS last_run"
            " FROM mapping_version AS m LEFT JOIN run AS r ON r.mapping_sha256 = m.sha256"
            " GROUP BY m.sha256, m.version, m.author, m.recorded_at"
            " ORDER BY m.recorded_at DESC, m.version DESC"
        )
        return [
            MappingVersion(
                sha256=row.sha256, version=row.version, author=row.author,
                recorded_at=row.recorded_at, runs=row.runs, last_run=row.last_run,
            )
            for row in self._db.execute(query)
        ]  # fmt: skip
