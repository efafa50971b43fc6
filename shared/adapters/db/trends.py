"""The last runs in figures: from the run, its plan's summary and its books, never from actions."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from shared.adapters.db.remediation_views import IS_OPEN
from shared.domain.action import ActionStatus, Kind
from shared.domain.gate_rules import GateName
from shared.domain.gates import Gate
from shared.domain.run import RunMode, RunState
from shared.ports.trends import (
    OF_EXTRACT,
    Contact,
    OpenRecords,
    PastRun,
    ReasonCount,
    RowFigures,
)

# Of the header only the one gate comes over the wire: with sites it has hundreds.
_PAST = f"""
    SELECT run.id, run.number, run.feed, run.mode, run.state, run.reason, run.detail,
           run.file_name, upload.sha256, review.actor AS reviewed_by, run.created_at,
           run.ended_at, run.counts, run.books -> 'actions' AS ended,
           plan.id AS plan_id, plan.summary,
           (SELECT gate FROM jsonb_array_elements(CAST(plan.header AS jsonb) -> 'gates') AS gate
             WHERE gate ->> 'gate' = '{GateName.REMOVALS}' LIMIT 1) AS removals,
           (SELECT sum(extract(epoch FROM coalesce(p.ended_at, clock_timestamp()) - p.started_at))
              FROM run_phase AS p WHERE p.run_id = run.id) AS worked_s
      FROM run LEFT JOIN plan ON plan.run_id = run.id LEFT JOIN review ON review.plan_id = plan.id
      LEFT JOIN upload ON upload.id = run.upload_id
"""  # noqa: S608  # a word of the domain
_NEWEST = "WHERE run.feed = :feed AND run.mode = ANY(:modes)"
_RUNS = text(f"{_PAST} {_NEWEST} ORDER BY run.number DESC LIMIT :most")
_LAST = text(f"{_PAST} {_NEWEST} AND run.state = ANY(:states) ORDER BY run.number DESC LIMIT 1")
_OF = text(f"{_PAST} WHERE run.id = ANY(:ids)")
_EXTRACTS = [mode.value for mode in OF_EXTRACT]

_REASONS = text("""
    SELECT status, outcome_code, count(*) AS n FROM action
     WHERE plan_id = :plan AND status IN ('failed', 'conflict', 'unknown')
     GROUP BY 1, 2 ORDER BY n DESC, 1, 2
""")

# A request that was refused for itself was answered; calls counted together end at the same time.
_CONTACT = text("""
    WITH told AS (
        SELECT last_at, outcome, calls,
               outcome = 'ok' OR (outcome LIKE 'http\\_4%'
                 AND outcome NOT IN ('http_401', 'http_403', 'http_429')) AS answered
          FROM target_call WHERE target = :target AND outcome <> 'canceled' AND last_at IS NOT NULL)
    SELECT max(last_at) FILTER (WHERE answered) AS answered_at,
           max(last_at) FILTER (WHERE NOT answered) AS failed_at,
           (array_agg(outcome ORDER BY last_at DESC, calls DESC, outcome)
             FILTER (WHERE NOT answered))[1] AS failed_with
      FROM told
""")

_OPEN = text(f"""
    SELECT q.feed, CAST(q.created_at AS date) AS opened_on, count(*) AS records,
           count(*) FILTER (WHERE q.due_on < :today) AS overdue
      FROM quarantine AS q WHERE {IS_OPEN} GROUP BY 1, 2 ORDER BY 1, 2
""")  # noqa: S608  # words of the domain


class PgTrends:
    """See `shared.ports.trends.Trends`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def runs(self, feed: str, modes: Sequence[RunMode], *, most: int) -> list[PastRun]:
        """By the index over (feed, number), backwards."""
        values = {"feed": feed, "modes": [mode.value for mode in modes], "most": most}
        return [_past(row) for row in self._db.execute(_RUNS, values)][::-1]

    def of(self, run_ids: Sequence[str]) -> dict[str, PastRun]:
        """By primary keys."""
        rows = self._db.execute(_OF, {"ids": list(run_ids)})
        return {row.id: _past(row) for row in rows}

    def last(self, feed: str, states: Sequence[RunState]) -> PastRun | None:
        """By the same index."""
        values = {"feed": feed, "modes": _EXTRACTS, "states": [state.value for state in states]}
        row = self._db.execute(_LAST, values).one_or_none()
        return _past(row) if row else None

    def reasons(self, plan_id: str) -> list[ReasonCount]:
        """By the index over (plan, status): those that succeeded are not looked at."""
        return [
            ReasonCount(status=ActionStatus(row.status), code=row.outcome_code, count=row.n)
            for row in self._db.execute(_REASONS, {"plan": plan_id})
        ]

    def contact(self, target: str) -> Contact:
        """Over a table of a few dozen rows."""
        row = self._db.execute(_CONTACT, {"target": target}).one()
        return Contact(
            answered_at=row.answered_at, failed_at=row.failed_at, failed_with=row.failed_with
        )

    def open_records(self, today: date) -> list[OpenRecords]:
        """People deal with them: the list stays short."""
        return [
            OpenRecords(
                feed=row.feed, opened_on=row.opened_on, records=row.records, overdue=row.overdue
            )
            for row in self._db.execute(_OPEN, {"today": today})
        ]


def _past(row: Row[Any]) -> PastRun:
    summary: Mapping[str, Any] = row.summary or {}
    return PastRun(
        id=row.id, feed=row.feed, mode=RunMode(row.mode), state=RunState(row.state),
        reason=row.reason, detail=row.detail, file_name=row.file_name, sha256=row.sha256,
        plan_id=row.plan_id, reviewed_by=row.reviewed_by,
        created_at=row.created_at, ended_at=row.ended_at, worked_s=float(row.worked_s or 0),
        planned={kind: summary[kind] for kind in Kind if summary.get(kind)},
        held=summary.get("held", 0), rows=_rows(row.counts or {}),
        ended=None if row.ended is None else {ActionStatus(s): n for s, n in row.ended.items()},
        removals=Gate.from_json(row.removals) if row.removals else None,
    )  # fmt: skip


def _rows(counts: Mapping[str, Any]) -> RowFigures | None:
    if "rows_in" not in counts:
        return None
    return RowFigures(
        rows_in=counts["rows_in"], accepted=counts.get("accepted", 0),
        quarantined=counts.get("quarantined", 0), unidentified=counts.get("unidentified", 0),
    )  # fmt: skip
