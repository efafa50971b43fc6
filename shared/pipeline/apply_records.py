"""Work on a chunk of approved actions of the record store: versions, statuses, audit, all at once."""

from shared.domain.run import RunState
from shared.domain.work import WorkItem
from shared.pipeline.audit_actions import audit_actions
from shared.pipeline.carry_out import go_on_when_done
from shared.pipeline.tools import Tools


def apply_records(tools: Tools, item: WorkItem) -> None:
    """All of the chunk or nothing of it: whoever is killed leaves nothing half done or to be settled."""
    plan_id = str(item.chunk["plan_id"])
    first, last = int(str(item.chunk["first"])), int(str(item.chunk["last"]))
    with tools.transactions.begin() as uow:
        run = uow.runs.get(item.run_id)
        if run.state is RunState.APPLYING:
            ended = uow.records.apply(plan_id, first, last, item.id, tools.governed(run.feed))
            audit_actions(tools, uow, run.id, plan_id, ended)
        uow.work.finish(item)
        go_on_when_done(tools, uow, item.run_id, plan_id)
