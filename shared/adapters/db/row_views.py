"""Rows of an extract in pages, with what became of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from shared.domain.action import HeldReason
from shared.domain.books import OF_STATUS, ROW_OUTCOMES
from shared.domain.errors import NotFound
from shared.domain.violation import Violation
from shared.ports.views import Page, PageOf, RowFilter, RowView

#: Of a row's number; more would not be a number for PostgreSQL.
_DIGITS = 18
_RANKS = ", ".join(
    f"('{status.value}', {ROW_OUTCOMES.index(outcome)})" for status, outcome in OF_STATUS.items()
)
_OUTCOMES = ", ".join(f"'{outcome}'" for outcome in ROW_OUTCOMES)

#: A row of a governed feed has no disposition: once it is planned, what has no action is unchanged.
_LEFT = """CASE WHEN EXISTS (SELECT 1 FROM plan WHERE plan.run_id = :run)
                THEN 'unchanged' ELSE 'pending' END"""

#: A row takes the worst outcome of its person's actions, else its disposition; as in `shared.domain.books`.
_ROWS = f"""
    WITH ended AS (
      SELECT a.person_key, max(ranks.rank) AS worst,
             min(a.hold) FILTER (WHERE a.status = 'held') AS hold
        FROM plan JOIN action AS a ON a.plan_id = plan.id
        JOIN (VALUES {_RANKS}) AS ranks(status, rank) ON ranks.status = a.status
       WHERE plan.run_id = :run AND a.source_row IS NOT NULL GROUP BY a.person_key),
    every AS MATERIALIZED (
      SELECT r."row", r.line, r.line AS last_line, r.source_id, NULL AS quarantine_id,
             coalesce((ARRAY[{_OUTCOMES}])[ended.worst + 1], r.disposition, {_LEFT}) AS outcome,
             coalesce(r.held_reason, ended.hold) AS hold, r.held_detail
        FROM record AS r LEFT JOIN ended ON ended.person_key = r.source_id WHERE r.run_id = :run
      UNION ALL
      SELECT q."row", q.line, q.last_line, q.source_id, q.id, 'quarantined', NULL, NULL
        FROM quarantine AS q WHERE q.run_id = :run),
    wanted AS (SELECT * FROM every WHERE true{{where}})
    SELECT t.total, page.* FROM (SELECT count(*) AS total FROM wanted) AS t LEFT JOIN (
      SELECT * FROM wanted WHERE "row" > :after ORDER BY "row" LIMIT :more) AS page ON true
     ORDER BY page."row"
"""  # noqa: S608  # words of the domain

_CONDITIONS = {
    "outcomes": "outcome = ANY(:outcomes)",
    "codes": "(hold = ANY(:codes) OR quarantine_id IN (SELECT v.quarantine_id FROM violation AS v"
    " JOIN quarantine AS q ON q.id = v.quarantine_id WHERE q.run_id = :run AND v.code = ANY(:codes)))",
    "people": "lower(source_id) = ANY(:people)",
}

_VIOLATIONS = text(
    "SELECT quarantine_id, code, column_name, detail, value_class FROM violation"
    " WHERE quarantine_id = ANY(:ids) ORDER BY quarantine_id, position"
)


class RowViews:
    """See `shared.ports.views.Views`."""

    _db: Connection

    def rows(self, run_id: str, wanted: RowFilter, page: PageOf) -> Page[RowView]:
        """One statement for the page and the total, one for the violations of the page."""
        narrowed = {
            "outcomes": list(wanted.outcomes), "codes": list(wanted.codes),
            "people": [person.lower() for person in wanted.people],
        }  # fmt: skip
        given = {name: words for name, words in narrowed.items() if words}
        where = "".join(f" AND {_CONDITIONS[name]}" for name in given)
        values = {"run": run_id, "after": _row_number(page.after), "more": page.limit + 1, **given}
        rows = self._db.execute(text(_ROWS.format(where=where)), values).all()
        found = [row for row in rows if row.row is not None]
        shown = found[: page.limit]
        violations = self._violations([row.quarantine_id for row in shown if row.quarantine_id])
        return Page(
            items=[_view(row, violations.get(row.quarantine_id, ())) for row in shown],
            has_more=len(found) > page.limit,
            total=rows[0].total,
        )

    def _violations(self, ids: list[str]) -> dict[str, list[Violation]]:
        found: dict[str, list[Violation]] = {}
        for row in self._db.execute(_VIOLATIONS, {"ids": ids}) if ids else ():
            violation = Violation(row.code, row.column_name, row.detail, row.value_class)
            found.setdefault(row.quarantine_id, []).append(violation)
        return found


def _row_number(after: str | None) -> int:
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) <= _DIGITS):
        raise NotFound(f"There is no row {after[:_DIGITS]!r} to go on after.")
    return int(after)


def _view(row: Row[Any], violations: Sequence[Violation]) -> RowView:
    return RowView(
        row=row.row, line=row.line, last_line=row.last_line, employee_id=row.source_id,
        outcome=row.outcome, hold=HeldReason(row.hold) if row.hold else None,
        hold_detail=row.held_detail, violations=violations,
    )  # fmt: skip
