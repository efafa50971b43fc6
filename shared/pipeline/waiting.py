"""When the target keeps a run from going on: the run says so and until when, and goes on by itself."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from shared.domain.audit import SYSTEM
from shared.domain.errors import EngineError, KeyRefused, Transient
from shared.domain.run import PausedReason, Run, RunState
from shared.domain.work import AT_ACTIONS, NewWork, WorkItem, WorkKind
from shared.pipeline.carry_out import apply_in, go_on_when_done, pause
from shared.pipeline.tools import Tools
from shared.ports.target import Trouble
from shared.ports.unit_of_work import UnitOfWork

#: Between two looks whether the target answers again.
LOOK_AGAIN_S = 30.0
#: Reading, which ends after five looks in vain, waits so many times as long from the second look on. Longer,
#: and a run might be idle for two minutes at an ASCIP that answers again.
_LONGER = 2
#: What keeps a run waiting: the reason it shows, and what it says of it.
_WAITS = {
    Trouble.THROTTLED: (PausedReason.THROTTLED, "ASCIP asked us to wait"),
    Trouble.BREAKER_OPEN: (PausedReason.BREAKER, "ASCIP can't be reached"),
    Trouble.UNREACHABLE: (PausedReason.BREAKER, "ASCIP can't be reached"),
    Trouble.LIMITER_UNAVAILABLE: (
        PausedReason.BREAKER, "Redis can't be reached, by which calls to ASCIP are paced"
    ),
}  # fmt: skip
_READING = frozenset({WorkKind.LIST, WorkKind.FETCH, WorkKind.READ_AGAIN, WorkKind.LOOK_UP})


def park(tools: Tools, uow: UnitOfWork, run_id: str, *, trouble: Trouble, delay_s: float) -> None:
    """Pause a run that is applying until its target is looked at again; nothing is marked failed."""
    run = uow.runs.get(run_id, lock=True)
    if run.state is not RunState.APPLYING:
        return
    reason, why = _WAITS[trouble]
    pause(tools, uow, run_id, reason=reason, detail=why)
    _wait(tools, uow, run_id, trouble, delay_s=delay_s)
    uow.work.add(run_id, [NewWork(kind=WorkKind.RESUME, chunk={})])


def resume(tools: Tools, item: WorkItem) -> None:
    """Go on with a parked run if its target answers; else look again later.

    A refused key is an answer: the run goes on, and pauses for that.
    """
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        left_s = _left_s(uow, item.run_id)
        if left_s is None:
            uow.work.finish(item)
            return
        if left_s > 0:
            uow.work.postpone(item, delay_s=left_s)
            return
    error = _look(tools)
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        run = uow.runs.get(item.run_id, lock=True)
        plan = uow.plans.of_run(run.id)
        if plan is None or _left_s(uow, run.id) is None:
            uow.work.finish(item)
        elif error is None:
            uow.work.finish(item)
            apply_in(tools, uow, plan.id, actor=SYSTEM)
        else:
            delay_s = error.retry_after_s or LOOK_AGAIN_S
            trouble = _trouble(error) or Trouble.BREAKER_OPEN
            _wait(tools, uow, run.id, trouble, delay_s=delay_s, why=_why(error))
            uow.work.postpone(item, delay_s=delay_s)


def give_up(uow: UnitOfWork, run: Run, why: str) -> None:
    """A parked run that can't go on by itself stays paused; a person acts next."""
    if run.state is RunState.PAUSED:
        uow.runs.set_state(run.id, run.state, reason=run.reason, detail=why)


def hold_up(
    tools: Tools, uow: UnitOfWork, run: Run, item: WorkItem, error: EngineError, *, last: bool
) -> bool:
    """Let an item wait that its target keeps from being done; False if that isn't what is wrong.

    ``last`` is the last attempt of an item; a wait that the target asked for is none.
    """
    if not isinstance(error, Transient) or (trouble := _trouble(error)) is None:
        return False
    if item.kind in AT_ACTIONS:
        uow.work.finish(item)
        park(tools, uow, run.id, trouble=trouble, delay_s=error.retry_after_s or LOOK_AGAIN_S)
        go_on_when_done(tools, uow, run.id, str(item.chunk["plan_id"]))  # if it was canceled
        return True
    asked = trouble is Trouble.THROTTLED
    if item.kind not in _READING or (last and not asked):
        return False
    delay_s = error.retry_after_s if asked else None
    delay_s = delay_s or LOOK_AGAIN_S * min(item.attempt, _LONGER)
    if run.state in (RunState.FETCHING, RunState.PLANNING):
        _wait(tools, uow, run.id, trouble, delay_s=delay_s, why=_why(error))
    uow.work.postpone(item, delay_s=delay_s, error=error.code, counts=not asked)
    return True


def _left_s(uow: UnitOfWork, run_id: str) -> float | None:
    paused = uow.runs.get(run_id).state is RunState.PAUSED
    return uow.runs.wait_left_s(run_id) if paused else None


def _look(tools: Tools) -> Transient | None:
    try:
        tools.target.ping()
    except KeyRefused:
        return None
    except Transient as error:
        return error
    return None


def _trouble(error: Transient) -> Trouble | None:
    """One that a run waits for."""
    return Trouble(error.code) if error.code in _WAITS else None


def _why(error: Transient) -> str | None:
    """What can't be reached and why, as far as the target said it; the advice is health's to give."""
    said = error.code in (Trouble.UNREACHABLE, Trouble.LIMITER_UNAVAILABLE)
    return str(error).partition(": ")[0] if said else None


def _wait(
    tools: Tools,
    uow: UnitOfWork,
    run_id: str,
    trouble: Trouble,
    *,
    delay_s: float,
    why: str | None = None,
) -> None:
    reason, usual = _WAITS[trouble]
    until = tools.clock.now() + timedelta(seconds=delay_s)
    at = until.astimezone(ZoneInfo(tools.policy.timezone))
    detail = f"{why or usual}; it goes on by itself, next try at {at:%H:%M:%S}"
    uow.runs.wait(run_id, delay_s=delay_s, reason=reason.value, detail=detail)
