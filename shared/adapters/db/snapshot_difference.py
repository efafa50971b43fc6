"""How two snapshots differ: counted by the database, whatever their size."""

from dataclasses import fields

from sqlalchemy import Connection, text

from shared.domain.snapshot import Person
from shared.ports.snapshots import Difference, SnapshotDifference

_FIELDS = [field.name for field in fields(Person)]
#: Bodies are compared as text first; only those that differ are taken apart. PostgreSQL reads no JSON
#: with a NUL in it; what stands for it is sound JSON after a backslash too.
_DIFFERENT = r"""
WITH old AS (SELECT ascip_id, body FROM snapshot_person
              WHERE snapshot_id = :before AND missing IS DISTINCT FROM 'not_found'),
     new AS (SELECT ascip_id, body FROM snapshot_person
              WHERE snapshot_id = :after AND missing IS DISTINCT FROM 'not_found'),
     different AS (
       SELECT ascip_id, CAST(replace(old.body, '\u0000', '/0000') AS json) AS was,
              CAST(replace(new.body, '\u0000', '/0000') AS json) AS is_now,
              CASE WHEN old.ascip_id IS NULL THEN 'came' WHEN new.ascip_id IS NULL THEN 'went'
                   WHEN old.body IS NULL OR new.body IS NULL THEN 'unread' ELSE 'changed' END AS how
         FROM old FULL JOIN new USING (ascip_id)
        WHERE old.body IS DISTINCT FROM new.body OR old.ascip_id IS NULL OR new.ascip_id IS NULL),
     changed AS (
       SELECT ascip_id, field FROM different, unnest(CAST(:fields AS text[])) AS field
        WHERE how = 'changed' AND CAST(was -> field AS text)
              IS DISTINCT FROM CAST(is_now -> field AS text))
"""
_COUNTS = text(f"{_DIFFERENT} SELECT how, count(*) AS people FROM different GROUP BY how")  # noqa: S608  # of our own
_CHANGED = text(f"{_DIFFERENT} SELECT field, count(*) AS people FROM changed GROUP BY field")  # noqa: S608  # of our own


def difference(db: Connection, before: str, after: str) -> SnapshotDifference:
    """See `shared.ports.snapshots.Snapshots`."""
    of = {"before": before, "after": after, "fields": _FIELDS}
    return SnapshotDifference(
        counts={Difference(row.how): row.people for row in db.execute(_COUNTS, of)},
        fields={row.field: row.people for row in db.execute(_CHANGED, of)},
    )
