"""What holds of every plan, whatever stands in the extract and in the LMS."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.action import ActionClass, Kind
from shared.domain.dependencies import falling_with
from shared.domain.plan import Plan, PlanInputs
from shared.domain.planning import build_plan
from shared.domain.shield import Unverified
from shared.domain.snapshot import Person
from shared.domain.staff import StaffRecord
from tests.fakes.people import (
    ACTIVE,
    AS_OF,
    COLUMNS,
    DISTRICT,
    HIGH,
    INACTIVE,
    MIDDLE,
    UNMANAGED,
    a_mapping,
    a_person,
    a_policy,
    a_record,
    a_snapshot,
    plan_inputs,
)

# Few values, so that rows and people meet, clash and veto each other often.
NUMBERS = ["E1", "E2", "E3", "E4"]
emails = st.sampled_from(["a@x.example", "b@x.example", "c@x.example", "d@x.example"])
groups = st.sets(st.sampled_from([DISTRICT, HIGH, MIDDLE, UNMANAGED])).map(
    lambda chosen: tuple(sorted(chosen))
)
some_people = st.lists(
    st.fixed_dictionaries({
        "employee_number": st.none() | st.sampled_from([*NUMBERS, "e1"]),
        "email": emails,
        "username": emails,
        "status": st.sampled_from([ACTIVE, INACTIVE]),
        "group_ids": groups,
    }),
    max_size=6,
).map(lambda rows: [a_person(i, **values) for i, values in enumerate(rows, 1)])  # fmt: skip
some_records = st.lists(
    st.fixed_dictionaries({
        "employee_id": st.sampled_from(NUMBERS),
        "work_email": emails,
        "username": st.none() | emails,
        "site_codes": st.sampled_from([("010",), ("020",), ("010", "020"), ("020", "999"), ("999",)]),
        "end_date": st.sampled_from([None, AS_OF, AS_OF.replace(day=1)]),
        "inactive": st.booleans(),
        "attributes": st.sampled_from(["Teacher", "Clerk", "Wizard", ""]).map(
            lambda title: {"job_title": title}
        ),
    }),
    unique_by=lambda values: str(values["employee_id"]),  # the reader sees to that
    max_size=4,
).map(lambda rows: [a_record(i, **values) for i, values in enumerate(rows, 1)])  # fmt: skip


@st.composite
def some_inputs(draw: st.DrawFn) -> PlanInputs:
    """Any extract, any tenant, any policy."""
    people: list[Person] = draw(some_people)
    records: list[StaffRecord] = draw(some_records)
    values: dict[str, Any] = {
        "records": records,
        "columns": COLUMNS | {"username"},
        "snapshot": a_snapshot(
            people,
            list_complete=draw(st.booleans()),
            missing_details=draw(st.frozensets(st.integers(1, 7), max_size=1)),
        ),
        "policy": a_policy(
            mode=draw(st.sampled_from(["full", "delta"])),
            ladder=draw(st.sampled_from(["report", "leave_groups", "deactivate"])),
            scope=draw(st.sampled_from(["district_group", "linked", "tenant"])),
        ),
        "mapping": a_mapping(protected_usernames=frozenset(draw(st.lists(emails, max_size=1)))),
        "links": draw(
            st.dictionaries(st.sampled_from(["e1", "e9"]), st.integers(1, 7), max_size=2)
        ),
        "unverified": Unverified(
            identities=tuple(draw(st.lists(st.sampled_from(NUMBERS), max_size=1))),
            regions=tuple(draw(st.lists(emails, max_size=1))),
        ),
        "first_run": draw(st.booleans()),
    }
    return plan_inputs(**values)


def taken_away(plan: Plan) -> set[int]:
    kinds = (Kind.LEAVE, Kind.DEACTIVATE)
    return {a.ascip_id for a in plan.actions if a.kind in kinds and a.ascip_id is not None}


@given(some_inputs())
def test_ids_are_unique_and_dependencies_are_in_the_plan(inputs: PlanInputs) -> None:
    plan = build_plan(inputs)
    ids = [action.id for action in plan.actions]
    assert len(ids) == len(set(ids))
    assert {needed for action in plan.actions for needed in action.depends_on} <= set(ids)


@given(some_inputs())
def test_nobody_unverified_loses_anything(inputs: PlanInputs) -> None:
    unverified = [*inputs.unverified.identities, *inputs.unverified.regions]
    named = {
        p.id
        for p in inputs.snapshot.people.values()
        if {p.employee_number, p.email, p.username} & set(unverified)
    } | inputs.snapshot.missing_details
    assert not taken_away(build_plan(inputs)) & named


@given(some_inputs())
def test_nothing_is_done_to_a_protected_account(inputs: PlanInputs) -> None:
    protected = {
        p.id
        for p in inputs.snapshot.people.values()
        if p.username in inputs.mapping.protected_usernames
    }
    for action in build_plan(inputs).actions:
        assert action.hold is not None or action.ascip_id not in protected


@given(some_inputs())
def test_every_row_is_accounted_for(inputs: PlanInputs) -> None:
    plan = build_plan(inputs)
    rows = {record.row for record in inputs.records}
    assert plan.dispositions.keys() == rows
    assert {action.source_row for action in plan.actions} <= rows | {None}
    assert {held.row for held in plan.held_rows} <= rows
    for action in plan.actions:
        if action.source_row is not None:
            assert plan.dispositions[action.source_row] != "unchanged"


@given(some_inputs())
def test_only_active_managed_people_are_removed(inputs: PlanInputs) -> None:
    plan = build_plan(inputs)
    removed = {a.ascip_id for a in plan.actions if a.action_class is ActionClass.REMOVALS}
    assert all(inputs.snapshot.people[id_ or 0].status is ACTIVE for id_ in removed)
    assert len(removed) <= plan.removals.managed_active
    assert not removed & set(plan.removals.saved_by_shield)


@given(some_inputs())
def test_an_action_that_goes_ahead_changes_something(inputs: PlanInputs) -> None:
    for action in build_plan(inputs).actions:
        assert action.sent or action.kind in (Kind.JOIN, Kind.LEAVE) or action.hold
        assert all(change.before != change.after for change in action.changes)


@st.composite
def some_moves(draw: st.DrawFn) -> PlanInputs:
    """Six people and two newcomers, each known by number, with emails and usernames dealt anew."""
    email, username = (draw(st.permutations(range(1, 10))) for _ in range(2))
    rows = [
        a_record(
            number, work_email=f"p{email[number - 1]}@lincoln.example",
            username=draw(st.sampled_from([None, f"p{username[number - 1]}@lincoln.example"])),
            inactive=draw(st.sampled_from([False, False, False, True])),
            site_codes=(draw(st.sampled_from(["010", "010", "010", "999"])),),
        )
        for number in sorted(draw(st.sets(st.integers(1, 8), min_size=2)))
    ]  # fmt: skip
    people = [a_person(number) for number in range(1, 7)]
    return plan_inputs(records=rows, people=people, columns=COLUMNS | {"username"})


@given(some_moves())
def test_nothing_that_goes_ahead_meets_a_value_that_somebody_has(inputs: PlanInputs) -> None:
    """Done one by one, each after those it depends on, as a target that refuses duplicates sees it."""
    plan = build_plan(inputs)
    held = {action.id for action in plan.actions if action.hold}
    fallen = falling_with(held, ((a.id, a.depends_on) for a in plan.actions))
    todo = {a.id: a for a in plan.actions if a.kind in (Kind.ADD, Kind.UPDATE)}
    todo = {id_: action for id_, action in todo.items() if id_ not in fallen}
    has: dict[object, dict[str, object]] = {
        p.id: {"email": p.email, "username": p.username} for p in inputs.snapshot.people.values()
    }
    while todo:
        action = next(a for a in todo.values() if not todo.keys() & set(a.depends_on))
        del todo[action.id]
        mine = has.setdefault(action.ascip_id or action.id, {})
        for change in action.sent:
            if change.path in ("email", "username"):
                others = [values for values in has.values() if values is not mine]
                assert change.after not in [values.get(change.path) for values in others]
                mine[change.path] = change.after
