"""The last gate before a plan's actions: work over them is done for an approved plan alone."""

from collections.abc import Callable

from shared.domain.audit import SYSTEM
from shared.domain.canonical import Json
from shared.domain.review import Decision
from shared.domain.run import RunState
from shared.domain.work import WorkItem
from shared.pipeline.carry_out import go_on_when_done
from shared.pipeline.refusals import APPLY, note_refusal
from shared.pipeline.tools import Tools
from shared.ports.unit_of_work import UnitOfWork


def approved_only(
    step: Callable[[Tools, WorkItem], None],
) -> Callable[[Tools, WorkItem], None]:
    """A step over a plan's actions that is done for the approved plan of the item's own run alone.

    Whoever can write into the database can make an item that names any plan: it is given up, noted, and
    the run it belongs to goes on with what is its own.
    """

    def guarded(tools: Tools, item: WorkItem) -> None:
        with tools.transactions.begin() as uow:
            turned_away = _turn_away(tools, uow, item, str(item.chunk.get("plan_id")))
        if not turned_away:
            step(tools, item)

    return guarded


def _turn_away(tools: Tools, uow: UnitOfWork, item: WorkItem, plan_id: str) -> bool:
    own = uow.plans.of_run(item.run_id)
    review = uow.plans.review_of(own.id) if own else None
    approved = review is not None and review.body.get("decision") == Decision.APPROVE
    if own and own.id == plan_id and approved:
        return False
    uow.work.bury(item, "not_approved")
    told: dict[str, Json] = {"asked": APPLY, "code": "not_approved", "work_item": item.id}
    note_refusal(tools, uow, plan_id, SYSTEM, told)
    if own and approved and uow.runs.get(item.run_id).state is RunState.APPLYING:
        go_on_when_done(tools, uow, item.run_id, own.id)
    return True
