"""Who is removed, how far, and who never is."""

from typing import Any

import pytest

from shared.domain.absence import Because, Grace
from shared.domain.action import Action, ActionClass, Kind
from shared.domain.policy import Ladder, Scope
from shared.domain.removal import (
    Fate,
    Leaver,
    Removals,
    Terms,
    find_removals,
    is_managed,
    is_protected,
    reported_sentence,
)
from shared.domain.snapshot import Person
from tests.fakes.people import (
    ADMINISTRATOR,
    AS_OF,
    DISTRICT,
    HIGH,
    INACTIVE,
    MIDDLE,
    UNMANAGED,
    a_mapping,
    a_person,
    a_reference,
)


def removals(*people: Person, **values: Any) -> Removals:
    given: dict[str, Any] = {
        "mapping": a_mapping(), "reference": a_reference(), "scope": Scope.DISTRICT_GROUP,
        "ladder": Ladder.DEACTIVATE, "full": True,
        "grace": Grace(days=values.pop("days", 0), as_of=values.pop("as_of", AS_OF)),
    }  # fmt: skip
    return find_removals(people, Terms(**given | values))


def says_inactive(key: str, row: int = 4) -> Leaver:
    return Leaver(key=key, because=Because.INACTIVE, row=row)


def fates(found: Removals) -> dict[int, Fate]:
    return {who.ascip_id: who.fate for who in found.absentees}


def removed(*people: Person, **values: Any) -> list[int | None]:
    return [action.ascip_id for action in removals(*people, **values).actions]


def only(found: Removals) -> Action:
    (action,) = found.actions
    return action


# Who


def test_who_is_not_in_the_extract_is_deactivated() -> None:
    action = only(removals(a_person(1), a_person(2), kept={1}))
    assert (action.kind, action.action_class) == (Kind.DEACTIVATE, ActionClass.REMOVALS)
    assert (action.ascip_id, action.person_key, action.site) == (2, "E2", "010")
    assert [(c.path, c.before, c.after) for c in action.changes] == [
        ("status", "active", "inactive")
    ]
    assert (action.reason, action.source_row) == ("not in the extract", None)


def test_in_a_delta_absence_means_nothing() -> None:
    assert removals(a_person(1), full=False).actions == ()


@pytest.mark.parametrize("full", [True, False])
def test_whose_own_row_says_so_is_removed_in_any_feed(full: bool) -> None:
    action = only(removals(a_person(1), left={1: says_inactive("E77")}, full=full))
    assert (action.person_key, action.source_row) == ("E77", 4)
    assert action.reason == "inactive in the extract (row 4)"


def test_who_is_inactive_already_is_not_removed_again() -> None:
    assert removals(a_person(1, status=INACTIVE)).actions == ()


@pytest.mark.parametrize(
    ("scope", "groups", "linked", "managed"),
    [
        (Scope.DISTRICT_GROUP, (DISTRICT,), False, True),
        (Scope.DISTRICT_GROUP, (HIGH, UNMANAGED), False, False),
        (Scope.DISTRICT_GROUP, (), True, True),
        (Scope.LINKED, (DISTRICT,), False, False),
        (Scope.LINKED, (), True, True),
        (Scope.TENANT, (), False, True),
    ],
)
def test_only_managed_people_are_removed(
    scope: Scope, groups: tuple[int, ...], linked: bool, managed: bool
) -> None:
    person, ids = a_person(1, group_ids=groups), [1] if linked else []
    assert is_managed(person, scope=scope, mapping=a_mapping(), linked=ids) is managed
    found = removals(person, scope=scope, linked=ids)
    assert [action.ascip_id for action in found.actions] == ([1] if managed else [])
    assert found.managed_active == int(managed)


def test_a_leaver_outside_the_scope_is_left_alone() -> None:
    leaver = {1: says_inactive("E1")}
    assert removals(a_person(1, group_ids=(UNMANAGED,)), left=leaver).actions == ()


