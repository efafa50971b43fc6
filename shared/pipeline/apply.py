"""Work on a chunk of approved actions: intent, call, outcome with its audit entry; wave after wave."""

from collections.abc import Sequence

from shared.domain.action import ActionStatus, Kind
from shared.domain.canonical import words
from shared.domain.run import PausedReason, RunState
from shared.domain.work import WorkItem
from shared.pipeline.audit_actions import audit_actions
from shared.pipeline.carry_out import MAX_ATTEMPTS, go_on_when_done, pause
from shared.pipeline.tools import Tools
from shared.ports.target import Outcome
from shared.ports.unit_of_work import UnitOfWork

#: Before an action is tried again where the target names no time, in seconds.
ASK_AGAIN_S = 1.0
_OPEN = frozenset({ActionStatus.PLANNED, ActionStatus.UNKNOWN})
#: Codes of an outcome that was never sent because nothing answers.
_UNREACHABLE = frozenset({"unreachable", "limiter_unavailable"})
_ADVICE = {
    PausedReason.AUTH: "ASCIP refuses our key. Nothing is marked failed. Correct the key",
    PausedReason.BREAKER: "ASCIP can't be reached. Nothing is marked failed. See to the connection",
}
#: Code of an outcome that was never sent because the target refuses our key.
KEY_REFUSED = "key_refused"


def apply_chunk(tools: Tools, item: WorkItem) -> None:
    """Carry out the chunk's actions in waves of as many as may be in flight.

    The intent of a wave is committed before its calls, its outcomes with their audit entries after
    them; both check the epoch. A worker killed in between leaves `attempting` actions: whoever takes
    the item over settles them by reading back before anything is sent again.
    """
    plan_id, kind = str(item.chunk["plan_id"]), Kind(str(item.chunk["kind"]))
    ids = words(item.chunk["ids"])
    size = len(ids) if kind in (Kind.JOIN, Kind.LEAVE) else _wave_size(tools)
    outcomes: list[Outcome] = []
    delays: list[float] = []
    for first in range(0, len(ids) + size, size):
        wave = ids[first : first + size]
        with tools.transactions.begin() as uow:
            uow.work.renew(item)
            delays += _record(tools, uow, item, plan_id, outcomes)
            if trouble := _trouble(outcomes):
                uow.work.finish(item)
                pause(tools, uow, item.run_id, reason=trouble, detail=_ADVICE[trouble])
                return
            if wave and tools.stopping():
                uow.work.postpone(item, delay_s=0)
                return
            if not wave or uow.runs.get(item.run_id).state is not RunState.APPLYING:
                break
            attempts = uow.plans.intend(plan_id, wave, item.id)
        outcomes = tools.target.apply(attempts) if attempts else []
    with tools.transactions.begin() as uow:
        if delays:
            uow.work.postpone(item, delay_s=max(delays), error="transient")
            return
        uow.work.finish(item)
        go_on_when_done(tools, uow, item.run_id, plan_id)


def _wave_size(tools: Tools) -> int:
    """As many actions as may be in flight, and no more than two seconds of calls at a low rate."""
    return max(1, min(tools.concurrency, round(tools.rate_per_s)))


def _trouble(outcomes: Sequence[Outcome]) -> PausedReason | None:
    """Why the run had better wait: the key is refused, or nobody of a wave could reach the target."""
    codes = {outcome.code for outcome in outcomes}
    if KEY_REFUSED in codes:
        return PausedReason.AUTH
    return PausedReason.BREAKER if codes and codes <= _UNREACHABLE else None


def _record(
    tools: Tools, uow: UnitOfWork, item: WorkItem, plan_id: str, outcomes: Sequence[Outcome]
) -> list[float]:
    """Record outcomes, audit those that are final; returns the delays others want before a new attempt."""
    recorded = uow.plans.record(plan_id, outcomes, max_attempts=MAX_ATTEMPTS)
    ended = [a for a in recorded if a.status not in _OPEN or a.attempts >= MAX_ATTEMPTS]
    audit_actions(tools, uow, item.run_id, plan_id, ended)
    again = {a.action.id for a in recorded} - {a.action.id for a in ended}
    return [o.retry_after_s or ASK_AGAIN_S for o in outcomes if o.action_id in again]
