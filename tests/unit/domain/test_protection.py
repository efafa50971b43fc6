"""Protected accounts are never touched, and privileged roles wait for somebody who says yes."""

from typing import Any

import pytest

from shared.domain.action import Action, HeldReason, Kind
from shared.domain.mapping import Mapping
from shared.domain.plan import Plan
from shared.domain.planning import build_plan
from tests.fakes.people import (
    ADMINISTRATOR,
    COLUMNS,
    DISTRICT,
    INACTIVE,
    MANAGER,
    MIDDLE,
    a_mapping,
    a_person,
    a_policy,
    a_record,
    a_reference,
    people,
    plan_inputs,
    records,
)

PROTECTED, PRIVILEGED = HeldReason.PROTECTED, HeldReason.PRIVILEGED_ROLE
BOSS = a_mapping(protected_usernames=frozenset({"boss@lincoln.example"}))
ROLES = COLUMNS | {"role", "username", "personal_email"}


def plan(record: Any, person: Any, *, mapping: Mapping = BOSS, **values: Any) -> Plan:
    """Person 1 as given among thirty, and their row."""
    others = people(range(2, 31)).values()
    known = [*others, person] if person else list(others)
    rows = [*records(range(2, 31)), record]
    return build_plan(
        plan_inputs(people=known, records=rows, mapping=mapping, columns=ROLES, **values)
    )


def boss(**values: Any) -> Any:
    return a_person(1, **{"username": " Boss@LINCOLN.example", **values})


def touched(made: Plan) -> list[Action]:
    return [action for action in made.actions if action.hold is not PROTECTED]


@pytest.mark.parametrize(
    "row",
    [
        {"last_name": "Other"},
        {"site_codes": ("020",)},  # a join and a leave
        {"username": "somebody", "work_email": "new@lincoln.example"},
        {"inactive": True},
    ],
)
@pytest.mark.parametrize("ladder", ["leave_groups", "deactivate"])
def test_nothing_is_done_to_a_protected_person(row: dict[str, Any], ladder: str) -> None:
    made = plan(a_record(1, **row), boss(), policy=a_policy(ladder=ladder))
    assert touched(made) == []
    assert bool(made.actions) is not bool(row.get("inactive"))


def test_a_protected_role_guards_whatever_the_case() -> None:
    mapping = a_mapping(protected_roles=frozenset({"administrator"}))
    reference = a_reference(roles={**a_reference().roles, ADMINISTRATOR: " ADMINISTRATOR"})
    person = a_person(1, role_id=ADMINISTRATOR)
    row = a_record(1, last_name="Other", role="Learner")
    made = plan(row, person, mapping=mapping, reference=reference)
    assert [action.hold for action in made.actions] == [PROTECTED]


def test_a_protected_person_who_is_absent_stays() -> None:
    absent = plan_inputs(
        people=[*people(range(2, 31)).values(), boss()], records=records(range(2, 31)), mapping=BOSS
    )
    assert build_plan(absent).actions == ()


def test_a_protected_person_who_is_inactive_stays_inactive() -> None:
    made = plan(a_record(1), boss(status=INACTIVE))
    assert [(a.kind, a.hold) for a in made.actions] == [(Kind.REACTIVATE, PROTECTED)]


def test_a_weak_match_with_a_protected_person_touches_nothing() -> None:
    found = boss(employee_number=None, email="x@x.example", personal_email="p1@lincoln.example")
    made = plan(a_record(1), found)
    assert {action.match_rule for action in made.actions} == {"work_email_is_personal"}
    assert touched(made) == []


@pytest.mark.parametrize("person", [None, a_person(1)])
def test_nobody_becomes_protected_by_an_extract(person: Any) -> None:
    """Neither somebody new with that username nor somebody who is renamed to it."""
    made = plan(a_record(1, username="BOSS@lincoln.example"), person)
    assert {a.kind for a in made.actions} >= {Kind.ADD if person is None else Kind.UPDATE}
    assert touched(made) == []


def test_nobody_is_given_a_protected_role() -> None:
    mapping = a_mapping(protected_roles=frozenset({"manager"}), privileged_roles=frozenset())
    made = plan(a_record(1, role="PRIN"), a_person(1), mapping=mapping)
    assert [(a.hold, a.changes[0].after) for a in made.actions] == [(PROTECTED, MANAGER)]


def test_a_mapped_word_that_means_a_privileged_role_is_held() -> None:
    mapping = a_mapping(role_values={"it": "administrator"})
    made = plan(a_record(1, role="IT"), a_person(1), mapping=mapping)
    assert [(a.hold, a.changes[0].after) for a in made.actions] == [(PRIVILEGED, ADMINISTRATOR)]


def test_a_privileged_default_is_held_for_somebody_new() -> None:
    made = plan(a_record(1), None, mapping=a_mapping(role_default="Administrator"))
    (added,) = [a for a in made.actions if a.kind is Kind.ADD]
    assert added.hold is PRIVILEGED


def test_a_privileged_account_is_not_woken_without_a_yes() -> None:
    """Otherwise an extract would give the role back to whoever has that number."""
    row, sleeping = a_record(1), a_person(1, role_id=ADMINISTRATOR, status=INACTIVE)
    made = plan(row, sleeping)
    assert [(a.kind, a.hold) for a in made.actions] == [(Kind.REACTIVATE, PRIVILEGED)]
    assert "privileged_role" in made.actions[0].marks


def test_a_role_name_that_stands_twice_gives_no_role_to_anybody() -> None:
    twice = a_reference(roles={**a_reference().roles, 7: "Manager"})
    updated = plan(a_record(1, role="PRIN"), a_person(1), reference=twice)
    added = plan(a_record(1, role="PRIN"), None, reference=twice)
    assert updated.actions == ()
    (change,) = [c for a in added.actions for c in a.changes if c.path == "role_id"]
    assert (change.after, change.hold) == ("PRIN", HeldReason.UNMAPPED_BUCKET_VALUE)


def test_a_protected_member_of_a_former_group_stays_in_it() -> None:
    mapping = a_mapping(
        sites={"010": a_mapping().sites["010"]}, former_groups={MIDDLE: "Lincoln Middle"},
        protected_usernames=frozenset({"boss@lincoln.example"}),
    )  # fmt: skip
    made = plan(a_record(1), boss(group_ids=(DISTRICT, MIDDLE)), mapping=mapping)
    assert touched(made) == []