@pytest.mark.parametrize(
    ("protected", "person"),
    [
        ({"protected_usernames": frozenset({"boss"})}, {"username": " BOSS"}),
        ({"protected_roles": frozenset({"administrator"})}, {"role_id": ADMINISTRATOR}),
    ],
)
@pytest.mark.parametrize("ladder", Ladder)
def test_protected_accounts_are_never_touched(
    protected: dict[str, Any], person: dict[str, Any], ladder: Ladder
) -> None:
    mapping, account = a_mapping(**protected), a_person(1, **person)
    assert is_protected(account, mapping=mapping, reference=a_reference())
    left = {1: says_inactive("E1")}
    found = removals(account, mapping=mapping, left=left, ladder=ladder)
    assert (found.actions, found.reported, found.saved_by_shield) == ((), (), ())
    assert not is_protected(a_person(1), mapping=mapping, reference=a_reference())


@pytest.mark.parametrize("ladder", Ladder)
def test_the_shield_saves_and_says_whom(ladder: Ladder) -> None:
    left = {2: says_inactive("E2")}
    found = removals(
        a_person(1), a_person(2), a_person(3), kept={3}, left=left, ladder=ladder,
        shielded=dict.fromkeys((1, 2, 3), Fate.DAMAGED_ROW),
    )  # fmt: skip
    assert (found.actions, found.reported, found.saved_by_shield) == ((), (), (1, 2))


def test_percentages_are_of_everybody_active_and_managed() -> None:
    """Kept, shielded and protected people count; inactive and foreign ones don't."""
    found = removals(
        a_person(1), a_person(2), a_person(3, username="boss"), a_person(4, status=INACTIVE),
        a_person(5, group_ids=()), kept={1}, shielded={2: Fate.HELD_ROW},
        mapping=a_mapping(protected_usernames=frozenset({"boss"})),
    )  # fmt: skip
    assert found.managed_active == 3


# How far


def test_the_first_step_only_reports() -> None:
    found = removals(a_person(1), a_person(2), kept={2}, ladder=Ladder.REPORT)
    assert (found.actions, found.reported) == ((), ("E1",))


def test_the_second_step_takes_the_managed_groups_away() -> None:
    person = a_person(1, group_ids=(DISTRICT, HIGH, MIDDLE, UNMANAGED))
    found = removals(person, ladder=Ladder.LEAVE_GROUPS)
    assert [(a.kind, a.group_id) for a in found.actions] == [
        (Kind.LEAVE, DISTRICT), (Kind.LEAVE, HIGH), (Kind.LEAVE, MIDDLE),
    ]  # fmt: skip
    assert {a.action_class for a in found.actions} == {ActionClass.REMOVALS}
    district, *others = found.actions
    assert district.group_name == "Lincoln USD"
    # Who is interrupted stays in scope: the district's group is left when all others are.
    assert set(district.depends_on) == {other.id for other in others}
    assert {other.depends_on for other in others} == {()}
    assert found.reported == ()


def test_the_last_step_keeps_memberships() -> None:
    assert [a.kind for a in removals(a_person(1)).actions] == [Kind.DEACTIVATE]


def test_the_engine_has_no_further_step() -> None:
    assert [step.value for step in Ladder] == ["report", "leave_groups", "deactivate"]


# Keys


@pytest.mark.parametrize("number", [None, ""])
def test_who_has_no_employee_number_is_named_by_their_id(number: str | None) -> None:
    assert only(removals(a_person(7, employee_number=number))).person_key == "ascip:7"


def test_a_number_that_two_people_carry_names_neither() -> None:
    """Or two actions would have one id."""
    found = removals(a_person(7, employee_number="E1"), a_person(8, employee_number="e1"))
    assert [action.person_key for action in found.actions] == ["ascip:7", "ascip:8"]


def test_a_number_the_extract_gives_to_somebody_else_does_not_name_them() -> None:
    found = removals(a_person(7), a_person(8, employee_number="E1"), kept={7}, taken={"e1"})
    assert only(found).person_key == "ascip:8"


def test_the_order_of_people_does_not_matter() -> None:
    assert removals(a_person(2), a_person(1)) == removals(a_person(1), a_person(2))
    assert removed(a_person(2), a_person(1)) == [1, 2]


def test_why_leavers_are_only_reported_is_told_with_what_comes_next() -> None:
    """A plan of an older release names no ladder; with `report` no plan removes anybody."""
    first = "This run only reports it (staff.removal.first_run); the next plan will propose to remove them."
    assert reported_sentence({}) == reported_sentence({"ladder": "deactivate"}) == first
    assert reported_sentence({"ladder": "report"}) == (
        "It is only reported (staff.removal.ladder): no plan removes anybody."
    )
