"""Two plans beside each other, joined by action id in the database."""

from collections import Counter

from sqlalchemy import Connection, text

from shared.adapters.db.action_rows import stored_action
from shared.domain.action import ActionClass, Kind
from shared.domain.errors import NotFound
from shared.ports.comparison import ActionPair, ClassCount, Only, PlanComparison
from shared.ports.views import Page, PageOf

_PAIRS = """
WITH a AS (SELECT id, person_key, hash FROM action WHERE plan_id = :a),
     b AS (SELECT id, person_key, hash FROM action WHERE plan_id = :b),
     pairs AS (
       SELECT id, coalesce(a.person_key, b.person_key) AS person,
              coalesce(a.hash = b.hash, false) AS alike,
              CASE WHEN b.hash IS NULL THEN 'a' WHEN a.hash IS NULL THEN 'b' ELSE 'both' END AS side
         FROM a FULL JOIN b USING (id))
"""
_TOTALS = text(f"{_PAIRS} SELECT side, alike, count(*) AS n FROM pairs GROUP BY side, alike")  # noqa: S608  # of our own
_PAGE = text(f"""{_PAIRS},
     wanted AS MATERIALIZED (SELECT id, person COLLATE "C" AS person, side FROM pairs WHERE NOT alike),
     page AS (
       SELECT * FROM wanted WHERE CAST(:after AS text) IS NULL
           OR (side, person, id) > (SELECT side, person, id FROM wanted WHERE id = :after)
        ORDER BY side, person, id LIMIT :more)
SELECT t.total, t.known, page.* FROM (
    SELECT count(*) AS total, coalesce(bool_or(id = :after), false) AS known FROM wanted) AS t
  LEFT JOIN page ON true ORDER BY side, person, id
""")  # noqa: S608  # of our own
_COUNTS = text("""
SELECT class AS class_, kind,
       count(*) FILTER (WHERE plan_id = :a) AS a, count(*) FILTER (WHERE plan_id = :b) AS b,
       count(hold) FILTER (WHERE plan_id = :a) AS held_a, count(hold) FILTER (WHERE plan_id = :b) AS held_b
  FROM action WHERE plan_id IN (:a, :b) GROUP BY 1, 2 ORDER BY 1, 2
""")
_ACTIONS = text("SELECT * FROM action WHERE plan_id IN (:a, :b) AND id = ANY(:ids)")


class CompareViews:
    """See `shared.ports.views.Views`."""

    _db: Connection

    def compare(self, plan_a: str | None, plan_b: str | None) -> PlanComparison:
        """Totals and counts, a statement each."""
        plans = {"a": plan_a, "b": plan_b}
        totals: Counter[tuple[Only, bool]] = Counter()
        for row in self._db.execute(_TOTALS, plans):
            totals[Only(row.side), row.alike] = row.n
        return PlanComparison(
            alike=totals[Only.BOTH, True], only_a=totals[Only.A, False],
            only_b=totals[Only.B, False], differing=totals[Only.BOTH, False],
            counts=[
                ClassCount(
                    action_class=ActionClass(row.class_), kind=Kind(row.kind), a=row.a, b=row.b,
                    held_a=row.held_a, held_b=row.held_b,
                )
                for row in self._db.execute(_COUNTS, plans)
            ],
        )  # fmt: skip

    def differing(self, plan_a: str | None, plan_b: str | None, page: PageOf) -> Page[ActionPair]:
        """Ids, then the actions of both."""
        values = {"a": plan_a, "b": plan_b, "after": page.after, "more": page.limit + 1}
        rows = self._db.execute(_PAGE, values).all()
        if page.after is not None and not rows[0].known:
            raise NotFound(f"There is no differing action {page.after} to go on after.")
        ids = [row.id for row in rows if row.id is not None]
        found = {
            (row.plan_id, row.id): stored_action(row)
            for row in self._db.execute(_ACTIONS, {**values, "ids": ids})
        }
        pairs = [
            ActionPair(
                id=row.id, only=Only(row.side), a=found.get((plan_a, row.id)),
                b=found.get((plan_b, row.id)),
            )
            for row in rows[: len(ids)]
        ]  # fmt: skip
        more = len(pairs) > page.limit
        return Page(items=pairs[: page.limit], has_more=more, total=rows[0].total)
