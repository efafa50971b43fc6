"""Which actions may be carried out: those whose dependencies have succeeded; and which never will be."""

from sqlalchemy import text

DUE = text("""
    SELECT id, group_id FROM action
     WHERE plan_id = :plan AND kind = :kind
       AND (status IN ('planned', 'attempting') OR (status = 'unknown' AND attempts < :max))
       AND (depends_on = '{}'
            OR NOT EXISTS (SELECT 1 FROM action AS d WHERE d.plan_id = :plan
                              AND d.id = ANY(action.depends_on) AND d.status <> 'succeeded'))
     ORDER BY group_id NULLS FIRST, position
""")

#: Whatever waits for somebody who will not come: found along chains, in one statement.
ORPHANED = text("""
    WITH RECURSIVE waits AS MATERIALIZED (
        SELECT id, unnest(depends_on) AS needed FROM action
         WHERE plan_id = :plan AND status = 'planned' AND depends_on <> '{}'),
    orphan AS (
        SELECT waits.id FROM waits JOIN action AS d ON d.plan_id = :plan AND d.id = waits.needed
         WHERE d.status IN ('held', 'not_approved', 'conflict', 'failed', 'not_attempted')
            OR (d.status = 'unknown' AND d.attempts >= :max)
        UNION
        SELECT waits.id FROM waits JOIN orphan ON orphan.id = waits.needed)
    UPDATE action SET status = 'not_attempted', outcome_code = 'dependency_failed'
      FROM (SELECT DISTINCT id FROM orphan) AS orphan
     WHERE plan_id = :plan AND action.id = orphan.id
    RETURNING action.*
""")
