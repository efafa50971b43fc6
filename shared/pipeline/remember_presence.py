"""Keep what a plan found out about who is there and who has left: grace and evidence are made of it."""

from collections import Counter

from shared.domain.canonical import Json
from shared.domain.plan import Plan, PlanInputs
from shared.domain.removal import LEFT_ALONE, Fate
from shared.domain.run import Run, RunMode
from shared.pipeline.shadow import planned_in_shadow
from shared.pipeline.tools import Tools
from shared.ports.presence import Sightings
from shared.ports.unit_of_work import UnitOfWork


def remember_presence(
    tools: Tools, uow: UnitOfWork, run: Run, plan: Plan, *, plan_id: str, inputs: PlanInputs
) -> None:
    """In the transaction that stores the plan.

    A drift run remembers nothing: it looks at an old extract on a day that has passed. What a shadow
    run remembers counts for shadow runs alone, so that no grace has passed before anything is real.
    """
    shadow, found = planned_in_shadow(tools, run), plan.removals
    if run.mode is not RunMode.DRIFT:
        before = inputs.absences
        uow.presence.remember(
            Sightings(
                run_id=run.id, target=run.target, shadow=shadow, day=inputs.as_of,
                seen={id_: row for row, id_ in plan.matched.items() if id_ in found.kept},
                absences={i: a for i, a in found.absences.items() if before.get(i) != a},
                # Who could not be read in ASCIP stays as they were: that says nothing of the extract.
                returned=[
                    i for i in before if i in inputs.snapshot.people and i not in found.absences
                ],
            )
        )  # fmt: skip
    uow.presence.save_absentees(
        plan_id, found.absentees, shadow=shadow,
        grace_days=inputs.policy.staff.removal.grace_days,
    )  # fmt: skip


def absentee_facts(plan: Plan) -> dict[str, Json]:
    """What the first screen and the skip rule need to know of absentees."""
    found = plan.removals
    fates = Counter(who.fate for who in found.absentees)
    ends = Counter(
        who.leaves_on.isoformat()
        for who in found.absentees
        if who.fate is Fate.IN_GRACE and who.leaves_on
    )
    return {
        "saved_by_shield": len(found.saved_by_shield),
        "naive_removals": plan.counterfactual.removals,
        "counterfactual": plan.counterfactual.to_json(),
        # Day → how many leave on it: no skip over such a day.
        "grace_ends": dict(sorted(ends.items())),
        "left_alone": {fate.value: fates[fate] for fate in sorted(LEFT_ALONE) if fates[fate]},
        "would_remove": list(found.reported),
    }
