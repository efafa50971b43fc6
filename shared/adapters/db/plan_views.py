"""Pages, facets and errors of a plan's actions."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

from shared.adapters.db.action_filter import conditions
from shared.adapters.db.action_rows import stored_action
from shared.domain.action import ActionStatus, Kind
from shared.domain.errors import NotFound
from shared.ports.plans import ActionFilter, StoredAction
from shared.ports.views import ActionError, ActionSort, Facet, FacetCount, Page, PageOf

#: What comes before the position in each order. Only columns that never change: a status would let
#: actions jump between pages.
_KEYS = {
    ActionSort.POSITION: "0",
    ActionSort.PERSON: 'person_key COLLATE "C"',
    ActionSort.RISK: "CASE WHEN hold IS NOT NULL THEN 0 WHEN class = 'removals' THEN 1"
    " WHEN class = 'key_changes' OR 'identity_change' = ANY(marks) THEN 2"
    " WHEN 'weak_match' = ANY(marks) THEN 3 ELSE 4 END",
}

#: Facet → what it counts. A pass for each is twice as fast as one pass over all columns at once.
_COLUMNS = {
    Facet.KIND: "kind",
    Facet.CLASS: "class",
    Facet.STATUS: "status",
    Facet.HOLD: "hold",
    Facet.SITE: "site",
    Facet.GROUP: "group_id",
    Facet.FIELD: "unnest(fields)",
    Facet.MARK: "unnest(marks)",
}
_COUNTS = " UNION ALL ".join(
    f"SELECT '{facet}' AS facet, CAST({column} AS text) AS value, count(*) AS n FROM wanted GROUP BY 2"  # noqa: S608  # columns of our own
    for facet, column in _COLUMNS.items()
)

_NAMES = text("""
    SELECT 'group' AS facet, CAST(g.group_id AS text) AS value, g.name
      FROM plan AS p JOIN snapshot_group AS g ON g.snapshot_id = p.snapshot_id WHERE p.id = :plan
    UNION ALL
    SELECT 'field', 'buckets.' || b.key, b.value
      FROM plan AS p CROSS JOIN jsonb_each_text(coalesce(p.facts->'buckets', '{}')) AS b
     WHERE p.id = :plan
""")

_ERRORS = text("""
    SELECT * FROM (
      SELECT id, position, kind, person_key, status, outcome_code,
             coalesce(outcome_at, intent_at) AS at FROM action
       WHERE plan_id = :plan
         AND (status IN ('failed', 'conflict') OR (status = 'unknown' AND attempts >= :unknown_from))
       ORDER BY at DESC, position DESC LIMIT :limit) AS newest
     ORDER BY at, position
""")


class PlanViews:
    """See `shared.ports.views.Views`."""

    _db: Connection

    def actions(
        self, plan_id: str, wanted: ActionFilter, page: PageOf, *, sort: ActionSort
    ) -> Page[StoredAction]:
        """One statement for the page and the total; the cursor is looked up before."""
        where, values = conditions(wanted)
        values = {"plan": plan_id, "more": page.limit + 1, **values}
        # Whoever pages through everything in its order needs no look at the whole: an index has it.
        whole = not where and sort is ActionSort.POSITION
        beyond = ""
        if page.after is not None:
            values |= self._cursor(plan_id, page.after, sort)
            beyond = "WHERE (key, position) > (:key, :position)"
            if whole:
                beyond = "WHERE position > :position"
        rows = self._db.execute(
            text(
                f"WITH wanted AS {'NOT ' if whole else ''}MATERIALIZED ("  # noqa: S608  # conditions of our own
                f"   SELECT id, position, {_KEYS[sort]} AS key FROM action"
                f"   WHERE plan_id = :plan{where}),"
                f" page AS (SELECT * FROM wanted {beyond} ORDER BY key, position LIMIT :more)"
                " SELECT t.total, page.key, a.* FROM (SELECT count(*) AS total FROM wanted) AS t"
                " LEFT JOIN page ON true LEFT JOIN action AS a ON a.plan_id = :plan AND a.id = page.id"
                " ORDER BY page.key, a.position"
            ),
            values,
        ).all()
        found = [row for row in rows if row.id is not None]
        return Page(
            items=[stored_action(row) for row in found[: page.limit]],
            has_more=len(found) > page.limit,
            total=rows[0].total,
        )

    def _cursor(self, plan_id: str, action_id: str, sort: ActionSort) -> dict[str, object]:
        query = text(
            f"SELECT {_KEYS[sort]} AS key, position FROM action WHERE plan_id = :plan AND id = :id"  # noqa: S608  # an expression of our own
        )
        row = self._db.execute(query, {"plan": plan_id, "id": action_id}).one_or_none()
        if row is None:
            raise NotFound(f"Plan {plan_id} has no action {action_id} to go on after.")
        return {"key": row.key, "position": row.position}

    def facets(self, plan_id: str, wanted: ActionFilter) -> Mapping[Facet, Sequence[FacetCount]]:
        """Two statements: the counts, and the names of groups and buckets."""
        where, values = conditions(wanted)
        query = text(
            "WITH wanted AS MATERIALIZED ("  # noqa: S608  # conditions of our own
            " SELECT kind, class, status, hold, site, group_id, fields, marks FROM action"
            f" WHERE plan_id = :plan{where}) {_COUNTS}"
        )
        values = {"plan": plan_id, **values}
        names = {(row.facet, row.value): row.name for row in self._db.execute(_NAMES, values)}
        counted: dict[Facet, list[FacetCount]] = {facet: [] for facet in Facet}
        for row in self._db.execute(query, values):
            if row.value is None:
                continue
            name = names.get((row.facet, row.value))
            counted[Facet(row.facet)].append(FacetCount(value=row.value, count=row.n, name=name))
        for counts in counted.values():
            counts.sort(key=lambda c: (-c.count, c.value))
        return counted

    def errors(self, plan_id: str, *, unknown_from: int, limit: int) -> list[ActionError]:
        """The newest, oldest first."""
        values = {"plan": plan_id, "unknown_from": unknown_from, "limit": limit}
        return [
            ActionError(
                action_id=row.id, kind=Kind(row.kind), person_key=row.person_key,
                status=ActionStatus(row.status), code=row.outcome_code, at=row.at,
            )
            for row in self._db.execute(_ERRORS, values)
        ]  # fmt: skip
