"""Review a plan: approve some or all of it, release what gates hold, or discard it."""

from shared.domain.audit import Actor, AuditVerb
from shared.domain.errors import Conflict
from shared.domain.review import Decision, Review, statuses_after
from shared.domain.run import Run, RunState
from shared.domain.work import NewWork, WorkKind
from shared.pipeline.staleness import require_digest, require_fresh
from shared.pipeline.tools import Tools, audit, move
from shared.ports.plans import StoredPlan
from shared.ports.unit_of_work import UnitOfWork

_DECIDABLE = frozenset({RunState.AWAITING_APPROVAL, RunState.HELD})


def decide(tools: Tools, plan_id: str, review: Review, actor: Actor) -> None:
    """Record a decision about the plan with exactly this digest.

    Raises:
        Conflict: another digest, decided before, stale, a release that doesn't name its number, or
            four eyes. Nothing was written.
    """
    with tools.transactions.begin() as uow:
        plan = uow.plans.get(plan_id)
        run = uow.runs.get(plan.run_id, lock=True)
        require_digest(plan, review.plan_digest)
        if review.decision is Decision.APPROVE:
            require_fresh(tools, uow, run, plan)
        _require_decidable(run, plan)
        if review.decision is Decision.APPROVE and tools.policy.approval.four_eyes:
            _require_second_person(run, actor)
        _record(tools, uow, run, plan, review=review, actor=actor)


def _record(
    tools: Tools, uow: UnitOfWork, run: Run, plan: StoredPlan, *, review: Review, actor: Actor
) -> None:
    review_id = tools.ids.new("rev")
    uow.plans.add_review(review_id, plan.id, review, str(actor))
    audit(
        tools, uow, actor, AuditVerb.PLAN_REVIEWED, of=("plan", plan.id), run_id=run.id,
        plan_digest=plan.digest,
        detail={
            "decision": review.decision.value,
            "classes": [c.value for c in review.select.classes],
            "narrowed": bool(review.select.sites or review.select.people or review.select.exclude),
            "releases": [
                {"class": r.action_class.value, "count": r.count, "people": len(r.people)}
                for r in review.releases
            ],
        },
    )  # fmt: skip
    if review.decision is Decision.DISCARD:
        move(tools, uow, run, RunState.DISCARDED, actor=actor)
        uow.work.add(run.id, [NewWork(kind=WorkKind.REPORT, chunk={})])
        return
    uow.plans.set_statuses(plan.id, statuses_after(review, uow.plans.candidates(plan.id)))
    move(tools, uow, run, RunState.APPROVED, actor=actor)


def _require_decidable(run: Run, plan: StoredPlan) -> None:
    if run.state not in _DECIDABLE:
        raise Conflict(
            f"Plan {plan.id} can't be decided: its run is {run.state.value}. Nothing was written.",
            code="already_reviewed" if run.state is RunState.APPROVED else "wrong_state",
        )


def _require_second_person(run: Run, actor: Actor) -> None:
    if run.actor == str(actor):
        raise Conflict(
            "You started this run, and this installation wants two persons (approval.four_eyes)."
            " Nothing was written. Ask another approver.",
            code="four_eyes",
        )
