"""Rows of a run of a governed feed on their way to the record store, and beside what it holds."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import Connection, text

from shared.adapters.db.bulk import copy_rows, streamed
from shared.domain.canonical import canonical, sha256
from shared.domain.feeds.feed import Payload
from shared.domain.record import GovernedRecord
from shared.domain.record_diff import Compared, Current
from shared.domain.violation import Violation
from shared.ports.records import Repeated, WarnedRow

#: Rows read or written at once.
PORTION = 5_000
_COLUMNS = ("run_id", "row", "line", "source_id", "body", "payload_hash", "warnings")

_REPEATED = text("""
    WITH repeated AS (SELECT source_id, min("row") AS first, count(DISTINCT payload_hash)
                               + CASE WHEN source_id = ANY(CAST(:refused AS text[])) THEN 1 ELSE 0 END AS said
                        FROM record WHERE run_id = :run GROUP BY source_id
                      HAVING count(*) > 1 OR source_id = ANY(CAST(:refused AS text[]))),
         gone AS (DELETE FROM record AS r USING repeated AS d
                   WHERE r.run_id = :run AND r.source_id = d.source_id
                     AND (d.said > 1 OR r."row" <> d.first)
                  RETURNING r."row", r.line, r.source_id, d.said)
    SELECT count(*) FILTER (WHERE said = 1) AS duplicates,
           coalesce(jsonb_agg(jsonb_build_array("row", line, source_id) ORDER BY "row")
                    FILTER (WHERE said > 1), '[]') AS conflicting
      FROM gone
""")

_COMPARED = text("""
    SELECT r.source_id, r."row", r.body, v.idempotency_key, v.payload
      FROM record AS r
      LEFT JOIN record_version AS v
        ON v.feed = :feed AND v.source_id = r.source_id AND v.superseded_at IS NULL
     WHERE r.run_id = :run AND r.source_id > :after
       AND v.payload_hash IS DISTINCT FROM r.payload_hash
     ORDER BY r.source_id LIMIT :portion
""")

_WARNED = text(
    'SELECT "row", line, source_id, warnings FROM record'
    ' WHERE run_id = :run AND warnings IS NOT NULL ORDER BY "row"'
)

_TOLD = text("""
    SELECT r."row", r.line FROM plan JOIN action AS a ON a.plan_id = plan.id
      JOIN record AS r ON r.run_id = plan.run_id AND r."row" = a.source_row
     WHERE plan.run_id = :run AND a.status NOT IN ('planned', 'succeeded')
""")

_IN_FORCE = text("""
    SELECT source_id, payload FROM record_version
     WHERE feed = :feed AND superseded_at IS NULL AND source_id = ANY(:ids)
       AND jsonb_exists_any(CAST(payload AS jsonb), CAST(:fields AS text[]))
""")


def digest_of(keys: str) -> str:
    """SQL for the SHA-256 over keys, in order: in 256 parts, each small enough to be one text."""
    return f"""
        SELECT encode(sha256(coalesce(string_agg(part, ''::bytea ORDER BY bucket), ''::bytea)), 'hex')
          FROM (SELECT left(key, 2) AS bucket,
                       sha256(convert_to(string_agg(key, '' ORDER BY key), 'UTF8')) AS part
                  FROM ({keys}) AS keys GROUP BY 1) AS parts
    """  # noqa: S608  # of our own


class RecordRows:
    """See `shared.ports.records.Records`."""

    _db: Connection

    def stage(self, run_id: str, records: Iterable[GovernedRecord]) -> None:
        """By COPY."""
        copy_rows(self._db, "record", _COLUMNS, (_row(run_id, record) for record in records))

    def settle_repeated(self, run_id: str, refused: Collection[str] = ()) -> Repeated:
        """In one statement."""
        # The planner knows nothing yet of rows that came in this transaction.
        self._db.execute(text("ANALYZE record"))
        found = self._db.execute(_REPEATED, {"run": run_id, "refused": sorted(refused)}).one()
        conflicting = [(row, line, source_id) for row, line, source_id in found.conflicting]
        return Repeated(duplicates=found.duplicates, conflicting=conflicting)

    def input_sha256(self, run_id: str, columns: Iterable[str], quarantined: Iterable[str]) -> str:
        """Computed where the rows are."""
        # A source id is made of the payload, so the payload's hash says it all.
        accepted = digest_of("SELECT payload_hash AS key FROM record WHERE run_id = :run")
        taken = self._db.execute(text(accepted), {"run": run_id}).scalar_one()
        return sha256(canonical([sorted(columns), taken, sorted(set(quarantined))]))

    def compared(self, run_id: str, feed: str) -> Iterator[Compared]:
        """Portion after portion, by keyset."""
        values = {"run": run_id, "feed": feed, "portion": PORTION, "after": ""}
        while rows := self._db.execute(_COMPARED, values).all():
            for row in rows:
                current = None
                if row.idempotency_key is not None:
                    current = Current(
                        idempotency_key=row.idempotency_key, payload=json.loads(row.payload)
                    )
                yield Compared(
                    feed=feed, source_id=row.source_id, row=row.row, payload=json.loads(row.body),
                    body=row.body.encode(), current=current,
                )  # fmt: skip
            values["after"] = rows[-1].source_id

    def warned(self, run_id: str) -> Iterator[WarnedRow]:
        """As they were judged."""
        for row in streamed(self._db, _WARNED, {"run": run_id}):
            warnings = [
                Violation(each["code"], each["column"], each["detail"], each["value_class"])
                for each in row.warnings
            ]
            yield WarnedRow(row=row.row, line=row.line, source_id=row.source_id, warnings=warnings)

    def lines_to_tell(self, run_id: str) -> dict[int, int]:
        """Those that reports name."""
        return {row.row: row.line for row in self._db.execute(_TOLD, {"run": run_id})}

    def in_force(
        self, feed: str, source_ids: Sequence[str], fields: Collection[str]
    ) -> dict[str, Payload]:
        """The database looks for the fields: mostly none is there."""
        if not (source_ids and fields):
            return {}
        values = {"feed": feed, "ids": list(source_ids), "fields": sorted(fields)}
        found: dict[str, Payload] = {}
        for row in self._db.execute(_IN_FORCE, values):
            payload = json.loads(row.payload)
            found[row.source_id] = {name: payload[name] for name in payload.keys() & fields}
        return found


def _row(run_id: str, record: GovernedRecord) -> tuple[object, ...]:
    body = canonical(record.payload)
    warnings = json.dumps([_violation(v) for v in record.warnings]) if record.warnings else None
    return (
        run_id, record.row, record.line, record.source_id, body.decode(), sha256(body), warnings,
    )  # fmt: skip


def _violation(violation: Violation) -> dict[str, str | None]:
    return {
        "code": violation.code, "column": violation.column, "detail": violation.detail,
        "value_class": violation.value_class,
    }  # fmt: skip
