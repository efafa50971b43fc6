"""What a plan makes of an extract and a snapshot: actions, holds, rows and counts."""

from datetime import date, timedelta
from typing import Any

import pytest

from shared.domain.action import Action, ActionClass, HeldReason, Kind
from shared.domain.estimate import estimate_calls
from shared.domain.plan import Disposition, Plan
from shared.domain.planning import build_plan
from shared.domain.shield import Unverified
from shared.domain.staff import StaffIdentity
from tests.fakes.people import (
    AS_OF,
    COLUMNS,
    DISTRICT,
    HIGH,
    INACTIVE,
    LOOSE,
    MIDDLE,
    a_mapping,
    a_person,
    a_policy,
    a_record,
    a_snapshot,
    an_action,
    people,
    plan_inputs,
    records,
)

UNCHANGED, HELD, PENDING = Disposition.UNCHANGED, Disposition.HELD, Disposition.PENDING
THIRTY = list(people(range(1, 31)).values())
YESTERDAY = AS_OF - timedelta(days=1)


def plan(**values: Any) -> Plan:
    return build_plan(plan_inputs(**values))


def of(made: Plan, *kinds: Kind) -> list[Action]:
    return [action for action in made.actions if action.kind in kinds]


def held(made: Plan) -> dict[str, HeldReason | None]:
    return {f"{a.kind.value} {a.person_key}": a.hold for a in made.actions}


# The whole


def test_an_extract_the_lms_agrees_with_needs_nothing() -> None:
    made = plan()
    assert (made.actions, made.held_rows, made.held_classes, made.applyable) == ((), (), [], False)
    assert set(made.dispositions.values()) == {UNCHANGED}
    assert made.matched == {number: number for number in range(1, 31)}
    assert made.removals.managed_active == 30


def test_each_difference_is_one_action_in_order_of_application() -> None:
    rows = records(range(1, 29), last_name="Lee")
    rows[0] = a_record(1, last_name="Ruiz")
    rows[1] = a_record(2, site_codes=("020",))
    rows += [a_record(31)]
    found = {p.id: p for p in THIRTY} | {3: a_person(3, status=INACTIVE)}
    made = plan(records=rows, people=found.values())
    assert [(a.kind.value, a.person_key, a.group_id) for a in made.actions] == [
        ("add", "E31", None),
        ("update", "E1", None),
        ("reactivate", "E3", None),
        ("join", "E2", MIDDLE),
        ("join", "E31", DISTRICT),
        ("join", "E31", HIGH),
        ("leave", "E2", HIGH),
        ("deactivate", "E29", None),
        ("deactivate", "E30", None),
    ]
    assert made.summary() == {
        "add": 1, "update": 1, "reactivate": 1, "join": 3, "leave": 1, "deactivate": 2,
        "held": 0, "waiting_for_held": 0, "unchanged": 25,
        "calls_estimated": 4 + 3 + 3 + 3 * 3 + 3 + 2 * 3,
    }  # fmt: skip
    assert {r: d for r, d in made.dispositions.items() if d is not UNCHANGED} == dict.fromkeys(
        [1, 2, 3, 31], PENDING
    )
    assert made.applyable


def test_the_header_names_everything_the_plan_is_a_function_of() -> None:
    made = plan()
    assert dict(made.header) | {"gates": 0} == {
        "format_version": "1.2", "feed": "staff", "as_of": "2026-03-02", "engine_version": "0.1.0",
        "input_sha256": "bb" * 32, "mapping_sha256": "aa" * 32, "config_sha256": "cc" * 32,
        "snapshot_sha256": a_snapshot().content_hash(), "gates": 0, "former_groups": [],
    }  # fmt: skip
    assert made.header["gates"] == [gate.to_json() for gate in made.gates]


def test_no_two_actions_have_one_id() -> None:
    """Not even where two people of the LMS carry one employee number."""
    twins = [a_person(40, employee_number="E99"), a_person(41, employee_number="E99")]
    made = plan(people=[*THIRTY, *twins], policy=a_policy(ladder="leave_groups"))
    ids = [action.id for action in made.actions]
    assert len(ids) == len(set(ids)) == 4


# Removals


