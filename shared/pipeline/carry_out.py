"""Apply an approved plan: kind after kind, in chunks, nothing that was not approved; then verify it.

An action waits for those it depends on.
"""

from collections.abc import Container, Iterator
from itertools import groupby

from shared.domain.action import LMS_KINDS, MEMBERSHIPS, Kind
from shared.domain.audit import SYSTEM, Actor, AuditVerb
from shared.domain.canonical import Json
from shared.domain.errors import Conflict
from shared.domain.run import PausedReason, Phase, Run, RunState, TargetName
from shared.domain.work import AT_ACTIONS, NewWork, WorkKind
from shared.pipeline.audit_actions import audit_actions, require_keys
from shared.pipeline.before_writing import require_open, require_within_limits
from shared.pipeline.refusals import APPLY, refusals_noted
from shared.pipeline.second_person import require_reviewed_by_second
from shared.pipeline.shadow import require_real
from shared.pipeline.staleness import MappingNow, require_fresh, require_same_mapping
from shared.pipeline.tools import Tools, audit, chunk_size, make_notice, move
from shared.ports.plans import StoredPlan
from shared.ports.unit_of_work import UnitOfWork

#: Where `resume` and `retry` lead from.
RESUMABLE = frozenset({RunState.PAUSED})
RETRIABLE = frozenset({RunState.APPLIED_WITH_ERRORS, RunState.CANCELED})
#: Attempts at one action before it is given up.
MAX_ATTEMPTS = 5
#: One membership call takes at most this many people.
MEMBERS_A_CALL = 100
#: One look at a group's members tells about all of them.
MEMBERS_A_LOOK = 5000
#: One transaction makes at most so many versions of governed records.
RECORDS_A_CHUNK = 5000
_NO_AUDIT = (
    "the audit can't be written, so nothing more is sent; what was sent last is settled by reading it"
    " back. Look at the database, then go on"
)
_APPLYABLE = frozenset(
    {RunState.APPROVED, RunState.PAUSED, RunState.APPLIED_WITH_ERRORS, RunState.CANCELED}
)


def apply_plan(
    tools: Tools, plan_id: str, actor: Actor, *, mapping: MappingNow | None = None
) -> str:
    """Begin, resume or retry; returns the run's id. Idempotent while it is applying.

    ``mapping`` tells the mapping file's hash; without it nobody looks whether it has changed.

    Raises:
        Conflict: not approved, stale, changed since, or the target is in use. The audit has a note of
            it; nothing was written.
    """
    with (
        refusals_noted(tools, plan_id, APPLY, actor),
        tools.transactions.begin() as uow,
    ):
        return apply_in(tools, uow, plan_id, actor=actor, mapping=mapping)


def go_on_with(
    tools: Tools, run_id: str, actor: Actor, *, states: Container[RunState], mapping: MappingNow
) -> None:
    """Resume or retry a run that is in one of ``states``; one that is applying already stays so.

    Raises:
        Conflict: it is in another state, or what `apply_plan` raises. Nothing was written.
    """
    with (
        refusals_noted(tools, run_id, APPLY, actor),
        tools.transactions.begin() as uow,
    ):
        run = uow.runs.get(run_id, lock=True)
        plan = uow.plans.of_run(run_id)
        if plan is None or (run.state not in states and run.state is not RunState.APPLYING):
            raise Conflict(
                f"Run {run_id} is {run.state.value}; that can't be asked of it. Nothing was written.",
                code="wrong_state",
            )
        apply_in(tools, uow, plan.id, actor=actor, mapping=mapping)


def apply_in(
    tools: Tools,
    uow: UnitOfWork,
    plan_id: str,
    *,
    actor: Actor,
    mapping: MappingNow | None = None,
) -> str:
    """`apply_plan` in a transaction that is under way."""
    plan = uow.plans.get(plan_id)
    run = uow.runs.get(plan.run_id, lock=True)
    if run.state is RunState.APPLYING:
        return run.id
    require_real(run, plan)
    if run.state not in _APPLYABLE and run.state is not RunState.STALE:
        _refuse(run, plan)
    require_fresh(tools, uow, run, plan)
    require_same_mapping(run, plan, mapping)
    require_reviewed_by_second(tools, uow, run, plan)
    if run.state is not RunState.PAUSED or run.goes_on_at is None:
        # One that waits for ASCIP has begun: it goes on to its end, like one that is applying.
        require_open(tools, uow, run, plan)
    begin(tools, uow, run, plan, actor=actor)
    return run.id


