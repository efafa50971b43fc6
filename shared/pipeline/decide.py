"""Review a plan: approve some or all of it, release what gates hold, or discard it."""

from dataclasses import replace

from shared.domain.audit import SYSTEM, Actor, AuditVerb
from shared.domain.errors import Conflict
from shared.domain.review import Decision, Review, require_something, statuses_after
from shared.domain.run import Run, RunState, TargetName
from shared.domain.work import NewWork, WorkKind
from shared.pipeline.refusals import refusals_noted
from shared.pipeline.second_person import BY_RULE, require_second_person
from shared.pipeline.shadow import require_real
from shared.pipeline.staleness import (
    MappingNow,
    require_digest,
    require_fresh,
    require_same_mapping,
)
from shared.pipeline.tools import Tools, audit, move
from shared.ports.plans import StoredPlan
from shared.ports.unit_of_work import UnitOfWork

_DECIDABLE = frozenset({RunState.AWAITING_APPROVAL, RunState.HELD})


def decide(
    tools: Tools, plan_id: str, review: Review, actor: Actor, *, mapping: MappingNow | None = None
) -> None:
    """Record a decision about the plan with exactly this digest.

    ``mapping`` tells the mapping file's hash; without it nobody looks whether it has changed.

    Raises:
        Conflict: another digest, decided before, stale, a release that doesn't name its number, or
            four eyes. The audit has a note of it; nothing was written.
        ConfigInvalid: the mapping file can't be used. Nothing was written.
    """
    with (
        refusals_noted(tools, plan_id, review.decision, actor),
        tools.transactions.begin() as uow,
    ):
        decide_in(tools, uow, plan_id, review, actor=actor, mapping=mapping)


def decide_in(
    tools: Tools,
    uow: UnitOfWork,
    plan_id: str,
    review: Review,
    *,
    actor: Actor,
    mapping: MappingNow | None = None,
) -> None:
    """`decide` in a transaction that is under way."""
    plan = uow.plans.get(plan_id)
    run = uow.runs.get(plan.run_id, lock=True)
    require_digest(plan, review.plan_digest)
    require_real(run, plan)
    if review.decision is Decision.APPROVE:
        require_fresh(tools, uow, run, plan)
    _require_decidable(run, plan)
    if review.decision is Decision.APPROVE:
        require_second_person(tools, uow, run, str(actor))
        require_same_mapping(run, plan, mapping)
    record(tools, uow, run, plan, review=review, actor=actor)


def approve_by_rule(tools: Tools, uow: UnitOfWork, run_id: str) -> bool:
    """Approve a plan that trips nothing, where `approval.mode` says so; the audit names the rule.

    The first run of a tenant always needs a person.
    """
    plan = uow.plans.of_run(run_id)
    run = uow.runs.get(run_id, lock=True)
    by_rule = tools.policy.approval.mode == BY_RULE
    if not by_rule or plan is None or plan.held_classes or plan.facts["first_run"]:
        return False
    if run.state is not RunState.AWAITING_APPROVAL:
        return False
    review = Review(
        decision=Decision.APPROVE, plan_digest=plan.digest,
        comment="approved by rule: no gate tripped (approval.mode = over_limits)",
    )  # fmt: skip
    record(tools, uow, run, plan, review=review, actor=SYSTEM)
    return True


def record(
    tools: Tools, uow: UnitOfWork, run: Run, plan: StoredPlan, *, review: Review, actor: Actor
) -> None:
    """Store a decision that may be made, with its audit entry, and what follows from it."""
    review_id = tools.ids.new("rev")
    four_eyes = tools.policy.approval.four_eyes
    # The digest as the plan has it: the caller may have sent it in other letters.
    stored = replace(review, plan_digest=plan.digest)
    uow.plans.add_review(review_id, plan.id, stored, str(actor), four_eyes=four_eyes)
    audit(
        tools, uow, actor, AuditVerb.PLAN_REVIEWED, of=("plan", plan.id), run_id=run.id,
        plan_digest=plan.digest,
        detail={
            "decision": review.decision.value,
            "rule": tools.policy.approval.mode if actor == SYSTEM else None,
            "four_eyes": four_eyes,
            "classes": [c.value for c in review.select.classes],
            "narrowed": bool(review.select.sites or review.select.people or review.select.exclude),
            "releases": [
                {"class": r.action_class.value, "count": r.count, "people": len(r.people)}
                for r in review.releases
            ],
        },
    )  # fmt: skip
    if review.decision is Decision.DISCARD:
        uow.plans.leave_out(plan.id)
        move(tools, uow, run, RunState.DISCARDED, actor=actor)
        uow.work.add(run.id, [NewWork(kind=WorkKind.REPORT, chunk={})])
        return
    _set_statuses(uow, run, plan, review)
    move(tools, uow, run, RunState.APPROVED, actor=actor)


def _set_statuses(uow: UnitOfWork, run: Run, plan: StoredPlan, review: Review) -> None:
    if run.target is TargetName.RECORDS and review.takes_all:
        # Nothing waits for anything there: what no gate holds is `planned` already, be it a million.
        require_something(plan.applyable)
        return
    uow.plans.set_statuses(plan.id, statuses_after(review, uow.plans.candidates(plan.id)))


def _require_decidable(run: Run, plan: StoredPlan) -> None:
    if run.state not in _DECIDABLE:
        raise Conflict(
            f"Plan {plan.id} can't be decided: its run is {run.state.value}. Nothing was written.",
            code="already_reviewed" if run.state is RunState.APPROVED else "wrong_state",
        )
