"""The last gate before a plan's actions: work over them is done for an approved plan alone."""

from shared.domain.audit import SYSTEM
from shared.domain.canonical import Json
from shared.domain.review import Decision
from shared.domain.run import RunState
from shared.domain.work import AT_ACTIONS, WorkItem
from shared.pipeline.carry_out import go_on_when_done
from shared.pipeline.refusals import APPLY, note_refusal
from shared.pipeline.tools import Tools
from shared.ports.unit_of_work import UnitOfWork


def turned_away(tools: Tools, uow: UnitOfWork, item: WorkItem) -> bool:
    """Give up an item that names another plan than the approved one of its own run.

    Whoever can write into the database can make an item that names any plan: the audit gets a note of
    it, and the run goes on with what is its own. To be asked in the transaction that claims the item.
    """
    if item.kind not in AT_ACTIONS:
        return False
    plan_id, own = str(item.chunk.get("plan_id")), uow.plans.of_run(item.run_id)
    review = uow.plans.review_of(own.id) if own else None
    approved = review is not None and review.decision is Decision.APPROVE
    if own and own.id == plan_id and approved:
        return False
    uow.work.bury(item, "not_approved")
    told: dict[str, Json] = {"asked": APPLY, "code": "not_approved", "work_item": item.id}
    note_refusal(tools, uow, plan_id, SYSTEM, told)
    if own and approved and uow.runs.get(item.run_id).state is RunState.APPLYING:
        go_on_when_done(tools, uow, item.run_id, own.id)
    return True
