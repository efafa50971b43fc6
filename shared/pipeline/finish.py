"""How runs end that don't end well."""

from shared.domain.audit import SYSTEM, AuditVerb
from shared.domain.errors import BooksUnbalanced
from shared.domain.run import Run, RunState, may_move
from shared.domain.stale import StaleReason
from shared.domain.work import NewWork, WorkKind
from shared.pipeline.tools import Tools, audit, make_notice, move
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


def fail_unbalanced(tools: Tools, uow: UnitOfWork, run: Run, error: BooksUnbalanced) -> None:
    """Whatever a run was about to become, or has become: if its books don't balance it has failed."""
    if (run.state, run.reason) == (RunState.FAILED, error.code):
        return
    if may_move(run.state, RunState.FAILED):
        move(tools, uow, run, RunState.FAILED, actor=SYSTEM, reason=error.code, detail=str(error))
        return
    uow.runs.set_state(run.id, RunState.FAILED, reason=error.code, detail=str(error))
    make_notice(tools, uow, run, RunState.FAILED)
    audit(
        tools, uow, SYSTEM, AuditVerb.RUN_STATE_CHANGED, of=("run", run.id), run_id=run.id,
        detail={"from": run.state.value, "to": RunState.FAILED.value, "reason": error.code},
    )  # fmt: skip


def supersede(tools: Tools, uow: UnitOfWork, run: Run, *, by: str, left: str) -> None:
    """End a run because a newer one took its place; ``left`` says what became of its plan.

    ``run`` was read with a lock in this transaction.
    """
    why = f"superseded by {by}; {left}"
    go_stale(tools, uow, run, StaleReason.SUPERSEDED, why=why)
    uow.runs.set_superseded(run.id, by)


def go_stale(tools: Tools, uow: UnitOfWork, run: Run, reason: StaleReason, *, why: str) -> None:
    """End a run whose plan will not be applied any more; its reports say why.

    ``run`` was read with a lock in this transaction.
    """
    move(tools, uow, run, RunState.STALE, actor=SYSTEM, reason=reason.value, detail=why)
    if plan := uow.plans.of_run(run.id):
        uow.plans.leave_out(plan.id)
    uow.work.add(run.id, [NewWork(kind=WorkKind.REPORT, chunk={})])
