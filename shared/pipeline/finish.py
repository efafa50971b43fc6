"""How runs end that don't end well."""

from shared.domain.audit import SYSTEM
from shared.domain.run import Run, RunState
from shared.domain.work import NewWork, WorkKind
from shared.pipeline.tools import Tools, move
from shared.ports.unit_of_work import UnitOfWork


def fail(
    tools: Tools,
    uow: UnitOfWork,
    run_id: str,
    *,
    reason: str,
    detail: str,
    state: RunState = RunState.FAILED,
    with_report: bool = True,
) -> None:
    """End a run that can't go on; what is open of it is dropped, the report still gets written.

    ``detail`` says what happened, whether anything was written, and carries no personal data.
    """
    run = uow.runs.get(run_id, lock=True)
    move(tools, uow, run, state, actor=SYSTEM, reason=reason, detail=detail)
    uow.work.drop_open(run_id)
    if with_report:
        uow.work.add(run_id, [NewWork(kind=WorkKind.REPORT, chunk={})])


def supersede(tools: Tools, uow: UnitOfWork, run: Run, *, by: str, left: str) -> None:
    """End a run because a newer extract took its place; ``left`` says what became of its plan.

    ``run`` was read with a lock in this transaction.
    """
    move(
        tools, uow, run, RunState.STALE, actor=SYSTEM,
        reason="superseded", detail=f"superseded by {by}; {left}",
    )  # fmt: skip
    uow.runs.set_superseded(run.id, by)
    if plan := uow.plans.of_run(run.id):
        uow.plans.leave_out(plan.id)
