"""What somebody who decides about a plan needs beside its actions."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

from shared.adapters.db.action_rows import stored_action
from shared.domain.action import ActionClass, ActionStatus, HeldReason
from shared.ports.plans import StoredAction
from shared.ports.review_facts import ClassCount

_COUNTS = text("""
    SELECT class, hold, status, count(*) AS n FROM action WHERE plan_id = :plan GROUP BY 1, 2, 3
""")

_HELD_AT = text("""
    SELECT site, count(DISTINCT person_key) AS n FROM action
     WHERE plan_id = :plan AND class = 'removals' AND status = 'held' AND site IS NOT NULL
     GROUP BY 1 ORDER BY 2 DESC, 1
""")

#: Chance by a hash of plan and action: nobody can choose what is looked at.
_SAMPLE = text("""
    SELECT * FROM (
      SELECT * FROM action WHERE plan_id = :plan ORDER BY md5(plan_id || id) LIMIT :size) AS chosen
     ORDER BY position
""")

#: JSON with an escaped NUL can't be taken apart: who has one goes without a name.
_NAMES = text(r"""
    WITH told AS (
      SELECT r.source_id AS key, r.body, 0 AS rank FROM plan AS p
        JOIN record AS r ON r.run_id = p.run_id
       WHERE p.id = :plan AND r.source_id = ANY(:keys)
      UNION ALL
      SELECT known.key, s.body, 1 FROM plan AS p
        CROSS JOIN unnest(CAST(:known AS text[]), CAST(:ids AS bigint[])) AS known(key, id)
        JOIN snapshot_person AS s ON s.snapshot_id = p.snapshot_id AND s.ascip_id = known.id
       WHERE p.id = :plan)
    SELECT DISTINCT ON (key) key, concat_ws(' ', n.first_name, n.last_name) AS name FROM told
     CROSS JOIN json_to_record(
       CASE WHEN strpos(body, '\u0000') = 0 THEN CAST(body AS json) ELSE '{}' END
     ) AS n(first_name text, last_name text)
     WHERE body IS NOT NULL ORDER BY key, rank
""")


class PgReviewFacts:
    """See `shared.ports.review_facts.ReviewFacts`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def counts(self, plan_id: str) -> Sequence[ClassCount]:
        """One pass."""
        return [
            ClassCount(
                action_class=ActionClass(row[0]), hold=HeldReason(row.hold) if row.hold else None,
                status=ActionStatus(row.status), count=row.n,
            )
            for row in self._db.execute(_COUNTS, {"plan": plan_id})
        ]  # fmt: skip

    def held_at(self, plan_id: str) -> Sequence[tuple[str, int]]:
        """One pass."""
        return [(row.site, row.n) for row in self._db.execute(_HELD_AT, {"plan": plan_id})]

    def sample(self, plan_id: str, size: int) -> Sequence[StoredAction]:
        """One pass."""
        return [
            stored_action(row) for row in self._db.execute(_SAMPLE, {"plan": plan_id, "size": size})
        ]

    def names(self, plan_id: str, actions: Sequence[StoredAction]) -> Mapping[str, str]:
        """One statement, by keys."""
        known = {a.action.person_key: a.ascip_id for a in actions if a.ascip_id is not None}
        values = {
            "plan": plan_id, "keys": sorted({a.action.person_key for a in actions}),
            "known": list(known), "ids": list(known.values()),
        }  # fmt: skip
        return {row.key: row.name for row in self._db.execute(_NAMES, values) if row.name}
