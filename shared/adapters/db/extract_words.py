"""What the rows of an extract say in mapped columns, counted where they lie."""

import json
from datetime import date

from sqlalchemy import Connection, text

from shared.adapters.db.columns import OF_EXTRACT
from shared.domain.mapping_coverage import Alike
from shared.ports.extracts import ReadExtract

_NEWEST = text(
    "SELECT id AS run_id, file_name, created_at AS landed_at, mapping_sha256, counts FROM run"  # noqa: S608  # a word of our own
    f" WHERE feed = :feed AND {OF_EXTRACT} AND input_sha256 IS NOT NULL ORDER BY number DESC LIMIT 1"
)

# Fifty thousand rows come to some hundred combinations: they are counted here, not sent. Each body is
# taken apart once: with an operator for each field it takes four times as long.
_ALIKE = text("""
    SELECT CAST(b.site_codes AS text) AS site_codes, b.role, b.timezone,
           CAST(b.attributes AS text) AS attributes, count(*) AS rows
      FROM record, json_to_record(CAST(body AS json)) AS b
           (site_codes json, role text, timezone text, attributes json, inactive boolean, end_date date)
     WHERE run_id = :run AND NOT b.inactive AND coalesce(b.end_date >= :as_of, true)
     GROUP BY 1, 2, 3, 4
""")


class ExtractWords:
    """See `shared.ports.extracts.Extracts`."""

    _db: Connection

    def newest_read(self, feed: str) -> ReadExtract | None:
        """Whatever became of its run afterwards."""
        row = self._db.execute(_NEWEST, {"feed": feed}).one_or_none()
        return ReadExtract(**row._asdict()) if row else None

    def alike(self, run_id: str, as_of: date) -> list[Alike]:
        """One statement."""
        return [
            Alike(
                site_codes=tuple(json.loads(row.site_codes)), role=row.role, timezone=row.timezone,
                attributes=json.loads(row.attributes), rows=row.rows,
            )
            for row in self._db.execute(_ALIKE, {"run": run_id, "as_of": as_of})
        ]  # fmt: skip
