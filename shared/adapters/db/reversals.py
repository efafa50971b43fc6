"""What taking runs back needs, in PostgreSQL: read where it lies, written in bulk."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, text

from shared.adapters.db.bulk import streamed
from shared.domain.reversal import Image, LeftOut, LeftOutReason
from shared.domain.run import RunState
from shared.ports.reversals import MOST_LEFT_OUT, LeftOutFor, TakenBack

#: Records read at once: the rows that follow from them are written in between.
_PORTION = 5000

#: Actions that wrote something, or may have.
_DONE = (
    "FROM action AS a JOIN plan ON plan.id = a.plan_id"
    " WHERE plan.run_id = :run AND a.status IN ('succeeded', 'unknown')"
)

_IMAGES = text("""
    SELECT a.position, a.person_key AS source_id, a.kind = 'add' AS added, made.payload AS made,
           before.payload AS before, now.payload AS now,
           coalesce(now.idempotency_key = pinned.key, false) AS in_force
      FROM action AS a
      CROSS JOIN LATERAL (SELECT CAST(a.body AS jsonb) #>> '{record,idempotency_key}' AS key,
                                 CAST(a.body AS jsonb) #>> '{record,follows}' AS follows) AS pinned
      LEFT JOIN record_version AS made ON made.idempotency_key = pinned.key
      LEFT JOIN record_version AS before ON before.idempotency_key = pinned.follows
      LEFT JOIN record_version AS now
        ON now.feed = :feed AND now.source_id = a.person_key AND now.superseded_at IS NULL
     WHERE a.plan_id = (SELECT id FROM plan WHERE run_id = :run)
       AND a.status = 'succeeded' AND a.position > :after
     ORDER BY a.position LIMIT :portion
""")

_LEAVE_OUT = text("""
    INSERT INTO left_out (run_id, key, ascip_id, reason, fields)
    SELECT :run, new.key, new.ascip_id, new.reason, new.fields
      FROM jsonb_to_recordset(CAST(:rows AS jsonb))
             AS new(key text, ascip_id bigint, reason text, fields text[])
    ON CONFLICT DO NOTHING
""")


_LEFT_OUT_FIRST = text("""
    SELECT * FROM (SELECT *, count(*) OVER (PARTITION BY reason) AS of_all,
                          row_number() OVER (PARTITION BY reason ORDER BY key COLLATE "C") AS place
                     FROM left_out WHERE run_id = :run) AS placed
     WHERE place <= :most ORDER BY of_all DESC, reason, place
""")


class PgReversals:
    """See `shared.ports.reversals.Reversals`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def anything_done(self, run_id: str) -> bool:
        """One look."""
        query = text(f"SELECT EXISTS (SELECT 1 {_DONE})")  # of our own
        return bool(self._db.execute(query, {"run": run_id}).scalar_one())

    def groups(self, run_id: str) -> Mapping[int, str]:
        """As the plan calls them."""
        query = text(
            "SELECT a.group_id, max(a.names #>> '{group,0}') AS name"  # of our own
            f" {_DONE} AND a.group_id IS NOT NULL GROUP BY a.group_id"
        )
        rows = self._db.execute(query, {"run": run_id})
        return {row.group_id: row.name or str(row.group_id) for row in rows}

    def images(self, run_id: str, feed: str) -> Iterator[Sequence[Image]]:
        """By keyset: the connection is free between two portions."""
        values = {"run": run_id, "feed": feed, "portion": _PORTION, "after": -1}
        while rows := self._db.execute(_IMAGES, values).all():
            yield [_image(row) for row in rows]
            values["after"] = rows[-1].position

    def leave_out(self, run_id: str, left_out: Iterable[LeftOut]) -> None:
        """In one statement."""
        rows = [
            {
                "key": who.key, "ascip_id": who.ascip_id, "reason": who.reason.value,
                "fields": list(who.fields),
            }
            for who in left_out
        ]  # fmt: skip
        self._db.execute(_LEAVE_OUT, {"run": run_id, "rows": json.dumps(rows)})

    def left_out(self, run_id: str) -> Iterator[LeftOut]:
        """In a stable order."""
        query = text('SELECT * FROM left_out WHERE run_id = :run ORDER BY reason, key COLLATE "C"')
        for row in streamed(self._db, query, {"run": run_id}):
            yield _left_out(row)

    def left_out_by_reason(self, run_id: str) -> Sequence[LeftOutFor]:
        """One pass."""
        rows = self._db.execute(_LEFT_OUT_FIRST, {"run": run_id, "most": MOST_LEFT_OUT})
        groups = [list(alike) for _, alike in groupby(rows, key=attrgetter("reason"))]
        return [
            LeftOutFor(
                reason=LeftOutReason(group[0].reason), count=group[0].of_all,
                first=list(map(_left_out, group)),
            )
            for group in groups
        ]  # fmt: skip

    def left_out_person(self, run_id: str, ascip_id: int) -> LeftOut | None:
        """By the id in ASCIP."""
        query = text("SELECT * FROM left_out WHERE run_id = :run AND ascip_id = :id LIMIT 1")
        row = self._db.execute(query, {"run": run_id, "id": ascip_id}).one_or_none()
        return _left_out(row) if row else None

    def of(self, run_id: str) -> Sequence[TakenBack]:
        """By number."""
        query = text("SELECT id, state FROM run WHERE reverts = :run ORDER BY number")
        rows = self._db.execute(query, {"run": run_id})
        return [TakenBack(run_id=row.id, state=RunState(row.state)) for row in rows]


def _image(row: Row[Any]) -> Image:
    made, before, now = (
        json.loads(each) if each else None for each in (row.made, row.before, row.now)
    )
    return Image(
        source_id=row.source_id, added=row.added, made=made, before=before, now=now,
        in_force=row.in_force,
    )  # fmt: skip


def _left_out(row: Row[Any]) -> LeftOut:
    return LeftOut(
        key=row.key, ascip_id=row.ascip_id, reason=LeftOutReason(row.reason),
        fields=tuple(row.fields),
    )  # fmt: skip
