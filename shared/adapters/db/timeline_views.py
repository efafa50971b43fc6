"""What happened to a run: the audit's entries about it, without those of single actions."""

import json
from typing import Any, cast

from sqlalchemy import Connection, text

from shared.domain.audit import AuditVerb
from shared.domain.run import Phase
from shared.ports.views import Happening, Page, PageOf, PhaseSpan

#: What a reader of the run asks for; what was done to each person is told by its actions.
_TOLD = (
    AuditVerb.RUN_CREATED, AuditVerb.MAPPING_RECORDED, AuditVerb.RUN_STATE_CHANGED,
    AuditVerb.QUARANTINE_OPENED, AuditVerb.PLAN_CREATED, AuditVerb.PLAN_REVIEWED,
    AuditVerb.PLAN_COMMENTED, AuditVerb.PLAN_REFUSED, AuditVerb.RUN_VERIFIED, AuditVerb.REPORT_EXPORTED,
    AuditVerb.MAIL_SUBMITTED, AuditVerb.MAIL_FAILED,
)  # fmt: skip
_WHERE = "FROM audit_entry WHERE run_id = :run AND verb = ANY(:told)"
_ENTRIES = text(
    f"SELECT sequence, at, actor, verb, entry {_WHERE}"
    " AND sequence > :after ORDER BY sequence LIMIT :more"
)
_TOTAL = text(f"SELECT count(*) {_WHERE}")
_PHASES = text(
    "SELECT phase, started_at, ended_at FROM run_phase WHERE run_id = :run ORDER BY id LIMIT :limit"
)
#: A run that waited for ASCIP for days has entered a phase that often.
_MOST_PHASES = 1000


class TimelineViews:
    """See `shared.ports.views.Views`."""

    _db: Connection

    def timeline(self, run_id: str, page: PageOf) -> Page[Happening]:
        """In the audit's order."""
        values = {"run": run_id, "told": [verb.value for verb in _TOLD]}
        after = {"after": int(page.after or 0), "more": page.limit + 1}
        rows = self._db.execute(_ENTRIES, {**values, **after}).all()
        return Page(
            items=[
                Happening(
                    sequence=row.sequence, at=row.at, actor=row.actor, verb=AuditVerb(row.verb),
                    detail=cast("dict[str, Any]", json.loads(row.entry)["detail"]),
                )
                for row in rows[: page.limit]
            ],
            has_more=len(rows) > page.limit,
            total=self._db.execute(_TOTAL, values).scalar_one(),
        )  # fmt: skip

    def phase_spans(self, run_id: str) -> list[PhaseSpan]:
        """As they were entered."""
        rows = self._db.execute(_PHASES, {"run": run_id, "limit": _MOST_PHASES})
        return [
            PhaseSpan(phase=Phase(row.phase), started_at=row.started_at, ended_at=row.ended_at)
            for row in rows
        ]
