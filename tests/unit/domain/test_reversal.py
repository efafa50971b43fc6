"""The inverse of what a run did: exact where nobody has interfered, and nothing where somebody has."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from shared.domain.action import Action, ActionClass, Change, HeldReason, Kind, Mark
from shared.domain.reversal import (
    Done,
    Image,
    LeftOut,
    LeftOutReason,
    Present,
    Reversal,
    payload_before,
    reverse,
)
from shared.domain.snapshot import Person
from tests.fakes import worlds
from tests.fakes.people import (
    ADMINISTRATOR,
    CLERK,
    DISTRICT,
    HIGH,
    INACTIVE,
    JOB,
    LEARNER,
    MANAGER,
    MIDDLE,
    TEACHER,
    a_mapping,
    a_person,
    a_policy,
    a_reference,
    a_snapshot,
    an_action,
    id_of,
)
from tests.fakes.reversing import carried_out

RENAMED = Change(path="last_name", before="Lee", after="Ray")
OLD = "p1@lincoln.example"


def present(*people: Person, **values: Any) -> Present:
    given: dict[str, Any] = {
        "snapshot": a_snapshot(people), "reference": a_reference(), "mapping": a_mapping(),
        "policy": a_policy(),
    }  # fmt: skip
    return Present(**given | values)


def update(*changes: Change, number: int = 1) -> Done:
    return Done(an_action(Kind.UPDATE, f"E{number}", changes=changes, ascip_id=number), number)


def status(kind: Kind, before: str, after: str) -> Done:
    change = Change(path="status", before=before, after=after)
    return Done(an_action(kind, changes=(change,)), 1)


def member(kind: Kind, group: int, ascip_id: int | None = 1) -> Done:
    return Done(an_action(kind, group_id=group), ascip_id)


ADD = Done(
    an_action(
        Kind.ADD,
        changes=tuple(
            Change(path=p, before=None, after=getattr(a_person(1), p))
            for p in ("email", "username", "first_name", "last_name", "employee_number")
        ),
    ),
    1,
)


REACTIVATED = status(Kind.REACTIVATE, "inactive", "active")
DEACTIVATED = status(Kind.DEACTIVATE, "active", "inactive")


def left_out(found: Reversal) -> list[tuple[str, LeftOutReason, tuple[str, ...]]]:
    assert not found.actions
    return [(who.key, who.reason, who.fields) for who in found.left_out]


def only(found: Reversal) -> Action:
    assert not found.left_out
    (action,) = found.actions
    return action


@pytest.mark.parametrize(
    ("done", "now", "kind", "action_class"),
    [
        (ADD, {}, Kind.DEACTIVATE, ActionClass.REMOVALS),
        (REACTIVATED, {}, Kind.DEACTIVATE, ActionClass.REMOVALS),
        (DEACTIVATED, {"status": INACTIVE}, Kind.REACTIVATE, ActionClass.ADDS),
        (member(Kind.JOIN, HIGH), {}, Kind.LEAVE, ActionClass.MEMBERSHIPS_REMOVED),
        (member(Kind.LEAVE, MIDDLE), {}, Kind.JOIN, ActionClass.MEMBERSHIPS_ADDED),
        (update(RENAMED), {"last_name": "Ray"}, Kind.UPDATE, ActionClass.UPDATES),
    ],
)  # fmt: skip
def test_each_kind_has_its_inverse(
    done: Done, now: dict[str, Any], kind: Kind, action_class: ActionClass
) -> None:
    action = only(reverse([done], present(a_person(1, **now))))
    assert (action.kind, action.action_class) == (kind, action_class)
    assert (action.person_key, action.ascip_id, action.site) == ("E1", 1, "010")
    assert action.email_masked.startswith("p")
    assert OLD not in action.email_masked


@pytest.mark.parametrize(
    ("done", "now"),
    [
        (ADD, {"status": INACTIVE}),
        (REACTIVATED, {"status": INACTIVE}),
        (DEACTIVATED, {}),
        (member(Kind.JOIN, MIDDLE), {}),
        (member(Kind.LEAVE, HIGH), {}),
        (update(RENAMED), {}),
    ],
)
def test_what_stands_as_before_the_run_needs_nothing(done: Done, now: dict[str, Any]) -> None:
    assert reverse([done], present(a_person(1, **now))) == Reversal(actions=(), left_out=())


def test_an_update_gives_back_every_value_and_clears_what_was_empty() -> None:
    changes = (
        Change(path=f"buckets.{JOB}", before=TEACHER, after=CLERK, before_name="Teacher"),
        Change(path="employee_number", before=None, after="E1"),
        RENAMED,
        Change(path="role_id", before=None, after=7, hold=HeldReason.UNMAPPED_BUCKET_VALUE),
    )
    now = a_person(1, buckets=((JOB, CLERK),), last_name="Ray")
    action = only(reverse([update(*changes)], present(now)))
    assert {(c.path, c.before, c.after) for c in action.changes} == {
        (f"buckets.{JOB}", CLERK, TEACHER), ("employee_number", "E1", None), ("last_name", "Ray", "Lee"),
    }  # fmt: skip
    assert action.action_class is ActionClass.KEY_CHANGES
    assert action.marks == (Mark.IDENTITY_CHANGE,)


def test_what_is_back_already_is_left_alone_and_the_rest_goes_on() -> None:
    first = Change(path="first_name", before="Anna", after="Ann1")
    action = only(reverse([update(RENAMED, first)], present(a_person(1))))
    assert [c.path for c in action.changes] == ["first_name"]


def test_of_whoever_was_changed_since_nothing_is_taken_back() -> None:
    done = [update(RENAMED), member(Kind.JOIN, HIGH), update(RENAMED, number=2)]
    found = reverse(done, present(a_person(1, last_name="Other"), a_person(2, last_name="Ray")))
    assert [a.person_key for a in found.actions] == ["E2"]
    assert found.left_out == (
        LeftOut(
            key="E1", ascip_id=1, reason=LeftOutReason.CHANGED_SINCE, fields=("last_name",)
        ),
    )  # fmt: skip


def test_somebody_added_and_corrected_since_stays() -> None:
    found = reverse([ADD, member(Kind.JOIN, HIGH)], present(a_person(1, first_name="Anne")))
    assert left_out(found) == [("E1", LeftOutReason.CHANGED_SINCE, ("first_name",))]


def test_a_field_that_the_run_did_not_write_hinders_nothing() -> None:
    action = only(reverse([update(RENAMED)], present(a_person(1, last_name="Ray", first_name="X"))))
    assert [c.path for c in action.changes] == ["last_name"]


@pytest.mark.parametrize(
    ("snapshot", "reason"),
    [
        (a_snapshot([]), LeftOutReason.GONE),
        (a_snapshot([], missing_details=frozenset({1})), LeftOutReason.UNREAD),
    ],
)
def test_who_is_not_there_or_not_read_is_left_out(snapshot: Any, reason: LeftOutReason) -> None:
    assert left_out(reverse([update(RENAMED)], present(snapshot=snapshot))) == [("E1", reason, ())]


def test_who_contradicts_their_groups_is_left_out() -> None:
    group = replace(a_reference().groups[HIGH], member_ids=frozenset({1}))
    person = a_person(1, last_name="Ray", group_ids=(DISTRICT,))
    snapshot = a_snapshot([person], groups={HIGH: group})
    found = reverse([update(RENAMED)], present(snapshot=snapshot))
    assert left_out(found) == [("E1", LeftOutReason.UNREAD, ())]


def test_a_protected_account_is_never_touched_or_made() -> None:
    guarded = replace(a_mapping(), protected_usernames=frozenset({"root", OLD}))
    found = reverse([update(RENAMED)], present(a_person(1, last_name="Ray"), mapping=guarded))
    assert left_out(found) == [("E1", LeftOutReason.PROTECTED, ())]
    login = Change(path="username", before="root", after="p2@lincoln.example")
    found = reverse([update(login, number=2)], present(a_person(2), mapping=guarded))
    assert left_out(found) == [("E2", LeftOutReason.PROTECTED, ("username",))]


def test_an_add_whose_answer_was_lost_for_good_is_told() -> None:
    done = [ADD._replace(ascip_id=None), member(Kind.JOIN, HIGH, None)]
    assert left_out(reverse(done, present())) == [("E1", LeftOutReason.NOT_KNOWN, ())]


def test_the_memberships_of_a_newcomer_are_those_of_the_person_that_the_add_made() -> None:
    found = reverse([ADD, member(Kind.JOIN, HIGH, None)], present(a_person(1)))
    assert {(a.kind, a.ascip_id) for a in found.actions} == {(Kind.DEACTIVATE, 1), (Kind.LEAVE, 1)}


@pytest.mark.parametrize(
    ("done", "now", "field"),
    [
        (member(Kind.LEAVE, 999), {}, "groups.999"),
        (update(Change(path="role_id", before=9, after=LEARNER)), {}, "role_id"),
        (update(Change(path="timezone_id", before=9, after=21)), {}, "timezone_id"),
        (update(Change(path=f"buckets.{JOB}", before=1, after=TEACHER)), {}, f"buckets.{JOB}"),
        (update(Change(path="buckets.77", before=1, after=None)), {}, "buckets.77"),
    ],
)
def test_a_value_that_ascip_has_no_more_can_t_be_given_back(
    done: Done, now: dict[str, Any], field: str
) -> None:
    found = reverse([done], present(a_person(1, **now)))
    assert left_out(found) == [("E1", LeftOutReason.VALUE_GONE, (field,))]


def test_an_email_that_a_newcomer_keeps_can_t_be_given_back() -> None:
    moved = update(Change(path="email", before=OLD, after="new@x.example"), number=2)
    found = reverse([moved, ADD], present(a_person(1), a_person(2, email="new@x.example")))
    assert [a.kind for a in found.actions] == [Kind.DEACTIVATE]
    assert found.left_out == (
        LeftOut(key="E2", ascip_id=2, reason=LeftOutReason.TAKEN, fields=("email",)),
    )


def test_whoever_gives_an_address_up_goes_first() -> None:
    """1 went from a to z, then 2 from b to a, then 3 from c to b."""
    ways = [("a", "z"), ("b", "a"), ("c", "b")]
    done = [
        update(Change(path="email", before=f"{old}@x.example", after=f"{new}@x.example"), number=n)
        for n, (old, new) in enumerate(ways, 1)
    ]
    people = [a_person(n, email=f"{new}@x.example") for n, (_, new) in enumerate(ways, 1)]
    needs = {a.person_key: a.depends_on for a in reverse(done, present(*people)).actions}
    assert needs == {
        "E1": (id_of(Kind.UPDATE, 2),), "E2": (id_of(Kind.UPDATE, 3),), "E3": (),
    }  # fmt: skip


def test_whoever_waits_for_somebody_left_out_is_left_out_too() -> None:
    """B is somebody else's by now: so 2 keeps a, and 1 can't have it."""
    first = update(Change(path="email", before="a@x.example", after="z@x.example"))
    second = update(Change(path="email", before="b@x.example", after="a@x.example"), number=2)
    people = (
        a_person(1, email="z@x.example"), a_person(2, email="a@x.example"),
        a_person(3, email="B@x.example"),
    )  # fmt: skip
    found = reverse([first, second], present(*people))
    taken = [(key, LeftOutReason.TAKEN, ("email",)) for key in ("E1", "E2")]
    assert left_out(found) == taken


def test_who_ends_inactive_is_so_before_they_leave_and_joins_come_before_leaves() -> None:
    done = [
        ADD, member(Kind.JOIN, DISTRICT), member(Kind.JOIN, HIGH), member(Kind.LEAVE, MIDDLE),
    ]  # fmt: skip
    found = {
        (a.kind, a.group_id): a.depends_on for a in reverse(done, present(a_person(1))).actions
    }
    first = tuple(sorted((id_of(Kind.DEACTIVATE, 1), id_of(Kind.JOIN, 1, MIDDLE))))
    assert found[Kind.LEAVE, DISTRICT] == found[Kind.LEAVE, HIGH] == first
    assert found[Kind.DEACTIVATE, None] == ()


@pytest.mark.parametrize(
    ("role", "hold"), [(ADMINISTRATOR, HeldReason.PRIVILEGED_ROLE), (MANAGER, None)]
)
def test_a_privileged_role_is_given_back_by_name_alone(role: int, hold: HeldReason | None) -> None:
    demoted = update(Change(path="role_id", before=role, after=LEARNER))
    action = only(reverse([demoted], present(a_person(1))))
    assert action.hold is hold
    action = only(reverse([DEACTIVATED], present(a_person(1, status=INACTIVE, role_id=role))))
    assert action.hold is hold


@settings(max_examples=40, deadline=None)
@given(worlds.worlds())
def test_any_plan_is_taken_back_to_the_letter(world: worlds.World) -> None:
    """Whatever was planned and done, the same people are there again, the new ones inactive."""
    before = {person.id: person for person in world.people}
    inputs = world.inputs
    after, done = carried_out(before, world.plan.actions)
    found = reverse(
        done,
        Present(
            snapshot=a_snapshot(after.values()), reference=inputs.reference, mapping=inputs.mapping,
            policy=inputs.policy,
        ),
    )  # fmt: skip
    back, _ = carried_out(after, [replace(a, hold=None) for a in found.actions])
    kept = {who.ascip_id for who in found.left_out}
    assert {who.reason for who in found.left_out} <= {LeftOutReason.TAKEN, LeftOutReason.PROTECTED}
    assert {i: p for i, p in back.items() if i in before and i not in kept} == {
        i: p for i, p in before.items() if i not in kept
    }
    assert all(
        p.status is INACTIVE and not p.group_ids
        for i, p in back.items()
        if i not in before and i not in kept
    )


def image(**values: Any) -> Image:
    made: dict[str, Any] = {"id": "a", "count": 2}
    given: dict[str, Any] = {
        "source_id": "T1", "added": False, "made": made, "before": {"id": "a", "count": 1},
        "now": made, "in_force": True,
    }  # fmt: skip
    return Image(**given | values)


def test_a_record_gets_its_former_values_and_a_new_one_is_retired() -> None:
    assert payload_before(image()) == {"id": "a", "count": 1}
    retired = {"id": "a", "count": 2, "record_status": "retired"}
    assert payload_before(image(added=True, before=None)) == retired


def test_a_record_that_stands_as_before_needs_nothing() -> None:
    assert payload_before(image(now={"id": "a", "count": 1}, in_force=False)) is None
    retired = {"id": "a", "count": 2, "record_status": "retired"}
    assert payload_before(image(added=True, before=None, now=retired, in_force=False)) is None


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"in_force": False, "now": {"id": "a", "count": 3}}, LeftOutReason.CHANGED_SINCE),
        ({"before": None}, LeftOutReason.VERSION_GONE),
    ],
)
def test_a_record_that_can_t_be_taken_back_is_left_out(
    values: dict[str, Any], reason: LeftOutReason
) -> None:
    assert payload_before(image(**values)) == LeftOut(key="T1", ascip_id=None, reason=reason)
