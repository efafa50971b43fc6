"""Records, quarantine and links in PostgreSQL."""

import json
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection, text

from shared.adapters.db.bulk import copy_rows, streamed
from shared.adapters.db.extract_words import ExtractWords
from shared.adapters.db.texts import Texts
from shared.domain.action import ActionStatus, HeldReason
from shared.domain.books import RowsAlike
from shared.domain.held_rows import HeldRow
from shared.domain.plan import Disposition
from shared.domain.policy import MatchRule
from shared.domain.staff import StaffRecord
from shared.domain.text import fold
from shared.domain.violation import Violation
from shared.ports.extracts import QuarantineEntry

# All rows of a person have the same `source_id`, and it is the key of their actions.
_OUTCOMES = text("""
    SELECT disposition, statuses, count(*) AS rows FROM (
      SELECT r.disposition, array_agg(DISTINCT a.status) FILTER (WHERE a.id IS NOT NULL) AS statuses
        FROM record AS r
        LEFT JOIN action AS a ON a.plan_id = :plan AND a.person_key = r.source_id
                             AND a.source_row IS NOT NULL
       WHERE r.run_id = :run
       GROUP BY r.row, r.disposition) AS each_row
     GROUP BY disposition, statuses
""")

# Who was matched and needed nothing, or was brought in line; and who was added. Who was found by an
# address alone only once the update that writes their number was approved and done: a link outweighs
# every address from then on.
_MATCHED = text("""
    SELECT DISTINCT r.source_id, coalesce(a.ascip_id, r.ascip_id) AS ascip_id
      FROM record AS r
      LEFT JOIN plan AS p ON p.run_id = r.run_id
      LEFT JOIN action AS a ON a.plan_id = p.id AND a.person_key = r.source_id
                           AND a.kind = 'add' AND a.status = 'succeeded'
     WHERE r.run_id = :run AND coalesce(a.ascip_id, r.ascip_id) IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM action AS u
                        WHERE u.plan_id = p.id AND u.person_key = r.source_id AND u.kind = 'update'
                          AND u.status <> 'succeeded'
                          AND u.match_rule NOT IN ('link', 'employee_number'))
""")


