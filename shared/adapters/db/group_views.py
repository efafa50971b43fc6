"""Groups of a plan's actions: what is identical is one row, however many people it is done to."""

from typing import Any

from sqlalchemy import Connection, Row, text

from shared.adapters.db.action_filter import IDENTICAL_PARTS, conditions, key_of
from shared.adapters.db.action_rows import stored_action
from shared.domain.errors import NotFound
from shared.domain.identical import identical_parts
from shared.ports.plans import ActionFilter
from shared.ports.views import ActionGroup, GroupBy, Page, PageOf

#: What is grouped by, and what the key of a group is made of that.
_VALUES = {
    GroupBy.CHANGE: (f"unnest({IDENTICAL_PARTS})", key_of("value")),
    GroupBy.SITE: ("site", "value"),
    GroupBy.ACTION: ("kind", "value"),
    GroupBy.FIELD: ("unnest(fields)", "value"),
    GroupBy.MARK: ("unnest(marks)", "value"),
    GroupBy.PERSON: ("person_key", "value"),
}


class GroupViews:
    """See `shared.ports.views.Views`."""

    _db: Connection

    def groups(
        self, plan_id: str, by: GroupBy, wanted: ActionFilter, page: PageOf
    ) -> Page[ActionGroup]:
        """One statement. A group's first action shows what all of them are."""
        where, values = conditions(wanted)
        value, key = _VALUES[by]
        query = text(
            "WITH parted AS MATERIALIZED ("  # noqa: S608  # expressions and conditions of our own
            f"   SELECT {value} AS value, position, hold FROM action WHERE plan_id = :plan{where}),"
            f" grouped AS MATERIALIZED (SELECT {key} AS key, count(*) AS n, count(hold) AS held,"
            "   min(position) AS first FROM parted WHERE value IS NOT NULL GROUP BY value),"
            " page AS (SELECT * FROM grouped WHERE CAST(:after AS text) IS NULL"
            '   OR (-n, key COLLATE "C") > (SELECT -n, key FROM grouped WHERE key = :after)'
            '   ORDER BY n DESC, key COLLATE "C" LIMIT :more)'
            " SELECT t.total, t.known, page.key, page.n, page.held, a.* FROM ("
            "   SELECT count(*) AS total, coalesce(bool_or(key = :after), false) AS known FROM grouped"
            " ) AS t LEFT JOIN page ON true"
            " LEFT JOIN action AS a ON a.plan_id = :plan AND a.position = page.first"
            ' ORDER BY page.n DESC, page.key COLLATE "C"'
        )
        values = {"plan": plan_id, "after": page.after, "more": page.limit + 1, **values}
        rows = self._db.execute(query, values).all()
        if page.after is not None and not rows[0].known:
            raise NotFound(f"Plan {plan_id} has no such group to go on after.")
        found = [row for row in rows if row.key is not None]
        return Page(
            items=[_group(by, row) for row in found[: page.limit]],
            has_more=len(found) > page.limit,
            total=rows[0].total,
        )


def _group(by: GroupBy, row: Row[Any]) -> ActionGroup:
    first = stored_action(row)
    parts = dict(identical_parts(first.action)) if by is GroupBy.CHANGE else {}
    return ActionGroup(
        key=row.key, count=row.n, held=row.held, first=first.action, change=parts.get(row.key)
    )
