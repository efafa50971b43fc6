"""Work on one item: claim it, do its step, and put every failure where it belongs."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from shared.domain.errors import (
    NOT_RECORDED,
    AuditUnavailable,
    BooksUnbalanced,
    ConfigInvalid,
    Conflict,
    EngineError,
    Fenced,
    InputInvalid,
    KeyRefused,
    NotFound,
    NotRecorded,
    TargetError,
    Transient,
    VaultDamaged,
)
from shared.domain.run import RESTING, PausedReason, Run, RunMode, RunState, TargetName
from shared.domain.work import AT_ACTIONS, MAX_ATTEMPTS, WorkItem, WorkKind
from shared.pipeline.apply import apply_chunk
from shared.pipeline.apply_records import apply_records
from shared.pipeline.approved_only import turned_away
from shared.pipeline.carry_out import go_on_when_done, pause, pause_unrecorded
from shared.pipeline.export_actions import make_export, settle_export
from shared.pipeline.finish import fail
from shared.pipeline.lease import Lease, kept
from shared.pipeline.look_up import look_up
from shared.pipeline.observe import fetch_people, read_again, read_lists
from shared.pipeline.plan_records import observe_store, plan_records
from shared.pipeline.plan_reversal import gather, plan_reversal
from shared.pipeline.propose import propose
from shared.pipeline.report import report
from shared.pipeline.start import start
from shared.pipeline.tools import Tools
from shared.pipeline.validate import validate
from shared.pipeline.validate_records import validate_records
from shared.pipeline.verify import verify_chunk
from shared.pipeline.waiting import LOOK_AGAIN_S, give_up, hold_up, resume
from shared.ports.unit_of_work import UnitOfWork

_Step = Callable[[Tools, WorkItem], None]

_EVERYWHERE: dict[WorkKind, _Step] = {
    WorkKind.START: start,
    WorkKind.RESUME: resume,
    WorkKind.REPORT: report,
    WorkKind.EXPORT: make_export,
}

#: What an item's kind means for its run's target.
_STEPS: dict[TargetName, dict[WorkKind, _Step]] = {
    TargetName.ASCIP: {
        **_EVERYWHERE,
        WorkKind.VALIDATE: validate,
        WorkKind.LIST: read_lists,
        WorkKind.FETCH: fetch_people,
        WorkKind.READ_AGAIN: read_again,
        WorkKind.LOOK_UP: look_up,
        WorkKind.PLAN: propose,
        WorkKind.APPLY: apply_chunk,
        WorkKind.VERIFY: verify_chunk,
    },
    TargetName.RECORDS: {
        **_EVERYWHERE,
        WorkKind.VALIDATE: validate_records,
        WorkKind.LIST: observe_store,
        WorkKind.PLAN: plan_records,
        WorkKind.APPLY: apply_records,
    },
}

#: What is different for a run that takes another one back.
_REVERSAL: dict[TargetName, dict[WorkKind, _Step]] = {
    TargetName.ASCIP: {WorkKind.VALIDATE: gather, WorkKind.PLAN: plan_reversal},
    TargetName.RECORDS: {WorkKind.VALIDATE: gather},
}

#: Before an item that failed is due again, in seconds, per attempt.
BACKOFF_S = 2.0

#: What another attempt would meet again.
_FINAL = (
    InputInvalid, ConfigInvalid, KeyRefused, Conflict, BooksUnbalanced, VaultDamaged,
)  # fmt: skip

_LOST = (
    "The workers that took this piece of work were lost, one after the other (killed, or out of"
    " memory). Look at their logs and the machine before you go on."
)


@dataclass(frozen=True, slots=True)
class Worked:
    """What came of an item; ``code`` is None if all went well. Without an item it says why none was taken."""

    item: WorkItem | None
    code: str | None = None


def work_on(
    tools: Tools,
    item_id: int,
    worker: str,
    *,
    on_claim: Callable[[WorkItem], None] = lambda _: None,
) -> Worked:
    """Do the item's step, if it is due and free; ``on_claim`` is told what was claimed.

    Any exception that isn't the engine's own counts as an attempt and is raised again, so that the
    process logs it; after the last attempt the item is buried and its run ends. An item that kills
    its workers before they can say so is given up after as many.
    """
    asked_s = tools.clock.elapsed()
    try:
        with tools.transactions.begin() as uow:
            item = uow.work.claim(item_id, worker)
            refused = item is not None and turned_away(tools, uow, item)
    except ConfigInvalid as error:  # left to a worker of the other version: the sweep rings again
        return Worked(None, error.code)
    if item is None:
        return Worked(None)
    on_claim(item)
    if refused:
        return Worked(item, "not_approved")
    code = _work(tools, item, Lease(tools.clock, item, asked_s))
    _count_calls(tools)
    return Worked(item, code)


def _work(tools: Tools, item: WorkItem, lease: Lease) -> str | None:
    """Do the step; the code of what went wrong, which is settled by then."""
    if item.attempt > MAX_ATTEMPTS:
        lost = EngineError(_LOST, code="worker_lost")
        _settle(tools, item, lost)
        return lost.code
    try:
        with kept(tools, item, lease):
            _step(item)(replace(tools, may_send=lease.stands), item)
    except Fenced as error:
        return error.code
    except EngineError as error:
        _settle(tools, item, error)
        return error.code
    except Exception as error:
        full = tools.transactions.takes_nothing(error)
        ours = NotRecorded() if full else EngineError(type(error).__name__, code="unexpected")
        _settle(tools, item, ours)
        raise
    return None


def _step(item: WorkItem) -> _Step:
    usual = _STEPS[item.target][item.kind]
    reverts = item.mode is RunMode.REVERT
    return _REVERSAL[item.target].get(item.kind, usual) if reverts else usual


def _count_calls(tools: Tools) -> None:
    """Add up the target's calls, once the item can't fail by it; after an exception the next item does."""
    if counts := tools.target.take_calls():
        with tools.transactions.begin() as uow:
            uow.tallies.add_calls(TargetName.ASCIP, counts)


def _settle(tools: Tools, item: WorkItem, error: EngineError) -> None:
    """Put a failure where it belongs: try again later, pause, or end the run.

    Where not even that can be recorded no attempt is used up: no worker was lost.
    """
    try:
        _put(tools, item, error)
    except Fenced:
        return
    except AuditUnavailable as refused:
        _settle(tools, item, refused)  # which needs no entry
    except Exception as refused:
        if not tools.transactions.takes_nothing(refused):
            raise
        with suppress(Fenced), tools.transactions.begin() as uow:
            uow.work.postpone(item, delay_s=LOOK_AGAIN_S, error=NOT_RECORDED)


def _put(tools: Tools, item: WorkItem, error: EngineError) -> None:
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        run = uow.runs.get(item.run_id, lock=True)
        if isinstance(error, AuditUnavailable):
            _wait_for_audit(tools, uow, run, item)
            return
        if isinstance(error, KeyRefused) and item.kind in AT_ACTIONS:
            uow.work.bury(item, error.code)
            _stop(tools, uow, item, PausedReason.AUTH, error)
            return
        final = isinstance(error, _FINAL)
        if item.kind is WorkKind.EXPORT:
            settle_export(uow, item, error, final=final or isinstance(error, NotFound))
            return
        last = item.attempt >= MAX_ATTEMPTS
        if hold_up(tools, uow, run, item, error, last=last):
            return
        if not final and not last:
            delay_s = _delay(error, item.attempt)
            uow.work.postpone(item, delay_s=delay_s, error=error.code, counts=True)
            return
        _give_up(tools, uow, run, item, error=error)


def _give_up(
    tools: Tools, uow: UnitOfWork, run: Run, item: WorkItem, *, error: EngineError
) -> None:
    """No attempt is left: the item ends, and what hangs on it rests."""
    if isinstance(error, InputInvalid):
        uow.work.finish(item)  # the item did its work: it found that the extract is no good
    else:
        uow.work.bury(item, error.code)
    if item.kind is WorkKind.RESUME:
        give_up(uow, run, _words(error))
    if item.kind in AT_ACTIONS or run.state is RunState.APPLYING:
        # Nothing is lost by waiting: what was attempted is settled when the run goes on, and what was
        # written is no failure, even if its books can't be closed now.
        _stop(tools, uow, item, PausedReason.BREAKER, error)
        return
    if run.state in RESTING:
        return
    state = RunState.REJECTED_INPUT if isinstance(error, InputInvalid) else RunState.FAILED
    fail(
        tools, uow, run.id, reason=_reason(error), detail=_words(error), state=state,
        with_report=item.kind is not WorkKind.REPORT,
    )  # fmt: skip


def _stop(
    tools: Tools, uow: UnitOfWork, item: WorkItem, reason: PausedReason, error: EngineError
) -> None:
    """Pause a run that is applying; one that was canceled meanwhile is closed with its last item."""
    if isinstance(error, NotRecorded):
        pause_unrecorded(tools, uow, item.run_id)
    else:
        pause(tools, uow, item.run_id, reason=reason, detail=_words(error))
    if item.kind in AT_ACTIONS:
        go_on_when_done(tools, uow, item.run_id, str(item.chunk["plan_id"]))


def _wait_for_audit(tools: Tools, uow: UnitOfWork, run: Run, item: WorkItem) -> None:
    """Nothing that the audit would have to tell of goes on: a run that writes waits for a person."""
    if item.kind in AT_ACTIONS and run.state is RunState.APPLYING:
        uow.work.bury(item, PausedReason.AUDIT_UNAVAILABLE.value)
        pause_unrecorded(tools, uow, item.run_id)
    else:
        uow.work.postpone(item, delay_s=LOOK_AGAIN_S, error=PausedReason.AUDIT_UNAVAILABLE.value)


def _delay(error: EngineError, attempt: int) -> float:
    if isinstance(error, Transient) and error.retry_after_s is not None:
        return error.retry_after_s
    return BACKOFF_S * attempt


def _reason(error: EngineError) -> str:
    """The code of a failed run: what lies with the target says so."""
    if isinstance(error, KeyRefused):
        return PausedReason.AUTH.value
    return f"target_{error.code}" if isinstance(error, TargetError) else error.code


def _words(error: EngineError) -> str:
    if error.code == "unexpected":
        return f"An unexpected error ({error}) came up five times; the worker's log has it."
    if isinstance(error, TargetError):
        return f"{str(error).rstrip('.')}. Nothing was written. Then plan again."
    return str(error)
