"""Reference data that was read by itself, in PostgreSQL."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, text

from shared.domain.canonical import Json
from shared.domain.snapshot import Reference


class ReferenceReadings:
    """See `shared.ports.snapshots.Snapshots`."""

    _db: Connection

    def keep_reference(self, target: str, reference: Reference) -> None:
        """By the database's clock, as whole readings are timed."""
        query = text(
            "INSERT INTO reference_reading (target, read_at, reference)"
            " VALUES (:target, now(), CAST(:reference AS jsonb))"
            " ON CONFLICT (target) DO UPDATE"
            "   SET read_at = excluded.read_at, reference = excluded.reference"
        )
        body = json.dumps(reference.to_json())
        self._db.execute(query, {"target": target, "reference": body})

    def reference_alone(self, target: str) -> tuple[Mapping[str, Json], datetime] | None:
        """One row."""
        query = text("SELECT reference, read_at FROM reference_reading WHERE target = :target")
        row = self._db.execute(query, {"target": target}).one_or_none()
        return (row.reference, row.read_at) if row else None