def test_the_first_run_reports_removals_and_makes_none() -> None:
    rows = records(range(1, 26))
    made = plan(records=rows, first_run=True)
    assert (made.actions, made.removals.reported) == ((), ("E26", "E27", "E28", "E29", "E30"))
    allowed = plan(records=rows, first_run=True, policy=a_policy(first_run="allow"))
    assert len(of(allowed, Kind.DEACTIVATE)) == 5
    assert len(of(plan(records=rows), Kind.DEACTIVATE)) == 5


def test_in_a_delta_only_rows_that_say_so_remove_somebody() -> None:
    rows = [a_record(1), a_record(2, inactive=True), a_record(3, end_date=YESTERDAY)]
    made = plan(records=rows, policy=a_policy(mode="delta"))
    assert [(a.kind, a.person_key) for a in made.actions] == [
        (Kind.DEACTIVATE, "E2"), (Kind.DEACTIVATE, "E3"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("end", "removed"), [(YESTERDAY, True), (AS_OF, False), (date(2026, 12, 31), False)]
)
def test_somebody_works_here_through_their_last_working_day(end: date, removed: bool) -> None:
    made = plan(records=[a_record(1, end_date=end), *records(range(2, 31))])
    assert bool(made.actions) is removed


def test_a_removal_says_which_row_it_comes_from() -> None:
    """So that the row is not counted as unchanged."""
    rows = [a_record(1, end_date=YESTERDAY), a_record(2, inactive=True), *records(range(3, 30))]
    made = plan(records=rows)
    assert [(a.person_key, a.source_row, a.reason) for a in made.actions] == [
        ("E1", 1, "end date 2026-03-01 has passed (row 1)"),
        ("E2", 2, "inactive in the extract (row 2)"),
        ("E30", None, "not in the extract"),
    ]
    assert [made.dispositions[row] for row in (1, 2, 3)] == [PENDING, PENDING, UNCHANGED]


def test_a_leaver_found_by_email_is_named_by_their_employee_id() -> None:
    found = [a_person(1, employee_number=None), *THIRTY[1:]]
    made = plan(records=[a_record(1, inactive=True), *records(range(2, 31))], people=found)
    assert [a.person_key for a in made.actions] == ["E1"]


def test_a_leaver_who_is_not_in_the_lms_needs_nothing() -> None:
    made = plan(records=[*records(range(1, 31)), a_record(31, inactive=True)])
    assert (made.actions, made.dispositions[31]) == ((), UNCHANGED)


def test_a_link_keeps_somebody_managed_who_left_the_district_group() -> None:
    found = [a_person(1, group_ids=(HIGH,)), *THIRTY[1:]]
    rows = records(range(2, 31))
    assert plan(records=rows, people=found).actions == ()
    assert len(plan(records=rows, people=found, links={"e1": 1}).actions) == 1


# The shield


@pytest.mark.parametrize(
    "values",
    [
        {"unverified": Unverified(identities=("P30@lincoln.example",))},
        {"unverified": Unverified(regions=('"Ann",P30@Lincoln.example,',))},
    ],
)
def test_who_is_named_in_a_row_not_taken_is_not_removed(values: dict[str, Any]) -> None:
    found = [*THIRTY[:29], a_person(30, employee_number="77")]
    made = plan(records=records(range(1, 30)), people=found, **values)
    assert (made.actions, made.shielded, made.removals.saved_by_shield) == ((), 1, (30,))


def test_who_is_named_in_a_row_not_taken_is_not_taken_out_of_a_group() -> None:
    """The damaged row may be their second one, with the other site; joining does no harm."""
    rows = [*records(range(1, 30)), a_record(30, site_codes=("020",), last_name="Ruiz")]
    made = plan(records=rows, unverified=Unverified(identities=("E30",)))
    assert [action.kind for action in made.actions] == [Kind.UPDATE, Kind.JOIN]


def test_a_conflict_holds_the_rows_and_shields_everybody_it_could_be() -> None:
    rows = [*records(range(1, 29)), a_record(31, work_email="p29@lincoln.example")]
    made = plan(records=rows)
    assert [(h.row, h.line, h.reason) for h in made.held_rows] == [
        (31, 32, HeldReason.IDENTITY_CONFLICT)
    ]
    assert made.dispositions[31] is HELD
    assert made.removals.saved_by_shield == (29,)
    assert held(made) == {"deactivate E30": None}


def test_who_could_be_meant_is_shielded_even_if_the_row_does_not_name_them() -> None:
    """Found by the personal email alone."""
    newcomer = a_record(31, personal_email="p30@lincoln.example")
    made = plan(records=[*records(range(1, 30)), newcomer])
    assert (made.actions, made.removals.saved_by_shield) == ((), (30,))


def test_whoever_else_a_held_row_names_is_shielded_too() -> None:
    """The row is person 1's by its number, and has the email of person 30, who is absent."""
    rows = [
        a_record(1, site_codes=("999",), personal_email="p30@lincoln.example"),
        *records(range(2, 30)),
    ]
    made = plan(records=rows)
    assert (made.actions, made.removals.saved_by_shield) == ((), (30,))


def test_a_row_whose_values_nobody_has_holds_removals_unless_its_id_can_be_read() -> None:
    rows = records(range(1, 30))
    read = plan(records=rows, unverified=Unverified(partly=(StaffIdentity(employee_id="77"),)))
    assert held(read) == {"deactivate E30": None}
    lost = Unverified(partly=(StaffIdentity(work_email="new@lincoln.example"),))
    assert held(plan(records=rows, unverified=lost)) == {
        "deactivate E30": HeldReason.UNIDENTIFIED_ROWS
    }


# What is held


def test_a_tripped_gate_holds_its_class_and_the_rest_goes() -> None:
    rows = [a_record(1, last_name="Ruiz"), *records(range(2, 21))]
    made = plan(records=rows)
    assert made.held_classes == [ActionClass.REMOVALS]
    assert {action.hold for action in of(made, Kind.DEACTIVATE)} == {HeldReason.GATE}
    assert {action.hold for action in of(made, Kind.UPDATE)} == {None}
    assert made.applyable
    assert made.summary()["held"] == 10
    assert made.summary()["calls_estimated"] == 3


def test_what_waits_for_something_held_is_counted_beside_it_and_takes_no_calls() -> None:
    made = plan(records=records(range(1, 37)))
    summary = made.summary()
    assert (summary["add"], summary["held"], summary["waiting_for_held"]) == (6, 6, 12)
    assert summary["calls_estimated"] == 0
    assert not made.applyable


def test_a_plan_with_nothing_but_held_actions_can_not_be_applied() -> None:
    assert not plan(records=records(range(1, 24))).applyable
    assert plan(records=records(range(1, 25))).applyable


def test_a_held_add_takes_its_memberships_along() -> None:
    """They are not held themselves, but nothing of the plan could be approved."""
    made = plan(records=records(range(1, 37)))
    assert made.held_classes == [ActionClass.ADDS]
    assert {action.hold for action in of(made, Kind.JOIN)} == {None}
    assert not made.applyable


def test_one_region_that_names_nobody_holds_removals_only() -> None:
    rows = [a_record(1, last_name="Ruiz"), *records(range(2, 30))]
    made = plan(records=rows, unverified=Unverified(unidentified=1))
    assert held(made) == {"update E1": None, "deactivate E30": HeldReason.UNIDENTIFIED_ROWS}


def test_an_unmapped_site_holds_the_row_and_what_it_would_do() -> None:
    rows = [
        a_record(1, site_codes=("999",), last_name="Ruiz"),
        a_record(2, site_codes=("999",)),
        *records(range(3, 31)),
    ]
    made = plan(records=rows)
    assert held(made) == {"update E1": HeldReason.UNMAPPED_SITE}
    assert [(h.row, h.reason) for h in made.held_rows] == [
        (1, HeldReason.UNMAPPED_SITE), (2, HeldReason.UNMAPPED_SITE),
    ]  # fmt: skip
    assert made.held_rows[0].detail == "site '999' is not in the mapping (groups.sites)"
    assert [made.dispositions[row] for row in (1, 2, 3)] == [HELD, HELD, UNCHANGED]


def test_of_several_sites_the_unmapped_ones_are_named() -> None:
    made = plan(records=[a_record(1, site_codes=("010", "998", "999")), *records(range(2, 31))])
    assert made.actions == ()
    assert made.held_rows[0].detail == (
        "site '998' is not in the mapping (groups.sites);"
        " site '999' is not in the mapping (groups.sites)"
    )


def test_an_unmapped_value_is_listed_and_the_rest_of_the_row_goes() -> None:
    wizard = {"attributes": {"job_title": "Wizard"}}
    rows = [
        a_record(1, last_name="Ruiz", **wizard), a_record(2, **wizard), *records(range(3, 31)),
    ]  # fmt: skip
    made = plan(records=rows)
    assert held(made) == {"update E1": None, "update E2": HeldReason.UNMAPPED_BUCKET_VALUE}
    assert [(h.row, h.detail) for h in made.held_rows] == [
        (1, "'Wizard' is not a value of bucket 'Job Class'"),
        (2, "'Wizard' is not a value of bucket 'Job Class'"),
    ]
    assert [made.dispositions[row] for row in (1, 2)] == [PENDING, HELD]


def test_nothing_is_done_to_a_protected_account_of_the_extract() -> None:
    mapping = a_mapping(protected_usernames=frozenset({"p1@lincoln.example"}))
    rows = [a_record(1, last_name="Ruiz", site_codes=("020",)), *records(range(2, 31))]
    made = plan(records=rows, mapping=mapping)
    assert len(made.actions) == 3
    assert {action.hold for action in made.actions} == {HeldReason.PROTECTED}


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("missing", [frozenset(), frozenset({77})])
def test_what_incomplete_knowledge_could_get_wrong_is_held(
    complete: bool, missing: frozenset[int]
) -> None:
    rows = [
        a_record(1, last_name="Ruiz"), a_record(2, site_codes=("020",)), *records(range(3, 30)),
        a_record(31),
    ]  # fmt: skip
    snapshot = a_snapshot(THIRTY, list_complete=complete, missing_details=missing)
    made = plan(records=rows, snapshot=snapshot, policy=a_policy(limits=LOOSE))
    reason = HeldReason.TARGET_INCOMPLETE
    assert held(made) == {
        "add E31": reason if missing or not complete else None,
        "update E1": None,
        "join E2": None,
        "join E31": None,
        "leave E2": None if complete else reason,
        "deactivate E30": None if complete else reason,
    }


def test_who_could_not_be_read_is_shielded() -> None:
    snapshot = a_snapshot(THIRTY, missing_details=frozenset({30}))
    made = plan(records=records(range(1, 30)), snapshot=snapshot)
    assert made.removals.saved_by_shield == (30,)


def test_somebody_who_is_linked_but_could_not_be_read_is_not_made_again() -> None:
    snapshot = a_snapshot(THIRTY[:29], missing_details=frozenset({30}))
    made = plan(snapshot=snapshot, links={"e30": 30})
    assert held(made)["add E30"] is HeldReason.TARGET_INCOMPLETE
    assert not made.applyable


# Counts


def test_memberships_are_estimated_by_calls_of_a_hundred() -> None:
    def joins(count: int, group: int) -> list[Action]:
        return [an_action(Kind.JOIN, f"E{i}", group_id=group) for i in range(count)]

    assert estimate_calls([]) == 0
    assert estimate_calls(joins(100, HIGH)) == 3
    assert estimate_calls(joins(101, HIGH)) == 5
    assert estimate_calls([*joins(1, HIGH), *joins(1, MIDDLE)]) == 6
    assert estimate_calls([an_action(Kind.LEAVE, group_id=HIGH), *joins(1, HIGH)]) == 6


@pytest.mark.parametrize(
    ("kind", "calls"),
    [(Kind.ADD, 4), (Kind.UPDATE, 3), (Kind.REACTIVATE, 3), (Kind.DEACTIVATE, 3)],
)
def test_a_person_takes_a_read_a_write_and_a_read_and_a_newcomer_two_look_ups(
    kind: Kind, calls: int
) -> None:
    assert estimate_calls([an_action(kind)]) == calls


def test_a_missing_column_makes_no_action_for_anybody() -> None:
    rows = records(range(1, 31), attributes={})
    assert plan(records=rows, columns=COLUMNS - {"job_title"}).actions == ()
    assert len(plan(records=rows).actions) == 30