class PgExtracts(ExtractWords):
    """See `shared.ports.extracts.Extracts`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add_records(self, run_id: str, records: Iterable[StaffRecord]) -> None:
        """Store accepted rows."""
        rows = (
            (run_id, r.row, r.line, r.employee_id, json.dumps(r.to_json(), ensure_ascii=False))
            for r in records
        )
        copy_rows(self._db, "record", ("run_id", "row", "line", "source_id", "body"), rows)

    def records(self, run_id: str) -> list[StaffRecord]:
        """Accepted rows; a text that stands in many of them, such as a job, is in memory once."""
        query = text('SELECT body FROM record WHERE run_id = :run ORDER BY "row"')
        bodies = streamed(self._db, query, {"run": run_id}).scalars()
        once = Texts()
        return [StaffRecord.from_json(json.loads(body, object_hook=once)) for body in bodies]

    def lines(self, run_id: str) -> dict[int, int]:
        """Where each stands."""
        query = text('SELECT "row", line FROM record WHERE run_id = :run')
        return {found.row: found.line for found in self._db.execute(query, {"run": run_id})}

    def add_quarantine(self, run_id: str, feed: str, entries: Iterable[QuarantineEntry]) -> None:
        """Store rows that were not taken, with everything wrong with them."""
        kept = list(entries)
        copy_rows(
            self._db,
            "quarantine",
            ("id", "run_id", "feed", "row", "line", "last_line", "source_id"),
            ((e.id, run_id, feed, e.row, e.line, e.last_line, e.source_id) for e in kept),
        )
        copy_rows(
            self._db,
            "violation",
            ("quarantine_id", "position", "code", "column_name", "detail", "value_class"),
            (
                (e.id, position, v.code, v.column, v.detail, v.value_class)
                for e in kept
                for position, v in enumerate(e.violations)
            ),
        )

    def quarantine(self, run_id: str) -> list[QuarantineEntry]:
        """Rows that were not taken, in file order."""
        query = text(
            "SELECT q.*, v.code, v.column_name, v.detail, v.value_class FROM quarantine AS q"
            " JOIN violation AS v ON v.quarantine_id = q.id WHERE q.run_id = :run"
            ' ORDER BY q."row", v.position'
        )
        found: dict[str, QuarantineEntry] = {}
        violations: dict[str, list[Violation]] = {}
        for row in self._db.execute(query, {"run": run_id}):
            faults = violations.setdefault(row.id, [])
            faults.append(Violation(row.code, row.column_name, row.detail, row.value_class))
            if row.id not in found:
                found[row.id] = QuarantineEntry(
                    id=row.id, row=row.row, line=row.line, last_line=row.last_line,
                    source_id=row.source_id, violations=faults,
                )  # fmt: skip
        return list(found.values())

    def set_dispositions(
        self,
        run_id: str,
        dispositions: Mapping[int, Disposition],
        matched: Mapping[int, int],
        held: Iterable[HeldRow],
        *,
        match_rules: Mapping[int, MatchRule],
    ) -> None:
        """One statement over all rows."""
        why = {h.row: (h.reason.value, h.detail) for h in held}
        columns = [
            (row, d.value, matched.get(row), match_rules.get(row), *why.get(row, (None, None)))
            for row, d in dispositions.items()
        ]
        rows, values, people, rules, holds, details = (
            zip(*columns, strict=True) if columns else [()] * 6
        )
        self._db.execute(
            text(
                "UPDATE record SET disposition = new.d, ascip_id = new.p, match_rule = new.rule,"
                " held_reason = new.why, held_detail = new.detail"
                " FROM unnest(CAST(:rows AS int[]), CAST(:d AS text[]), CAST(:p AS bigint[]),"
                "   CAST(:rules AS text[]), CAST(:why AS text[]), CAST(:detail AS text[]))"
                " AS new(r, d, p, rule, why, detail)"
                ' WHERE run_id = :run AND "row" = new.r'
            ),
            {
                "run": run_id, "rows": list(rows), "d": list(values), "p": list(people),
                "rules": list(rules), "why": list(holds), "detail": list(details),
            },
        )  # fmt: skip

    def held_rows(self, run_id: str) -> list[HeldRow]:
        """Rows that are held for a reason of their own."""
        query = text(
            'SELECT "row", line, source_id, held_reason, held_detail FROM record'
            ' WHERE run_id = :run AND held_reason IS NOT NULL ORDER BY "row"'
        )
        return [
            HeldRow(
                row=r.row,
                line=r.line,
                person_key=r.source_id,
                reason=HeldReason(r.held_reason),
                detail=r.held_detail,
            )
            for r in self._db.execute(query, {"run": run_id})
        ]

    def pending_rows(self, run_id: str) -> frozenset[int]:
        """Rows with something to apply."""
        query = text("""SELECT "row" FROM record WHERE run_id = :run AND disposition = 'pending'""")
        return frozenset(self._db.execute(query, {"run": run_id}).scalars())

    def row_outcomes(self, run_id: str, plan_id: str | None) -> Iterator[RowsAlike]:
        """Rows of one kind together: there may be a million."""
        # A row of a governed feed has no disposition: what asks for nothing has no action.
        left = "unchanged" if plan_id else "pending"
        for row in self._db.execute(_OUTCOMES, {"run": run_id, "plan": plan_id}):
            statuses = tuple(map(ActionStatus, row.statuses or ()))
            yield RowsAlike(row.disposition or left, statuses, row.rows)

    def remember_links(self, run_id: str, target: str) -> int:
        """Replace older links of the same people and ids."""
        rows = self._db.execute(_MATCHED, {"run": run_id}).all()
        values = {
            "target": target, "run": run_id,
            "keys": [fold(row.source_id) for row in rows], "ids": [row.ascip_id for row in rows],
        }  # fmt: skip
        self._db.execute(
            text("DELETE FROM link WHERE target = :target"
                 " AND (employee_id = ANY(:keys) OR ascip_id = ANY(:ids))"),
            values,
        )  # fmt: skip
        return self._db.execute(
            text(
                "INSERT INTO link (target, employee_id, ascip_id, run_id)"
                " SELECT :target, k, i, :run"
                " FROM unnest(CAST(:keys AS text[]), CAST(:ids AS bigint[])) AS new(k, i)"
            ),
            values,
        ).rowcount

    def links(self, target: str) -> dict[str, int]:
        """Who was whom."""
        query = text("SELECT employee_id, ascip_id FROM link WHERE target = :target")
        rows = self._db.execute(query, {"target": target})
        return {row.employee_id: row.ascip_id for row in rows}
