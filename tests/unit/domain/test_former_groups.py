"""A site that was taken out of the mapping is left once, and then its group is nobody's."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.action import Kind
from shared.domain.former_groups import former_groups, still_owed
from shared.domain.mapping import MappedGroup, Mapping
from shared.domain.plan import Plan
from shared.domain.planning import build_plan
from shared.domain.policy import RowsPerPerson
from shared.domain.shield import Unverified
from tests.fakes.people import (
    DISTRICT,
    HIGH,
    INACTIVE,
    MIDDLE,
    UNMANAGED,
    a_mapping,
    a_person,
    a_policy,
    a_record,
    plan_inputs,
    records,
)

BEFORE = a_mapping()
#: The middle school was closed.
NOW = a_mapping(sites={"010": BEFORE.sites["010"]}, sha256="cc" * 32)


def emptying() -> Mapping:
    return replace(NOW, former_groups=former_groups(NOW, BEFORE, {}))


def plan(mapping: Mapping, **values: Any) -> Plan:
    """Person 2 is still in the middle school's group; their row says the high school."""
    people = [a_person(1), a_person(2, group_ids=(DISTRICT, MIDDLE)), *map(a_person, range(3, 31))]
    return build_plan(plan_inputs(**{"people": people, "mapping": mapping, **values}))


def memberships(made: Plan) -> list[tuple[Kind, str, int | None]]:
    kinds = (Kind.JOIN, Kind.LEAVE)
    return [(a.kind, a.person_key, a.group_id) for a in made.actions if a.kind in kinds]


def test_what_the_applied_version_named_and_this_one_doesn_t_is_former() -> None:
    assert former_groups(NOW, BEFORE, {}) == {MIDDLE: "Lincoln Middle"}
    assert former_groups(BEFORE, BEFORE, {}) == {}
    assert former_groups(BEFORE, NOW, {}) == {}


def test_a_site_with_another_group_leaves_the_old_one_behind() -> None:
    moved = a_mapping(sites={**BEFORE.sites, "020": MappedGroup(id=404, name="New Middle")})
    assert former_groups(moved, BEFORE, {}) == {MIDDLE: "Lincoln Middle"}


def test_what_was_not_finished_stays_former_until_it_is_mapped_again() -> None:
    assert former_groups(NOW, NOW, {UNMANAGED: "Old"}) == {UNMANAGED: "Old"}
    assert former_groups(BEFORE, NOW, {MIDDLE: "Lincoln Middle"}) == {}


def test_a_former_group_is_left_and_the_next_plan_leaves_it_alone() -> None:
    assert memberships(plan(emptying())) == [
        (Kind.JOIN, "E2", HIGH), (Kind.LEAVE, "E2", MIDDLE),
    ]  # fmt: skip
    assert memberships(plan(NOW)) == [(Kind.JOIN, "E2", HIGH)]


def test_nobody_joins_a_former_group() -> None:
    rows = [a_record(1), a_record(2, site_codes=("020",)), *records(range(3, 31))]
    made = plan(emptying(), records=rows)
    assert memberships(made) == []
    assert [row.reason.value for row in made.held_rows] == ["unmapped_site"]


def test_a_leaver_leaves_former_groups_too() -> None:
    rows = [a_record(1), *records(range(3, 31))]
    made = plan(emptying(), records=rows, policy=a_policy(ladder="leave_groups"))
    assert memberships(made) == [(Kind.LEAVE, "E2", DISTRICT), (Kind.LEAVE, "E2", MIDDLE)]


def test_former_groups_are_part_of_the_digest() -> None:
    """Even where nobody is left in them: what a plan was asked to do is what is approved."""
    idle = {"people": [a_person(number) for number in range(1, 31)]}
    with_former, without = plan(emptying(), **idle), plan(NOW, **idle)
    assert (with_former.actions, without.actions) == ((), ())
    assert with_former.header["former_groups"] == [MIDDLE]
    assert with_former.digest != without.digest


def test_whoever_could_not_be_judged_is_still_owed_their_leave() -> None:
    held = plan(
        emptying(), records=[a_record(2, site_codes=("020",)), *records([1, *range(3, 31)])]
    )
    shielded = plan(emptying(), unverified=Unverified(identities=("E2",)))
    assert held.owed == shielded.owed == frozenset({MIDDLE})
    assert plan(emptying()).owed == frozenset()


@pytest.mark.parametrize(
    ("rows", "staff", "owed"),
    [
        ([2], {}, set()),
        ([1], {}, {MIDDLE}),
        ([2], {"rows_per_person": RowsPerPerson.MERGE}, {MIDDLE}),
    ],
)
def test_a_delta_empties_a_group_of_those_it_has_rows_of(
    rows: list[int], staff: dict[str, Any], owed: set[int]
) -> None:
    made = plan(emptying(), records=records(rows), policy=a_policy(mode="delta", **staff))
    assert made.owed == owed


@pytest.mark.parametrize("person", [a_person(2), a_person(2, group_ids=(DISTRICT, UNMANAGED))])
def test_who_is_in_no_former_group_is_owed_nothing(person: Any) -> None:
    assert still_owed(emptying(), [person], {2}) == frozenset()


def test_who_left_long_ago_keeps_no_group_in_our_hands() -> None:
    """A deactivated person keeps their memberships, so that reactivation is exact."""
    gone = a_person(2, group_ids=(DISTRICT, MIDDLE), status=INACTIVE)
    made = plan(emptying(), people=[a_person(1), gone], records=[a_record(1)])
    assert (memberships(made), made.owed) == ([], frozenset())
