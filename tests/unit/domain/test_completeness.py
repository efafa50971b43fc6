"""What a read leaves in doubt: who contradicts a group, who is read once more, what is held."""

from typing import Any

import pytest

from shared.domain.action import Action, Change, HeldReason, Kind
from shared.domain.completeness import (
    Disagreement,
    disagreement,
    gap_sentences,
    gaps,
    hold_unproven,
    in_doubt,
    login_of,
    to_look_up,
    unread,
)
from shared.domain.planning import build_plan
from shared.domain.snapshot import Group, Snapshot
from tests.fakes.people import (
    DISTRICT,
    HIGH,
    INACTIVE,
    LOOSE,
    MIDDLE,
    UNMANAGED,
    a_person,
    a_policy,
    a_record,
    a_snapshot,
    an_action,
    people,
    plan_inputs,
    records,
)

INCOMPLETE = HeldReason.TARGET_INCOMPLETE
NONE = Disagreement(people=frozenset(), groups=frozenset())
#: In a tenant this small one detail would be too many.
LOGIN = ("new@x.example", "new")


def groups(**members: set[int]) -> dict[int, Group]:
    """Everybody is in the district group and the high school unless told otherwise."""
    named = {"district": DISTRICT, "high": HIGH, "middle": MIDDLE}
    everybody: dict[str, set[int]] = {"district": {1, 2, 3}, "high": {1, 2, 3}, "middle": set()}
    return {
        named[name]: Group(id=named[name], name=name, member_ids=frozenset(ids))
        for name, ids in (everybody | members).items()
    }


def three(**values: Any) -> Snapshot:
    return a_snapshot(people(range(1, 4)).values(), **{"groups": groups()} | values)


def an_add(**values: Any) -> Action:
    email, username = LOGIN
    changes = (
        Change(path="email", before=None, after=email),
        Change(path="username", before=None, after=username),
    )
    return an_action(Kind.ADD, "E31", changes=changes, **values)


def held(action: Action, snapshot: Snapshot, *linked: str, short: bool = False) -> bool:
    (after,) = hold_unproven([action], snapshot, linked=linked, short=short)
    assert after.hold in (action.hold, INCOMPLETE)
    return after.hold is INCOMPLETE


# Who is in doubt


def test_people_and_groups_that_agree_leave_nobody_in_doubt() -> None:
    assert disagreement(three()) == NONE
    assert not in_doubt(three())


@pytest.mark.parametrize(
    ("members", "who", "where"),
    [
        ({"high": {1, 2}}, {3}, {HIGH}),
        ({"middle": {2}}, {2}, {MIDDLE}),
        ({"high": set()}, {1, 2, 3}, {HIGH}),
        ({"high": {1, 2}, "middle": {1}}, {1, 3}, {HIGH, MIDDLE}),
    ],
)
def test_who_a_group_lacks_or_names_besides_is_in_doubt_one_by_one(
    members: dict[str, set[int]], who: set[int], where: set[int]
) -> None:
    found = disagreement(three(groups=groups(**members)))
    assert found == Disagreement(people=frozenset(who), groups=frozenset(where))


def test_groups_that_are_not_managed_are_not_asked() -> None:
    someone = a_person(4, group_ids=(UNMANAGED,))
    assert not disagreement(a_snapshot([someone], groups=groups())).people


def test_a_member_whom_the_list_lacks_is_read() -> None:
    snapshot = three(groups=groups(high={1, 2, 3, 9}))
    found = disagreement(snapshot)
    assert found == Disagreement(people=frozenset(), groups=frozenset({HIGH}))
    assert unread(snapshot) == in_doubt(snapshot) == {9}


def test_who_was_not_read_contradicts_no_group_and_is_read_again() -> None:
    snapshot = three(
        groups=groups(high={1, 2, 3, 8}), missing_details=frozenset({8}), gone=frozenset({9})
    )
    assert disagreement(snapshot) == NONE
    assert in_doubt(snapshot) == {8, 9}


def test_who_still_contradicts_a_group_is_shielded_and_nobody_else() -> None:
    listed = {id_: a_person(id_) for id_ in range(1, 31)}
    named = {"district": set(listed), "high": set(listed) - {29}}
    snapshot = a_snapshot(listed.values(), groups=groups(**named))
    moved = [a_record(28, site_codes=("020",)), a_record(29, site_codes=("020",))]
    made = build_plan(plan_inputs(records=[*records(range(2, 28)), *moved], snapshot=snapshot))
    done = [(a.kind.value, a.person_key, a.hold) for a in made.actions]
    assert done == [
        ("join", "E28", None), ("join", "E29", None), ("leave", "E28", None),
        ("deactivate", "E1", None), ("deactivate", "E30", None),
    ]  # fmt: skip
    left = build_plan(plan_inputs(records=records(range(1, 29)), snapshot=snapshot))
    assert [a.person_key for a in left.actions] == ["E30"]
    assert (left.shielded, left.removals.saved_by_shield) == (1, (29,))


# What is held


@pytest.mark.parametrize(
    ("kind", "held_without_list", "held_when_short"),
    [
        (Kind.UPDATE, False, False), (Kind.JOIN, False, False), (Kind.LEAVE, True, True),
        (Kind.DEACTIVATE, True, True),
    ],
)  # fmt: skip
def test_removals_need_the_list_and_enough_details_and_updates_nothing(
    kind: Kind, held_without_list: bool, held_when_short: bool
) -> None:
    action = an_action(kind)
    assert held(action, three(list_complete=False)) is held_without_list
    assert held(action, three(), short=True) is held_when_short
    assert not held(action, three(missing_details=frozenset({9}))), "few are missing"


