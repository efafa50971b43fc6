"""What is laid before somebody who decides about a plan: what a review would take, and whether they may."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.domain.action import RELEASABLE, RELEASABLE_BY_NAME, ActionClass, ActionStatus
from shared.domain.audit import Actor
from shared.domain.errors import Conflict
from shared.domain.run import Run, RunState
from shared.domain.shadow import SHADOW
from shared.pipeline.second_person import require_second_person
from shared.pipeline.staleness import require_current
from shared.pipeline.tools import Tools
from shared.ports.plans import StoredAction, StoredPlan
from shared.ports.review_facts import ClassCount
from shared.ports.unit_of_work import UnitOfWork

DECIDABLE = frozenset({RunState.AWAITING_APPROVAL, RunState.HELD})
SPOT_CHECK = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDesk:
    """What a review of a plan can do."""

    #: Actions that an approval takes as they are, and the removals among them.
    free: int
    free_removals: int
    #: Class → the number that its release names.
    releasable: Mapping[ActionClass, int]
    #: Class → how many are released by naming their people.
    by_name: Mapping[ActionClass, int]
    #: Where people with held removals work, most first: a file that was cut short for a site shows here.
    held_at: Sequence[tuple[str, int]]
    #: Held for a reason that no release lifts.
    stuck: int
    #: Why this person can't approve it now; None if they can.
    why_not: str | None
    #: Whether it can still be decided at all.
    open: bool


def review_desk(tools: Tools, plan_id: str, actor: Actor) -> ReviewDesk:
    """Count what a review would take, and ask whether ``actor`` may approve. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        plan = uow.plans.get(plan_id)
        run = uow.runs.get(plan.run_id)
        counts = uow.review_facts.counts(plan_id)
        planned = [c for c in counts if c.status is ActionStatus.PLANNED]
        held = [c for c in counts if c.status is ActionStatus.HELD]
        lifted = RELEASABLE | RELEASABLE_BY_NAME
        return ReviewDesk(
            free=sum(c.count for c in planned),
            free_removals=sum(c.count for c in planned if c.action_class is ActionClass.REMOVALS),
            releasable=_by_class(c for c in held if c.hold in RELEASABLE),
            by_name=_by_class(c for c in held if c.hold in RELEASABLE_BY_NAME),
            held_at=uow.review_facts.held_at(plan_id),
            stuck=sum(c.count for c in held if c.hold not in lifted),
            why_not=_why_not(tools, uow, run, plan, actor=actor), open=run.state in DECIDABLE,
        )  # fmt: skip


def _by_class(counts: Iterable[ClassCount]) -> Mapping[ActionClass, int]:
    found: Counter[ActionClass] = Counter()
    for each in counts:
        found[each.action_class] += each.count
    return {each: found[each] for each in ActionClass if found[each]}


def _why_not(
    tools: Tools, uow: UnitOfWork, run: Run, plan: StoredPlan, *, actor: Actor
) -> str | None:
    if run.reason == SHADOW:
        return "This installation is in shadow mode: nothing of this plan can be approved."
    if run.state not in DECIDABLE:
        return f"The run is {run.state.value.replace('_', ' ')}: there is nothing to decide."
    try:
        require_current(tools, uow, run, plan)
        require_second_person(tools, uow, run, str(actor))
    except Conflict as error:
        return str(error)
    return None


def spot_check(tools: Tools, plan_id: str) -> Sequence[StoredAction]:
    """Actions by chance, the same for everybody who looks. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        uow.plans.get(plan_id)
        return uow.review_facts.sample(plan_id, SPOT_CHECK)


def names_of(tools: Tools, plan_id: str, actions: Sequence[StoredAction]) -> Mapping[str, str]:
    """What the people of some actions are called."""
    with tools.transactions.begin() as uow:
        return uow.review_facts.names(plan_id, actions)