def begin(tools: Tools, uow: UnitOfWork, run: Run, plan: StoredPlan, *, actor: Actor) -> None:
    """Take the target and cut the first work; what failed or was left is planned again.

    Raises:
        Conflict: another run has the target, or what is approved is over a limit.
        ConfigInvalid: `master_key_missing`.
    """
    owner = uow.runs.take_lock(run.target, run.id)
    if owner is not None:
        raise Conflict(
            f"{run.target} is in use by {owner}. Nothing was written. Wait until it has ended,"
            " then apply again.",
            code="locked",
        )
    require_within_limits(uow, plan)
    require_keys(tools, uow, plan.id)
    if run.state in (RunState.APPLIED_WITH_ERRORS, RunState.CANCELED):
        uow.plans.reopen(plan.id)
    uow.runs.set_archive(run.id, None)
    _record_pause(tools, uow, run)
    move(tools, uow, run, RunState.APPLYING, actor=actor, phase=Phase.APPLY)
    # Paused or canceled a moment ago, a worker may still be at it: it goes on, and then the rest.
    if not uow.work.in_hand(run.id, *AT_ACTIONS):
        go_on(tools, uow, run.id, plan.id)


def go_on(tools: Tools, uow: UnitOfWork, run_id: str, plan_id: str) -> None:
    """Cut the first kind that has work left into items; when none has, verify, and then end the run.

    What waits for an action of a later kind (an add for the update that frees its email) has its turn
    when that has succeeded: each call begins with the first kind again.
    """
    orphans = uow.plans.give_up_orphans(plan_id, max_attempts=MAX_ATTEMPTS)
    audit_actions(tools, uow, run_id, plan_id, orphans)
    if items := _next_items(tools, uow, uow.runs.get(run_id), plan_id):
        uow.work.add(run_id, items)
        return
    looks = list(_looks(tools, uow.plans.unverified(plan_id), plan_id))
    if looks:
        uow.runs.enter_phase(run_id, Phase.VERIFY)
    uow.work.add(run_id, looks or [NewWork(kind=WorkKind.REPORT, chunk={})])


def _next_items(tools: Tools, uow: UnitOfWork, run: Run, plan_id: str) -> list[NewWork]:
    if run.target is TargetName.RECORDS:
        return [
            NewWork(kind=WorkKind.APPLY, chunk={"plan_id": plan_id, "first": first, "last": last})
            for first, last in uow.plans.due_spans(plan_id, RECORDS_A_CHUNK)
        ]
    for kind in LMS_KINDS:
        due = uow.plans.due_ids(plan_id, kind, max_attempts=MAX_ATTEMPTS)
        if items := list(_items(tools, kind, due, plan_id)):
            return items
    return []


def go_on_when_done(tools: Tools, uow: UnitOfWork, run_id: str, plan_id: str) -> None:
    """Go to the next kind when no item is open; the run's row lock lets only the last one do it."""
    run = uow.runs.get(run_id, lock=True)
    if uow.work.open_count(run_id, *AT_ACTIONS):
        return
    if run.state is RunState.APPLYING:
        go_on(tools, uow, run_id, plan_id)
    elif run.state is RunState.CANCELED:
        _close_canceled(tools, uow, run_id, plan_id)


def pause(
    tools: Tools,
    uow: UnitOfWork,
    run_id: str,
    *,
    reason: PausedReason,
    detail: str,
    actor: Actor = SYSTEM,
) -> None:
    """Stop before the next call; nothing is marked failed, `apply` goes on with the same plan."""
    run = uow.runs.get(run_id, lock=True)
    if run.state is RunState.APPLYING:
        uow.work.drop_open(run_id)
        move(tools, uow, run, RunState.PAUSED, actor=actor, reason=reason.value, detail=detail)


def pause_unrecorded(tools: Tools, uow: UnitOfWork, run_id: str) -> None:
    """Stop before the next call where the audit can't be written; it learns of it when the run goes on."""
    run = uow.runs.get(run_id, lock=True)
    if run.state is RunState.APPLYING:
        uow.work.drop_open(run_id)
        uow.runs.set_state(
            run_id, RunState.PAUSED, reason=PausedReason.AUDIT_UNAVAILABLE, detail=_NO_AUDIT
        )
        uow.runs.end_phase(run_id)
        make_notice(tools, uow, run, RunState.PAUSED)


