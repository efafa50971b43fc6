"""Work on a chunk of approved actions: intent, call, outcome with its audit entry; wave after wave."""

from collections.abc import Sequence

from shared.domain.action import MEMBERSHIPS, ActionStatus, Kind
from shared.domain.canonical import words
from shared.domain.rates import too_many
from shared.domain.run import PausedReason, RunState
from shared.domain.work import ENOUGH_S, WorkItem
from shared.pipeline.audit_actions import audit_actions
from shared.pipeline.carry_out import MAX_ATTEMPTS, go_on_when_done, pause
from shared.pipeline.tools import Tools
from shared.pipeline.waiting import LOOK_AGAIN_S, park
from shared.ports.plans import StoredAction
from shared.ports.target import Outcome, Trouble
from shared.ports.unit_of_work import UnitOfWork

#: Before an action is tried again where the target names no time, in seconds.
ASK_AGAIN_S = 1.0
_OPEN = frozenset({ActionStatus.PLANNED, ActionStatus.UNKNOWN})
_GONE_WRONG = frozenset({ActionStatus.FAILED, ActionStatus.CONFLICT})
#: A wave of nothing else means that nobody answers.
_UNREACHABLE: frozenset[str | None] = frozenset({Trouble.UNREACHABLE, Trouble.LIMITER_UNAVAILABLE})
_AUTH = "ASCIP refuses our key. Nothing is marked failed. Correct the key"


def apply_chunk(tools: Tools, item: WorkItem) -> None:
    """Carry out the chunk's actions in waves of as many as may be in flight.

    The intent of a wave is committed before its calls, its outcomes with their audit entries after
    them; both check the epoch. A worker killed in between leaves `attempting` actions: whoever takes
    the item over settles them by reading back before anything is sent again.
    """
    plan_id, kind = str(item.chunk["plan_id"]), Kind(str(item.chunk["kind"]))
    ids = words(item.chunk["ids"])
    size = len(ids) if kind in MEMBERSHIPS else _wave_size(tools)
    begun_at = tools.clock.now()
    outcomes: list[Outcome] = []
    delays: list[float] = []
    for first in range(0, len(ids) + size, size):
        wave = ids[first : first + size]
        with tools.transactions.begin() as uow:
            uow.work.renew(item)
            recorded = _record(tools, uow, item, plan_id, outcomes)
            delays += _delays(recorded, outcomes)
            if _stopped(tools, uow, item, outcomes) or _spoiled(tools, uow, item, recorded):
                return
            if wave and (tools.stopping() or tools.since(begun_at) > ENOUGH_S):
                uow.work.postpone(item, delay_s=0)
                return
            applying = uow.runs.get(item.run_id).state is RunState.APPLYING
            if not wave or not applying:
                break
            attempts = uow.plans.intend(plan_id, wave, item.id)
        outcomes = tools.target.apply(attempts) if attempts else []
    with tools.transactions.begin() as uow:
        # Whoever goes on with a run that was stopped cuts what is left anew.
        if delays and applying:
            uow.work.postpone(item, delay_s=max(delays), error="transient")
            return
        uow.work.finish(item)
        go_on_when_done(tools, uow, item.run_id, plan_id)


def _wave_size(tools: Tools) -> int:
    """As many actions as may be in flight, and no more than two seconds of calls at a low rate."""
    return max(1, min(tools.concurrency, round(tools.rate_per_s)))


def _stopped(tools: Tools, uow: UnitOfWork, item: WorkItem, outcomes: Sequence[Outcome]) -> bool:
    """Pause the run where the target, not an action, is the matter; the item ends with it."""
    codes = {outcome.code for outcome in outcomes}
    if Trouble.KEY_REFUSED in codes:
        uow.work.finish(item)
        pause(tools, uow, item.run_id, reason=PausedReason.AUTH, detail=_AUTH)
        return True
    asked = Trouble.THROTTLED in codes
    if not (asked or Trouble.BREAKER_OPEN in codes or (codes and codes <= _UNREACHABLE)):
        return False
    uow.work.finish(item)
    reason = PausedReason.THROTTLED if asked else PausedReason.BREAKER
    delay_s = max((o.retry_after_s or 0 for o in outcomes), default=0) if asked else 0
    park(tools, uow, item.run_id, reason=reason, delay_s=delay_s or LOOK_AGAIN_S)
    return True


def _spoiled(
    tools: Tools, uow: UnitOfWork, item: WorkItem, recorded: Sequence[StoredAction]
) -> bool:
    """Pause the run where so much goes wrong that somebody should look first; the item ends with it."""
    if not any(stored.status in _GONE_WRONG for stored in recorded):
        return False
    found = too_many(uow.plans.ended(str(item.chunk["plan_id"])), tools.policy.limits)
    if found is None:
        return False
    reason, told = found
    uow.work.finish(item)
    detail = f"{told}. Look at them, then go on or cancel the run"
    pause(tools, uow, item.run_id, reason=reason, detail=detail)
    return True


def _record(
    tools: Tools, uow: UnitOfWork, item: WorkItem, plan_id: str, outcomes: Sequence[Outcome]
) -> list[StoredAction]:
    """Record outcomes, audit those that are final."""
    recorded = uow.plans.record(plan_id, outcomes, max_attempts=MAX_ATTEMPTS)
    audit_actions(tools, uow, item.run_id, plan_id, [a for a in recorded if _is_final(a)])
    return recorded


def _is_final(stored: StoredAction) -> bool:
    return stored.status not in _OPEN or stored.attempts >= MAX_ATTEMPTS


def _delays(recorded: Sequence[StoredAction], outcomes: Sequence[Outcome]) -> list[float]:
    """What those that are not final want before a new attempt."""
    again = {stored.action.id for stored in recorded if not _is_final(stored)}
    return [o.retry_after_s or ASK_AGAIN_S for o in outcomes if o.action_id in again]