@pytest.mark.parametrize(
    "doubt",
    [
        {"missing_details": frozenset({9})},
        {"gone": frozenset({9})},
        {"groups": groups(high={1, 2, 3, 9})},
    ],
    ids=lambda doubt: next(iter(doubt)),
)
def test_while_somebody_is_unread_an_add_needs_the_target_s_own_word(doubt: dict[str, Any]) -> None:
    assert not held(an_add(), three())
    assert held(an_add(), three(**doubt))
    assert held(an_add(), three(**doubt, looked_up={LOGIN: False}))
    assert held(an_add(), three(**doubt, looked_up={("else@x.example", "else"): True}))
    nobody = three(**doubt, looked_up={LOGIN: True})
    assert not held(an_add(), nobody)
    assert held(an_add(), nobody, "e31"), "somebody is linked to the row"


def test_nothing_lets_an_add_through_where_the_list_is_not_whole() -> None:
    snapshot = three(list_complete=False, looked_up={LOGIN: True})
    assert held(an_add(), snapshot)
    assert to_look_up([an_add(hold=INCOMPLETE)], snapshot, ()) == []


@pytest.mark.parametrize(
    ("rule", "doubted"),
    [("link", False), ("employee_number", False), ("work_email", True), ("personal_email", True)],
)
def test_who_has_only_the_address_is_not_reactivated_while_somebody_is_unread(
    rule: str, doubted: bool
) -> None:
    action = an_action(Kind.REACTIVATE, match_rule=rule)
    assert not held(action, three())
    assert held(action, three(missing_details=frozenset({9}))) is doubted
    assert held(action, three(list_complete=False)) is doubted


@pytest.mark.parametrize("reason", HeldReason)
def test_what_a_person_could_release_by_name_waits_for_the_proof_instead(
    reason: HeldReason,
) -> None:
    by_name = reason in (HeldReason.POSSIBLE_DUPLICATE, HeldReason.PRIVILEGED_ROLE)
    (after,) = hold_unproven(
        [an_add(hold=reason)], three(list_complete=False), linked=(), short=False
    )
    assert after.hold is (INCOMPLETE if by_name else reason)


# What it says


def said(**counted: Any) -> str:
    return "\n".join(gap_sentences({**gaps(three(), ()), **counted}))


def test_a_read_that_was_whole_says_nothing() -> None:
    assert said() == ""
    assert list(gap_sentences({"list_complete": True, "details_missing": 0})) == []


def test_what_was_not_read_is_said_with_what_it_holds() -> None:
    assert "list of people did not add up: nobody is added, removed" in said(list_complete=False)
    missing = said(details_missing=2)
    assert "2 people could not be read: nothing is done to them.\n" in missing
    assert "nobody is added unless ASCIP itself says" in missing
    assert "so many that nobody is removed" in said(details_missing=2, too_many_missing=True)
    assert "1 person that ASCIP named could not be found" in said(not_found=1)
    assert "1,200 people and their groups contradict each other" in said(contradicting=1200)


def test_the_numbers_are_those_of_the_snapshot() -> None:
    snapshot = three(
        groups=groups(high={1, 7}), missing_details=frozenset({8}), gone=frozenset({9}),
        list_complete=False,
    )  # fmt: skip
    assert gaps(snapshot, ()) == {
        "list_complete": False, "details_missing": 1, "too_many_missing": False,
        "not_found": 2, "contradicting": 2,
    }  # fmt: skip


# Whom the target is asked about


def test_only_newcomers_that_wait_for_it_are_looked_up() -> None:
    snapshot = three(missing_details=frozenset({9}))
    waiting = an_add(hold=INCOMPLETE)
    others = [an_add(), an_add(hold=HeldReason.UNMAPPED_SITE), an_action(hold=INCOMPLETE)]
    assert to_look_up([waiting, *others], snapshot, ()) == [LOGIN]
    assert to_look_up([waiting], snapshot, {"e31"}) == []
    asked = three(missing_details=frozenset({9}), looked_up={LOGIN: False})
    assert to_look_up([waiting], asked, ()) == []


def test_the_login_looked_up_is_the_one_the_add_would_give() -> None:
    rows = [*records(range(1, 31)), a_record(31, username="ann31")]
    snapshot = a_snapshot(missing_details=frozenset({99}))
    policy = a_policy(limits=LOOSE)
    made = build_plan(plan_inputs(records=rows, snapshot=snapshot, policy=policy))
    assert to_look_up(made.actions, snapshot, ()) == [("p31@lincoln.example", "ann31")]
    (add,) = [a for a in made.actions if a.kind is Kind.ADD]
    assert login_of(add) == ("p31@lincoln.example", "ann31")
    sure = a_snapshot(missing_details=frozenset({99}), looked_up={login_of(add): True})
    again = build_plan(plan_inputs(records=rows, snapshot=sure, policy=a_policy(limits=LOOSE)))
    assert [a.hold for a in again.actions] == [None, None, None]
    assert again.digest != made.digest


def test_a_rehire_found_by_number_comes_back_though_somebody_is_unread() -> None:
    found = people(range(1, 31)) | {3: a_person(3, status=INACTIVE)}
    snapshot = a_snapshot(found.values(), missing_details=frozenset({99}))
    made = build_plan(plan_inputs(snapshot=snapshot, policy=a_policy(limits=LOOSE)))
    assert [(a.kind, a.hold) for a in made.actions] == [(Kind.REACTIVATE, None)]
