"""What shadow mode came to: a statement each for the extracts, the people and the newest plan."""

import json

from sqlalchemy import Connection, text

from shared.adapters.db.columns import OF_EXTRACT
from shared.domain.action import Kind
from shared.domain.shadow import SHADOW, Returned, ShadowedExtract, ShadowReview, WouldLeave

_SHADOWED = f"""
    SELECT run.*, plan.id AS plan_id, plan.summary, plan.header, plan.facts
      FROM run JOIN plan ON plan.run_id = run.id
     WHERE run.feed = :feed AND run.state = 'discarded' AND run.reason = '{SHADOW}'
       AND run.created_at > now() - make_interval(days => :days)
"""  # noqa: S608  # a word of our own
_EXTRACTS = text(f"{_SHADOWED} ORDER BY run.number")
_NOT_PLANNED = text(f"""
    SELECT count(*) FROM run WHERE feed = :feed AND {OF_EXTRACT}
       AND state IN ('rejected_input', 'failed')
       AND created_at > now() - make_interval(days => :days)
""")  # noqa: S608  # words of our own

# Whoever a later extract keeps has a row there: `seen_run` is the last that had one.
_PEOPLE = text(f"""
    WITH shadowed AS ({_SHADOWED}),
    removed AS (
      SELECT a.ascip_id, s.target, min(a.person_key) AS person_key,
             min(a.email_masked) AS email_masked, min(s.number) AS number,
             min(s.as_of) AS removed_on, bool_and(x.hold IS NOT NULL) AS held
        FROM shadowed AS s JOIN absentee AS a ON a.plan_id = s.plan_id AND a.fate = 'removed'
        JOIN action AS x ON x.plan_id = a.plan_id AND x.ascip_id = a.ascip_id
         AND x.class = 'removals'
       GROUP BY a.ascip_id, s.target)
    SELECT r.*, p.seen_on, coalesce(seen.number > r.number, false) AS returned
      FROM removed AS r
      LEFT JOIN presence AS p ON p.target = r.target AND p.shadow AND p.ascip_id = r.ascip_id
      LEFT JOIN run AS seen ON seen.id = p.seen_run
     ORDER BY r.person_key COLLATE "C"
""")  # noqa: S608  # of our own
_HOLDS = text(
    "SELECT hold, count(*) AS n FROM action WHERE plan_id = :plan AND hold IS NOT NULL"
    " GROUP BY hold ORDER BY n DESC, hold"
)
_LEAVE = text("""
    SELECT a.person_key, a.email_masked, a.since, min(x.hold) AS hold, count(*) OVER () AS total
      FROM absentee AS a
      JOIN action AS x ON x.plan_id = a.plan_id AND x.ascip_id = a.ascip_id AND x.class = 'removals'
     WHERE a.plan_id = :plan AND a.fate = 'removed'
     GROUP BY a.person_key, a.email_masked, a.since ORDER BY a.person_key COLLATE "C" LIMIT :most
""")


class ShadowViews:
    """See `shared.ports.views.Views`."""

    _db: Connection

    def shadow(self, feed: str, *, days: int, most: int) -> ShadowReview:
        """Five statements, however many people."""
        values = {"feed": feed, "days": days}
        extracts = [
            ShadowedExtract(
                run_id=row.id, plan_id=row.plan_id, file=row.file_name, planned_at=row.created_at,
                as_of=row.as_of, rows=row.counts["rows_in"], quarantined=row.counts["quarantined"],
                kinds={k.value: row.summary[k] for k in Kind if k in row.summary},
                held=row.summary["held"],
                tripped=_tripped(row.header),
                naive_removals=row.facts.get("naive_removals", 0),
            )
            for row in self._db.execute(_EXTRACTS, values)
        ]  # fmt: skip
        not_planned = self._db.execute(_NOT_PLANNED, values).scalar_one()
        if not extracts:
            return ShadowReview(days=days, not_planned=not_planned)
        people = self._db.execute(_PEOPLE, values).all()
        newest = {"plan": extracts[-1].plan_id, "most": most}
        leave = self._db.execute(_LEAVE, newest).all()
        return ShadowReview(
            days=days, extracts=extracts, not_planned=not_planned,
            removed=len(people), removals_held=sum(1 for r in people if r.held),
            returned=[
                Returned(
                    person_key=r.person_key, email_masked=r.email_masked, removed_on=r.removed_on,
                    returned_on=r.seen_on, held=r.held,
                )
                for r in people if r.returned
            ],
            would_leave=[
                WouldLeave(
                    person_key=r.person_key, email_masked=r.email_masked, since=r.since, hold=r.hold
                )
                for r in leave
            ],
            would_leave_total=leave[0].total if leave else 0,
            holds={r.hold: r.n for r in self._db.execute(_HOLDS, newest)},
        )  # fmt: skip


def _tripped(header: str) -> list[str]:
    """By name: a gate that tripped at several sites stands there once."""
    gates = json.loads(header)["gates"]
    return list(dict.fromkeys(gate["gate"] for gate in gates if gate["verdict"] == "tripped"))
