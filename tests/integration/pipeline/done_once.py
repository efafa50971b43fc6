"""What must hold of a plan that was disturbed on its way: everything done, and once."""

from shared.domain.action import ActionStatus, Kind
from shared.domain.run import Run, RunState
from shared.ports.plans import StoredAction
from tests.fakes.installation import Installation


def require_done_once(engine: Installation, run: Run) -> list[StoredAction]:
    """Everything is done, once by the simulator's journal, and audited once."""
    run = engine.run(run.id)
    assert run.state is RunState.APPLIED, (run.state, run.reason, engine.statuses(run))
    assert not engine.simulator.done_twice()
    assert not engine.simulator.people_twice()
    actions = engine.actions(run)
    assert {stored.status for stored in actions} == {ActionStatus.SUCCEEDED}
    added = [e for e in engine.simulator.journal() if e["effect"]]
    kinds = [e["effect"]["kind"] for e in added]
    assert kinds.count("person_created") == len([a for a in actions if a.action.kind is Kind.ADD])
    audited = engine.database.rows(
        "SELECT object_id, count(*) AS n FROM audit_entry WHERE verb = 'action.finished'"
        " AND CAST(entry AS jsonb)->'detail'->>'status' = 'succeeded' GROUP BY 1"
    )
    assert {row.object_id: row.n for row in audited} == {a.action.id: 1 for a in actions}
    return actions
