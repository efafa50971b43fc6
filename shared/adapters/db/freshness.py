"""Whether plans still fit what is known of the target by now: asked of the database, in sets."""

from datetime import datetime

from sqlalchemy import Connection, text

from shared.ports.freshness import Reading

_LATER = text("""
    SELECT s.id, s.run_id, s.completed_at FROM snapshot AS s, snapshot AS old
      JOIN plan ON plan.snapshot_id = old.id
     WHERE plan.id = :plan AND s.target = old.target AND s.list_complete
       AND s.completed_at > old.completed_at
     ORDER BY s.completed_at DESC LIMIT 1
""")
#: PostgreSQL reads no JSON with a NUL in it; what stands for it is sound JSON after a backslash too.
_SOUND = r"CAST(replace({body}, '\u0000', '/0000') AS json)"
_DIFFERENT = text(f"""
    WITH touched AS (
      SELECT person_key, ascip_id, kind, body FROM action WHERE plan_id = :plan
         AND (status IN ('planned', 'failed', 'not_attempted') OR status = 'held'
              AND NOT EXISTS (SELECT FROM review WHERE review.plan_id = :plan))
         AND NOT EXISTS (SELECT FROM action AS begun WHERE begun.plan_id = :plan
              AND begun.person_key = action.person_key
              AND begun.status IN ('succeeded', 'attempting', 'unknown'))),
    known AS (
      SELECT DISTINCT person_key FROM touched
        JOIN plan ON plan.id = :plan
        JOIN snapshot_person AS old
          ON old.snapshot_id = plan.snapshot_id AND old.ascip_id = touched.ascip_id
        LEFT JOIN snapshot_person AS new
          ON new.snapshot_id = :after AND new.ascip_id = touched.ascip_id
       WHERE new.ascip_id IS NULL OR new.missing = 'not_found' OR new.body <> old.body),
    come AS MATERIALIZED (
      SELECT {_SOUND.format(body="new.body")} AS person FROM snapshot_person AS new
       WHERE new.snapshot_id = :after AND new.body IS NOT NULL AND NOT EXISTS (
         SELECT FROM plan JOIN snapshot_person AS old ON old.snapshot_id = plan.snapshot_id
          WHERE plan.id = :plan AND old.ascip_id = new.ascip_id)),
    taken AS MATERIALIZED (
      SELECT DISTINCT path, lower(person ->> field) AS word FROM come, (VALUES
        ('email', 'email'), ('username', 'username'), ('key', 'employee_number')) AS f(path, field)
       WHERE person ->> field IS NOT NULL),
    wanted AS (
      SELECT person_key, 'key' AS path, lower(person_key) AS word FROM touched WHERE kind = 'add'
       UNION ALL
      SELECT person_key, change ->> 'path', lower(change ->> 'after')
        FROM touched, json_array_elements({_SOUND.format(body="body")} -> 'changes') AS change
       WHERE kind = 'add' AND change ->> 'path' IN ('email', 'username')
         AND EXISTS (SELECT FROM taken))
    SELECT count(*) FROM (
      SELECT person_key FROM known UNION
      SELECT person_key FROM wanted JOIN taken USING (path, word)) AS people
""")  # noqa: S608  # of our own
_EXPIRED = text("""
    SELECT run.id, plan.expires_at FROM plan JOIN run ON run.id = plan.run_id
     WHERE plan.expires_at < now() AND run.state IN
       ('held', 'awaiting_approval', 'approved', 'applied_with_errors', 'canceled')
     ORDER BY plan.expires_at, run.id
""")


class PgFreshness:
    """See `shared.ports.freshness.Freshness`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def read_otherwise(self, plan_id: str) -> Reading | None:
        """One look where there is no later reading, else one comparison."""
        later = self._db.execute(_LATER, {"plan": plan_id}).one_or_none()
        if later is None:
            return None
        values = {"plan": plan_id, "after": later.id}
        people = int(self._db.execute(_DIFFERENT, values).scalar_one())
        return (
            Reading(run_id=later.run_id, at=later.completed_at, people=people) if people else None
        )

    def expired(self) -> list[tuple[str, datetime]]:
        """By the clock of the database, like `StoredPlan.expired`."""
        return [(row.id, row.expires_at) for row in self._db.execute(_EXPIRED)]
