"""What is about to be applied of a plan, counted as gates count."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row, text

from shared.domain.action import ActionClass
from shared.domain.gates import Counts

#: A change in an action's canonical body that takes a value away, and is not held.
CLEARS = r'"after":null,"before":("([^"\\]|\\.)*"|-?[0-9]+),"hold":null'

#: People by class, those removed by site, and by class those of whom an update clears something;
#: governed records have no `ascip_id` and no such gate.
APPROVED = text("""
    WITH approved AS (SELECT "class", site, person_key, kind = 'update' AND ascip_id IS NOT NULL
                             AND body ~ :clears AS clears
                        FROM action WHERE plan_id = :plan
                         AND status NOT IN ('held', 'not_approved'))
    SELECT 'class' AS by, "class" AS of, count(DISTINCT person_key) AS people
      FROM approved GROUP BY "class"
     UNION ALL
    SELECT 'site', site, count(DISTINCT person_key)
      FROM approved WHERE "class" = 'removals' AND site IS NOT NULL GROUP BY site
     UNION ALL
    SELECT 'clears', "class", count(DISTINCT person_key) FROM approved WHERE clears GROUP BY "class"
""")


def counts_of(rows: Iterable[Row[Any]]) -> Counts:
    """The rows of `APPROVED` as gates take them."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        found[row.by][row.of] = row.people
    return Counts(_by_class(found["class"]), found["site"], _by_class(found["clears"]))


def _by_class(people: Mapping[str, int]) -> dict[ActionClass, int]:
    return {ActionClass(of): number for of, number in people.items()}


#: How approved actions have ended since the run began to apply, or went on, the last time.
ENDED = text("""
    WITH mine AS (SELECT status, position, outcome_at FROM action WHERE plan_id = :plan
                     AND status NOT IN ('held', 'not_approved')),
         ended AS (SELECT * FROM mine WHERE status IN ('succeeded', 'failed', 'conflict')
                      AND outcome_at >= (SELECT max(p.started_at) FROM run_phase AS p JOIN plan USING (run_id)
                                          WHERE plan.id = :plan AND p.phase = 'apply'))
    SELECT (SELECT count(*) FROM mine) AS approved,
           count(*) FILTER (WHERE status = 'failed') AS failed,
           count(*) FILTER (WHERE status = 'conflict') AS conflicts,
           count(*) FILTER (WHERE status = 'failed' AND (outcome_at, position) > coalesce(
             (SELECT (outcome_at, position) FROM ended WHERE status <> 'failed'
               ORDER BY outcome_at DESC, position DESC LIMIT 1), ('-infinity'::timestamptz, -1))) AS in_a_row
      FROM ended
""")
