"""The plan that takes a run back: inverse actions under the same gates as any other plan. Pure."""

from collections import Counter
from collections.abc import Iterable

from shared.domain.action import ordered
from shared.domain.adoption import Adoption
from shared.domain.completeness import unread
from shared.domain.gates import Measures, hold_tripped, judge
from shared.domain.plan import Plan, PlanInputs, digest
from shared.domain.planning import header_of, hold_for_gaps
from shared.domain.removal import Removals, site_of
from shared.domain.reversal import Done, LeftOut, Present, reverse
from shared.domain.school_calendar import hold_for_calendar, window_of


def build_reversal(inputs: PlanInputs, done: Iterable[Done]) -> tuple[Plan, tuple[LeftOut, ...]]:
    """The plan, and whom it leaves out; ``inputs`` have no records."""
    present = Present(
        snapshot=inputs.snapshot, reference=inputs.reference, mapping=inputs.mapping,
        policy=inputs.policy, links=inputs.links,
    )  # fmt: skip
    reversal = reverse(done, present)
    managed = present.managed()
    gates = judge(
        reversal.actions, limits=inputs.policy.limits, measures=_measures(inputs, managed)
    )
    proposed = hold_for_gaps(inputs, reversal.actions, gates)
    proposed = hold_for_calendar(proposed, window_of(inputs.policy.calendar, inputs.as_of))
    actions = tuple(ordered(hold_tripped(proposed, gates)))
    header = header_of(inputs, gates)
    plan = Plan(
        header=header, actions=actions, gates=tuple(gates),
        digest=digest(header, (action.hash for action in actions)), dispositions={}, held_rows=(),
        matched={}, removals=Removals(managed=managed), shielded=0, adoption=Adoption(),
    )  # fmt: skip
    return plan, reversal.left_out


def _measures(inputs: PlanInputs, managed: frozenset[int]) -> Measures:
    people, missing = inputs.snapshot.people, inputs.snapshot.missing_details
    sites = Counter(site_of(people[id_], inputs.mapping) for id_ in managed)
    return Measures(
        managed=len(managed),
        managed_at={site: count for site, count in sites.items() if site is not None},
        listed=len(people.keys() | missing),
        details_missing=len(missing),
        unread=len(unread(inputs.snapshot)),
    )
