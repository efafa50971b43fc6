"""Sums for metrics in PostgreSQL: by index from the newest run, or over tables that stay small."""

import json
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, text

from shared.domain.action import ActionClass, ActionStatus
from shared.domain.canonical import Json
from shared.domain.run import Phase, RunState
from shared.domain.work import MessageFault
from shared.ports.tallies import NewestPlan, PhaseTime
from shared.ports.target import CallCount

# In the order of its rows, so that two workers can't wait for each other.
_ADD_CALLS = text("""
    INSERT INTO target_call (target, call, outcome, calls, seconds, last_at)
    SELECT :target, call, outcome, calls, seconds, now()
      FROM json_to_recordset(CAST(:counts AS json))
        AS new(call text, outcome text, calls bigint, seconds double precision)
     ORDER BY call, outcome
    ON CONFLICT (target, call, outcome) DO UPDATE
       SET calls = target_call.calls + excluded.calls,
           seconds = target_call.seconds + excluded.seconds,
           last_at = greatest(target_call.last_at, excluded.last_at)
""")

_CALLS = text("""
    SELECT call, outcome, sum(calls) AS calls, sum(seconds) AS seconds
      FROM target_call GROUP BY 1, 2 ORDER BY 1, 2
""")

_ADD_REFUSED = text("""
    INSERT INTO refused_message (fault, messages, last_at)
    SELECT fault, n, now()
      FROM json_to_recordset(CAST(:rows AS json)) AS new(fault text, n bigint)
    ON CONFLICT (fault) DO UPDATE
       SET messages = refused_message.messages + excluded.messages, last_at = excluded.last_at
""")

_PHASES = text("""
    SELECT phase, count(*) AS times, sum(seconds) AS total_s,
           (array_agg(seconds ORDER BY id DESC))[1] AS last_s
      FROM (SELECT id, phase, extract(epoch FROM ended_at - started_at) AS seconds
              FROM run_phase WHERE ended_at IS NOT NULL) AS ended
     GROUP BY phase
""")

# From the newest run backwards: the newest that has a plan is among the first few.
_NEWEST_PLAN = text("""
    SELECT plan.id, plan.header FROM run JOIN plan ON plan.run_id = run.id
     ORDER BY run.number DESC LIMIT 1
""")

_HELD = text("""
    SELECT class, count(*) AS n FROM action
     WHERE plan_id = :plan AND status = 'held' GROUP BY class
""")

_BOOKS = text("SELECT books FROM run WHERE books IS NOT NULL ORDER BY number DESC LIMIT 1")

_APPLYING = text("""
    SELECT status, count(*) AS n FROM action
     WHERE plan_id = ANY (ARRAY(SELECT plan.id FROM run JOIN plan ON plan.run_id = run.id
                                 WHERE run.state IN ('applying', 'paused')
                                   AND run.ended_at IS NULL))
     GROUP BY status
""")


class PgTallies:
    """See `shared.ports.tallies.Tallies`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add_calls(self, target: str, counts: Iterable[CallCount]) -> None:
        """One statement, whatever was counted."""
        rows = [
            {"call": c.call, "outcome": c.outcome, "calls": c.calls, "seconds": c.seconds}
            for c in counts
        ]
        self._db.execute(_ADD_CALLS, {"target": target, "counts": json.dumps(rows)})

    def calls(self) -> list[CallCount]:
        """Sums of all targets."""
        return [
            CallCount(call=r.call, outcome=r.outcome, calls=int(r.calls), seconds=r.seconds)
            for r in self._db.execute(_CALLS)
        ]

    def add_refused(self, counts: Mapping[MessageFault, int]) -> None:
        """One statement, in the order of its rows, as above."""
        rows = [{"fault": fault.value, "n": counts[fault]} for fault in sorted(counts)]
        self._db.execute(_ADD_REFUSED, {"rows": json.dumps(rows)})

    def refused(self) -> dict[MessageFault, int]:
        """A row for each fault."""
        rows = self._db.execute(text("SELECT fault, messages FROM refused_message"))
        return {MessageFault(row.fault): row.messages for row in rows}

    def runs(self) -> dict[RunState, int]:
        """A few runs a day: the table stays small."""
        rows = self._db.execute(text("SELECT state, count(*) AS n FROM run GROUP BY state"))
        return {RunState(row.state): row.n for row in rows}

    def phases(self) -> list[PhaseTime]:
        """Five rows a run."""
        return [
            PhaseTime(
                phase=Phase(row.phase), last_s=float(row.last_s), total_s=float(row.total_s),
                times=row.times,
            )
            for row in self._db.execute(_PHASES)
        ]  # fmt: skip

    def newest_plan(self) -> NewestPlan | None:
        """Gates from the header, holds by the index over (plan, status)."""
        plan = self._db.execute(_NEWEST_PLAN).one_or_none()
        if plan is None:
            return None
        held = self._db.execute(_HELD, {"plan": plan.id})
        return NewestPlan(
            gates=tuple(json.loads(plan.header)["gates"]),
            held={ActionClass(row[0]): row.n for row in held},
        )

    def books(self) -> Mapping[str, Json] | None:
        """As they are stored with the run."""
        books: Mapping[str, Json] | None = self._db.execute(_BOOKS).scalar_one_or_none()
        return books

    def applying(self) -> dict[ActionStatus, int]:
        """By the index over (plan, status)."""
        return {ActionStatus(row.status): row.n for row in self._db.execute(_APPLYING)}

    def uploads(self) -> int:
        """A few a day."""
        return int(self._db.execute(text("SELECT count(*) FROM upload")).scalar_one())
