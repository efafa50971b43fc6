"""Newcomers who look like somebody: held for people to judge, and never merged."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.action import Action, ActionClass, ActionStatus, HeldReason, Kind, Mark
from shared.domain.plan import Plan
from shared.domain.planning import build_plan
from shared.domain.review import Candidate, Decision, Release, Review, statuses_after
from shared.domain.snapshot import Person
from shared.domain.staff import StaffRecord
from tests.fakes.people import (
    ACTIVE,
    DISTRICT,
    HIGH,
    INACTIVE,
    MIDDLE,
    UNMANAGED,
    a_person,
    a_policy,
    a_record,
    id_of,
    people,
    plan_inputs,
    records,
)

DUPLICATE = HeldReason.POSSIBLE_DUPLICATE
FORMER = a_person(
    77, employee_number="E77", first_name="Jonathan", last_name="Nakamura", status=INACTIVE
)
NEWCOMER = a_record(40, first_name="Jonathan", last_name="Nakamura")


def plan(rows: list[StaffRecord], found: list[Person], **values: Any) -> Plan:
    """Among thirty others who agree with their rows."""
    return build_plan(
        plan_inputs(
            records=[*rows, *records(range(101, 131))],
            people=[*found, *people(range(101, 131)).values()], **values,
        )
    )  # fmt: skip


def add_of(made: Plan, number: int = 40) -> Action:
    (action,) = [a for a in made.actions if a.id == id_of(Kind.ADD, number)]
    return action


def test_a_newcomer_with_the_name_of_somebody_nobody_speaks_for_is_held() -> None:
    made = plan([NEWCOMER], [FORMER])
    assert [(a.kind, a.person_key, a.group_id, a.marks, a.hold) for a in made.actions] == [
        (Kind.ADD, "E40", None, (Mark.POSSIBLE_DUPLICATE,), DUPLICATE),
        (Kind.JOIN, "E40", DISTRICT, (), None),
        (Kind.JOIN, "E40", HIGH, (), None),
    ]
    assert add_of(made).reason == "in the extract (row 40), not in ASCIP; looks like ASCIP 77"
    (held,) = made.held_rows
    assert (held.row, held.reason, held.detail) == (40, DUPLICATE, "looks like ASCIP 77")
    assert not made.applyable


def test_whom_a_newcomer_looks_like_is_not_removed_before_somebody_has_judged() -> None:
    made = plan([NEWCOMER], [replace(FORMER, status=a_person().status)])
    assert [action.kind for action in made.actions] == [Kind.ADD, Kind.JOIN, Kind.JOIN]
    assert made.removals.saved_by_shield == (77,)


def test_a_review_that_names_the_person_lets_them_go_and_the_class_alone_does_not() -> None:
    made = plan([NEWCOMER], [FORMER])
    candidates = [
        Candidate(
            id=a.id, action_class=a.action_class, person_key=a.person_key, site=a.site,
            hold=a.hold, depends_on=a.depends_on,
        )
        for a in made.actions
    ]  # fmt: skip
    release = Release(action_class=ActionClass.ADDS, count=1, reason="two people", people=("e40",))
    review = Review(decision=Decision.APPROVE, plan_digest=made.digest, releases=(release,))
    assert set(statuses_after(review, candidates).values()) == {ActionStatus.PLANNED}


@pytest.mark.parametrize(
    ("first", "last", "site", "held"),
    [
        ("Jonathan", "Nakamura", "020", True),
        ("Nakamura", "Jonathan", "020", True),
        ("Jonathan", "Nakamura-Lee", "020", True),
        ("Jonathon", "Nakamura", "020", True),
        ("John", "Nakamura", "020", False),
        ("J.", "Nakamura", "020", False),
        ("J.", "Nakamura", "010", True),
        ("Jonathan", "Nguyen", "010", False),
        ("Naomi", "Nakamura", "010", False),
    ],
)
def test_the_same_site_makes_less_of_a_likeness_enough(
    first: str, last: str, site: str, held: bool
) -> None:
    row = a_record(40, first_name=first, last_name=last, site_codes=(site,))
    assert (add_of(plan([row], [FORMER])).hold is DUPLICATE) is held


@pytest.mark.parametrize(("site", "held"), [("010", True), ("020", False)])
def test_a_name_that_somebody_else_bears_too_proves_nothing_elsewhere(
    site: str, held: bool
) -> None:
    """A Jonathan Nakamura with a row of his own: the name is one that people share."""
    namesake = {"first_name": "Jonathan", "last_name": "Nakamura"}
    rows = [replace_site(NEWCOMER, site), a_record(41, **namesake)]
    made = plan(rows, [FORMER, a_person(41, **namesake)])
    assert (add_of(made).hold is DUPLICATE) is held


def replace_site(record: StaffRecord, site: str) -> StaffRecord:
    return record._replace(site_codes=(site,))


def test_who_has_a_row_of_their_own_is_nobody_s_duplicate() -> None:
    made = plan([NEWCOMER, a_record(77, first_name="Jonathan", last_name="Nakamura")], [FORMER])
    assert add_of(made).hold is None


@pytest.mark.parametrize(("number", "held"), [("E77", False), (None, True)])
def test_in_a_delta_active_people_with_a_number_of_their_own_are_no_candidates(
    number: str | None, held: bool
) -> None:
    """Nearly nobody has a row there; who left is inactive, and looked at."""
    active = replace(FORMER, status=a_person().status, employee_number=number)
    delta = a_policy(mode="delta")
    assert (add_of(plan([NEWCOMER], [active], policy=delta)).hold is DUPLICATE) is held
    assert add_of(plan([NEWCOMER], [FORMER], policy=delta)).hold is DUPLICATE


@pytest.mark.parametrize(("site", "held"), [("010", True), ("020", False)])
def test_two_newcomers_of_one_name_are_held_at_one_site_only(site: str, held: bool) -> None:
    """Each has an employee id of their own, so HR takes them for two."""
    other = a_record(50, first_name="Jonathon", last_name="Nakamura", site_codes=(site,))
    made = plan([NEWCOMER, other], [])
    assert {add_of(made).hold, add_of(made, 50).hold} == {DUPLICATE if held else None}
    if held:
        assert add_of(made).reason.endswith("looks like row 50")


def test_a_few_of_many_look_alikes_are_named() -> None:
    many = [replace(FORMER, id=i, employee_number=f"E{i}") for i in range(90, 84, -1)]
    assert add_of(plan([NEWCOMER], many)).reason.endswith("looks like ASCIP 85, 86, 87")


@pytest.mark.parametrize("site", ["010", "020"])
def test_however_many_look_alikes_there_are_none_is_removed(site: str) -> None:
    many = [replace(FORMER, id=i, employee_number=f"E{i}", status=ACTIVE) for i in range(80, 90)]
    made = plan([NEWCOMER._replace(site_codes=(site,))], many)
    assert [action.kind for action in made.actions] == [Kind.ADD, Kind.JOIN, Kind.JOIN]
    assert made.removals.saved_by_shield == tuple(range(80, 90))


def test_only_those_at_the_site_are_kept_where_the_name_alone_proves_nothing() -> None:
    at_high = [replace(FORMER, id=i, employee_number=f"E{i}", status=ACTIVE) for i in range(80, 86)]
    elsewhere = replace(at_high[0], id=90, employee_number="E90", group_ids=(DISTRICT, MIDDLE))
    known = {"first_name": "Jonathan", "last_name": "Nakamura"}
    rows, found = [NEWCOMER, a_record(60, **known)], [*at_high, elsewhere, a_person(60, **known)]
    assert plan(rows, found).removals.saved_by_shield == tuple(range(80, 86))


def test_another_hold_stays_and_the_mark_is_set() -> None:
    made = plan([replace_site(NEWCOMER, "999")], [FORMER])
    assert (add_of(made).hold, add_of(made).marks) == (
        HeldReason.UNMAPPED_SITE, (Mark.POSSIBLE_DUPLICATE, Mark.UNMAPPED),
    )  # fmt: skip


def test_neither_order_nor_other_groups_change_what_is_found() -> None:
    twins = [
        replace(FORMER, id=78, group_ids=(UNMANAGED, MIDDLE)), replace(FORMER, group_ids=(HIGH,)),
    ]  # fmt: skip
    rows = [NEWCOMER, a_record(50, first_name="Jo", last_name="Silva")]
    made = plan(rows, twins)
    assert made.digest == plan(rows[::-1], twins[::-1]).digest
    assert add_of(made).reason.endswith("looks like ASCIP 77, 78")
    assert add_of(made, 50).hold is None