def _record_pause(tools: Tools, uow: UnitOfWork, run: Run) -> None:
    if run.state is RunState.PAUSED and run.reason == PausedReason.AUDIT_UNAVAILABLE:
        audit(
            tools, uow, SYSTEM, AuditVerb.RUN_STATE_CHANGED, of=("run", run.id), run_id=run.id,
            detail={
                "from": RunState.APPLYING.value, "to": run.state.value, "reason": run.reason,
            },
        )  # fmt: skip


def pause_by(tools: Tools, run_id: str, actor: Actor) -> None:
    """A person stops a run that applies; calls in flight finish. Repeating it is no error.

    Raises:
        Conflict: it isn't applying. Nothing was written.
    """
    with tools.transactions.begin() as uow:
        run = uow.runs.get(run_id, lock=True)
        if run.state is RunState.PAUSED:
            return
        if run.state is not RunState.APPLYING:
            raise Conflict(
                f"Run {run_id} is {run.state.value}; only a run that is applying can be paused."
                " Nothing was written.",
                code="wrong_state",
            )
        pause(
            tools, uow, run_id, reason=PausedReason.OPERATOR, detail=f"paused by {actor}",
            actor=actor,
        )  # fmt: skip


def cancel(tools: Tools, run_id: str, actor: Actor) -> None:
    """End a run where it stands; calls in flight finish, what is left is `not_attempted`."""
    with tools.transactions.begin() as uow:
        run = uow.runs.get(run_id, lock=True)
        move(tools, uow, run, RunState.CANCELED, actor=actor)
        uow.work.drop_open(run_id)
        plan = uow.plans.of_run(run_id)
        if plan is None:
            uow.work.add(run_id, [NewWork(kind=WorkKind.REPORT, chunk={})])
        elif not uow.work.open_count(run_id, *AT_ACTIONS):
            _close_canceled(tools, uow, run_id, plan.id)


def _close_canceled(tools: Tools, uow: UnitOfWork, run_id: str, plan_id: str) -> None:
    """The last call in flight has finished: what was not begun is `not_attempted`."""
    audit_actions(tools, uow, run_id, plan_id, uow.plans.close_open(plan_id))
    uow.work.add(run_id, [NewWork(kind=WorkKind.REPORT, chunk={})])


def _items(
    tools: Tools, kind: Kind, due: list[tuple[str, int | None]], plan_id: str
) -> Iterator[NewWork]:
    """Chunks of actions: by group for memberships, one call each; else about ten seconds of work."""
    size = min(chunk_size(tools.rate_per_s / 2, tools.concurrency), 500)
    for group, members in groupby(due, key=lambda pair: pair[1]):
        ids = [action_id for action_id, _ in members]
        for part in _parts(ids, size if group is None else MEMBERS_A_CALL):
            chunk: dict[str, Json] = {"plan_id": plan_id, "kind": kind.value, "ids": part}
            yield NewWork(kind=WorkKind.APPLY, chunk=chunk)


def _looks(
    tools: Tools, written: list[tuple[str, Kind, int | None]], plan_id: str
) -> Iterator[NewWork]:
    """Chunks to read again: joins and leaves of a group together, one list for all; else as many people."""
    size = min(chunk_size(tools.rate_per_s / 2, tools.concurrency), 500)
    for _, same in groupby(written, key=lambda each: (each[1], each[2])):
        actions = list(same)
        step = MEMBERS_A_LOOK if actions[0][1] in MEMBERSHIPS else size
        for part in _parts([action_id for action_id, _, _ in actions], step):
            yield NewWork(kind=WorkKind.VERIFY, chunk={"plan_id": plan_id, "ids": part})


def _parts(ids: list[str], size: int) -> Iterator[list[Json]]:
    return (list(ids[first : first + size]) for first in range(0, len(ids), size))


def _refuse(run: Run, plan: StoredPlan) -> None:
    unapproved = run.state in (RunState.AWAITING_APPROVAL, RunState.HELD)
    what = (
        "has not been approved" if unapproved else f"can't be applied: its run is {run.state.value}"
    )
    advice = (
        f" Look at it first: ascip-sync show {plan.id}; its digest stands there."
        if unapproved
        else ""
    )
    raise Conflict(
        f"Plan {plan.id} {what}. Nothing was written.{advice}",
        code="not_approved" if unapproved else "wrong_state",
    )
