"""Versions of governed records, as the store keeps them."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from shared.adapters.db.bulk import streamed
from shared.adapters.db.record_apply import KEY
from shared.adapters.db.record_rows import digest_of
from shared.domain.record import ManifestStatus, RecordStatus, RecordVersion
from shared.ports.records import Contents, Mismatch

_AS_OF = text("""
    SELECT * FROM record_version
     WHERE feed = :feed AND recorded_at <= :at AND (superseded_at IS NULL OR superseded_at > :at)
     ORDER BY source_id
""")
_IN_FORCE = text(
    "SELECT * FROM record_version WHERE feed = :feed AND superseded_at IS NULL ORDER BY source_id"
)

#: Each version against itself and its neighbours; the first may follow one that has expired.
_RECONCILE = text(f"""
    WITH chained AS (
      SELECT *, lag(idempotency_key) OVER chain AS key_before, lag(version) OVER chain AS before,
             lag(superseded_at) OVER chain AS ended_before, lead(version) OVER chain AS after
        FROM record_version WHERE feed = :feed
      WINDOW chain AS (PARTITION BY source_id ORDER BY version))
    SELECT source_id, version, looked.* FROM chained CROSS JOIN LATERAL (VALUES
        ('payload_hash', payload_hash, encode(sha256(convert_to(payload, 'UTF8')), 'hex')),
        ('idempotency_key', idempotency_key,
          {KEY.format(row="chained", follows="chained.follows", body="payload")}),
        ('follows', follows, coalesce(key_before, follows)),
        ('version', version::text, coalesce(before + 1, version)::text),
        ('recorded_at', recorded_at::text, coalesce(ended_before, recorded_at)::text),
        ('in_force', (superseded_at IS NULL)::text, (after IS NULL)::text)
      ) AS looked(what, stored, computed)
     WHERE looked.stored IS DISTINCT FROM looked.computed ORDER BY source_id, version
""")  # noqa: S608  # of our own

#: The oldest versions of a record go first: none between two that stay. Dates are ISO text.
_EXPIRE = text("""
    WITH aged AS (
      SELECT source_id, version, superseded_at IS NOT NULL AND
             coalesce(CAST(payload AS jsonb) ->> CAST(:dated_by AS text),
                      to_char(superseded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')) < :before AS old
        FROM record_version WHERE feed = :feed),
    gone AS (SELECT source_id, version, bool_and(old) OVER (PARTITION BY source_id ORDER BY version) AS go
               FROM aged)
    DELETE FROM record_version AS v USING gone
     WHERE gone.go AND v.feed = :feed AND v.source_id = gone.source_id AND v.version = gone.version
""")

#: A version has the columns of state its feed declares; the others stay empty.
_REVIEW = text("""
    UPDATE record_version
       SET hazcom_verified = CASE WHEN hazcom_verified IS NOT NULL THEN true END,
           manifest_status = CASE WHEN manifest_status IS NOT NULL THEN CAST(:reviewed AS text) END,
           reviewed_by = :actor, reviewed_at = now(), review_reason = :reason
     WHERE idempotency_key = :key AND superseded_at IS NULL AND reviewed_at IS NULL
       AND (hazcom_verified IS NOT NULL OR manifest_status IS NOT NULL)
""")


class RecordVersions:
    """See `shared.ports.records.Records`."""

    _db: Connection

    def contents(self, feed: str) -> Contents:
        """Computed where the versions are."""
        keys = (
            "SELECT idempotency_key AS key FROM record_version"
            " WHERE feed = :feed AND superseded_at IS NULL"
        )
        sha = self._db.execute(text(digest_of(keys)), {"feed": feed}).scalar_one()
        counted = text(
            "SELECT count(*) FROM record_version"
            " WHERE feed = :feed AND superseded_at IS NULL AND status = 'active'"
        )
        active = self._db.execute(counted, {"feed": feed}).scalar_one()
        return Contents(active=active, sha256=sha)

    def versions(self, feed: str, source_id: str) -> list[RecordVersion]:
        """Oldest first."""
        query = text(
            "SELECT * FROM record_version WHERE feed = :feed AND source_id = :id ORDER BY version"
        )
        rows = self._db.execute(query, {"feed": feed, "id": source_id})
        return [version_of(row) for row in rows]

    def as_of(self, feed: str, at: datetime | None) -> Iterator[RecordVersion]:
        """By a cursor of the server."""
        query, values = (_AS_OF, {"feed": feed, "at": at}) if at else (_IN_FORCE, {"feed": feed})
        yield from map(version_of, streamed(self._db, query, values))

    def reconcile(self, feed: str) -> Iterator[Mismatch]:
        """Computed where the versions are; by a cursor of the server."""
        for row in streamed(self._db, _RECONCILE, {"feed": feed}):
            yield Mismatch(
                feed=feed, source_id=row.source_id, version=row.version, what=row.what,
                stored=row.stored, computed=row.computed,
            )  # fmt: skip

    def expire(self, feed: str, *, dated_by: str | None, before: date) -> int:
        """In one statement."""
        values = {"feed": feed, "dated_by": dated_by, "before": before.isoformat()}
        return self._db.execute(_EXPIRE, values).rowcount

    def count(self, feed: str) -> int:
        """All of them, in force or not."""
        query = text("SELECT count(*) FROM record_version WHERE feed = :feed")
        return int(self._db.execute(query, {"feed": feed}).scalar_one())

    def review(self, idempotency_key: str, actor: str, reason: str) -> bool:
        """Only of a version in force that nobody has reviewed."""
        values = {
            "key": idempotency_key, "actor": actor, "reason": reason,
            "reviewed": ManifestStatus.REVIEWED.value,
        }  # fmt: skip
        return self._db.execute(_REVIEW, values).rowcount == 1


def version_of(row: Row[Any]) -> RecordVersion:
    """A version as a value."""
    return RecordVersion(
        feed=row.feed, source_id=row.source_id, version=row.version,
        idempotency_key=row.idempotency_key, follows=row.follows,
        classification=row.classification, payload=json.loads(row.payload),
        payload_hash=row.payload_hash, status=RecordStatus(row.status),
        hazcom_verified=row.hazcom_verified, manifest_status=row.manifest_status,
        run_id=row.run_id, row=row.row, recorded_at=row.recorded_at,
        superseded_at=row.superseded_at, reviewed_by=row.reviewed_by, reviewed_at=row.reviewed_at,
        review_reason=row.review_reason,
    )  # fmt: skip
