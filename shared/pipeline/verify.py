"""After the last action: read again what was written, and note what isn't as it was written."""

from shared.domain.canonical import words
from shared.domain.run import RunState
from shared.domain.work import WorkItem
from shared.pipeline.audit_actions import audit_actions
from shared.pipeline.carry_out import go_on_when_done
from shared.pipeline.tools import Tools
from shared.ports.unit_of_work import UnitOfWork


def verify_chunk(tools: Tools, item: WorkItem) -> None:
    """Read a chunk of actions again; an unknown one whose effect is there has succeeded."""
    plan_id, ids = str(item.chunk["plan_id"]), words(item.chunk["ids"])
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        applying = uow.runs.get(item.run_id).state is RunState.APPLYING
        attempts = uow.plans.written(plan_id, ids) if applying else []
    verified = tools.target.verify(attempts) if attempts else []

    def note(uow: UnitOfWork) -> None:
        uow.work.renew(item)
        settled = uow.plans.record_verified(plan_id, verified)
        audit_actions(tools, uow, item.run_id, plan_id, settled)
        uow.work.finish(item)
        go_on_when_done(tools, uow, item.run_id, plan_id)

    tools.transactions.repeat(note)
