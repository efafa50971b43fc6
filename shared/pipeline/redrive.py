"""`retry`: lead a run on whose reports were given up, or whose actions failed or were left."""

from collections.abc import Iterable

from shared.domain.audit import Actor, AuditVerb
from shared.domain.run import RESTING, RunState
from shared.domain.work import GivenUp, NewWork, WorkKind
from shared.pipeline.carry_out import RETRIABLE, go_on_with
from shared.pipeline.staleness import MappingNow
from shared.pipeline.tools import Tools, audit


def retry(tools: Tools, run_id: str, actor: Actor, *, mapping: MappingNow) -> bool:
    """Have the reports of a run made again if they were given up, else repeat what failed; whether the first.

    Raises:
        Conflict: there is nothing of either, or what `apply_plan` raises. Nothing was written.
    """
    if report_again(tools, run_id, actor):
        return True
    go_on_with(tools, run_id, actor, states=RETRIABLE, mapping=mapping)
    return False


def report_again(tools: Tools, run_id: str, actor: Actor) -> bool:
    """Have the reports of a run at rest made again, if they were given up; nothing is sent to the target."""
    with tools.transactions.begin() as uow:
        run = uow.runs.get(run_id, lock=True)
        if not is_unreported(run.state, uow.work.given_up(run.id)):
            return False
        uow.work.add(run.id, [NewWork(kind=WorkKind.REPORT, chunk={})])
        audit(tools, uow, actor, AuditVerb.RUN_REPORT_RETRIED, of=("run", run.id), run_id=run.id)
        return True


def is_unreported(state: RunState, given_up: Iterable[GivenUp]) -> bool:
    """Whether a run has come to rest and its reports were given up."""
    return state in RESTING and any(item.kind is WorkKind.REPORT for item in given_up)
