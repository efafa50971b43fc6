"""Rules that rows of a run break, counted."""

from collections import defaultdict

from sqlalchemy import Connection, text

from shared.ports.views import FaultCount, FaultyRow

_COUNTS = text("""
    SELECT v.code, v.column_name, grouping(v.column_name) = 1 AS whole, count(DISTINCT q.id) AS rows
      FROM quarantine AS q JOIN violation AS v ON v.quarantine_id = q.id WHERE q.run_id = :run
     GROUP BY GROUPING SETS ((v.code), (v.code, v.column_name))
     ORDER BY rows DESC, v.code, v.column_name
""")
_FIRST = text("""
    SELECT * FROM (
      SELECT v.code, q."row", q.line, q.last_line, q.source_id, v.column_name, v.detail,
             row_number() OVER (PARTITION BY v.code ORDER BY q."row", v.position) AS place
        FROM quarantine AS q JOIN violation AS v ON v.quarantine_id = q.id
       WHERE q.run_id = :run) AS each_fault
     WHERE place <= :first ORDER BY code, place
""")


class FaultViews:
    """See `shared.ports.views.Views`."""

    _db: Connection

    def faults(self, run_id: str, *, first: int) -> list[FaultCount]:
        """Two statements, however many rows."""
        samples: defaultdict[str, list[FaultyRow]] = defaultdict(list)
        for found in self._db.execute(_FIRST, {"run": run_id, "first": first}):
            row = FaultyRow(
                row=found.row, line=found.line, last_line=found.last_line,
                source_id=found.source_id, column=found.column_name, detail=found.detail,
            )  # fmt: skip
            samples[found.code].append(row)
        counts = self._db.execute(_COUNTS, {"run": run_id}).all()
        columns: defaultdict[str, list[tuple[str | None, int]]] = defaultdict(list)
        for each in counts:
            if not each.whole:
                columns[each.code].append((each.column_name, each.rows))
        return [
            FaultCount(
                code=each.code, rows=each.rows, columns=columns[each.code], first=samples[each.code]
            )
            for each in counts
            if each.whole
        ]  # fmt: skip
