"""What identifies an action, which class it is in, and what of it is digested."""

import hashlib
from dataclasses import fields, replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.action import (
    LMS_KINDS,
    RELEASABLE,
    Action,
    ActionClass,
    ActionStatus,
    Change,
    HeldReason,
    Kind,
    Mark,
    NextVersion,
    action_id,
    classify,
    ordered,
)
from tests.fakes.people import HIGH, MIDDLE, an_action

EMAIL = Change(path="email", before="a@x.example", after="b@x.example")
NAME = Change(path="last_name", before="Lee", after="Ruiz")


# The closed lists, written out: a value that comes or goes is a change for everybody who reads them.
def test_kinds_are_those_of_the_contract_in_order_of_application() -> None:
    listed = ["add", "update", "reactivate", "join", "leave", "deactivate"]
    assert [kind.value for kind in LMS_KINDS] == listed
    assert [kind.value for kind in Kind] == [*listed, "retire"]


def test_classes_are_those_of_the_contract() -> None:
    assert [c.value for c in ActionClass] == [
        "removals", "key_changes", "memberships_removed", "memberships_added", "adds", "updates",
    ]  # fmt: skip


def test_marks_are_those_of_the_contract() -> None:
    assert {mark.value for mark in Mark} == {
        "email_changed", "site_transfer", "rehire", "weak_match", "privileged_role",
        "possible_duplicate", "unmapped", "identity_change",
    }  # fmt: skip


def test_statuses_are_those_of_the_contract() -> None:
    assert [status.value for status in ActionStatus] == [
        "planned", "held", "not_approved", "attempting", "succeeded", "conflict", "failed",
        "unknown", "not_attempted",
    ]  # fmt: skip


def test_reasons_to_hold_are_those_of_the_contract() -> None:
    assert {reason.value for reason in HeldReason} == {
        "gate", "unmapped_site", "unmapped_bucket_value", "identity_conflict",
        "possible_duplicate", "key_cycle", "target_incomplete", "unidentified_rows",
        "privileged_role", "protected", "calendar",
    }  # fmt: skip


def test_a_release_of_a_class_lifts_only_what_gates_hold() -> None:
    assert {reason.value for reason in RELEASABLE} == {"gate", "unidentified_rows"}


def test_an_id_is_the_hash_the_contract_describes() -> None:
    form = b'["join","E7",402]'
    assert action_id(Kind.JOIN, "E7", 402) == "act_" + hashlib.sha256(form).hexdigest()[:16]
    form = b'["add","E7",null]'
    assert action_id(Kind.ADD, "E7", None) == "act_" + hashlib.sha256(form).hexdigest()[:16]


def test_an_id_depends_on_nothing_but_kind_person_and_group() -> None:
    bare = an_action(Kind.JOIN, "E7", group_id=HIGH)
    other = an_action(
        Kind.JOIN, "E7", group_id=HIGH, ascip_id=99, changes=(NAME,), marks=(Mark.REHIRE,),
        match_rule="link", hold=HeldReason.GATE, depends_on=("act_1",), reason="else",
        source_row=4, email_masked="m***", site="010", group_name="Lincoln High",
        action_class=ActionClass.UPDATES,
    )  # fmt: skip
    assert other.id == bare.id


@pytest.mark.parametrize(
    "change", [{"kind": Kind.LEAVE}, {"person_key": "E8"}, {"group_id": MIDDLE}]
)
def test_an_id_changes_with_each_of_the_three(change: dict[str, object]) -> None:
    bare = an_action(Kind.JOIN, "E7", group_id=HIGH)
    assert replace(bare, **change).id != bare.id  # type: ignore[arg-type]  # one field each


@pytest.mark.parametrize(
    ("kind", "changes", "action_class"),
    [
        (Kind.ADD, (EMAIL, NAME), ActionClass.ADDS),
        (Kind.REACTIVATE, (), ActionClass.ADDS),
        (Kind.UPDATE, (NAME,), ActionClass.UPDATES),
        (Kind.UPDATE, (NAME, EMAIL), ActionClass.KEY_CHANGES),
        (Kind.UPDATE, (replace(EMAIL, path="username"),), ActionClass.KEY_CHANGES),
        (Kind.UPDATE, (replace(EMAIL, path="employee_number"),), ActionClass.KEY_CHANGES),
        (Kind.UPDATE, (replace(EMAIL, path="personal_email"),), ActionClass.UPDATES),
        (Kind.UPDATE, (replace(EMAIL, path="buckets.9"),), ActionClass.UPDATES),
        (Kind.JOIN, (), ActionClass.MEMBERSHIPS_ADDED),
        (Kind.LEAVE, (), ActionClass.MEMBERSHIPS_REMOVED),
        (Kind.DEACTIVATE, (), ActionClass.REMOVALS),
        (Kind.RETIRE, (), ActionClass.REMOVALS),
    ],
)
def test_an_action_is_in_the_first_class_that_fits(
    kind: Kind, changes: tuple[Change, ...], action_class: ActionClass
) -> None:
    assert classify(kind, changes) is action_class


def test_every_kind_has_a_class() -> None:
    assert {classify(kind) for kind in Kind} == set(ActionClass) - {ActionClass.KEY_CHANGES}


def test_a_leave_made_by_the_ladder_is_a_removal() -> None:
    assert classify(Kind.LEAVE, by_ladder=True) is ActionClass.REMOVALS


def test_a_key_change_that_is_held_back_makes_no_key_change() -> None:
    held = replace(EMAIL, hold=HeldReason.UNMAPPED_BUCKET_VALUE)
    assert classify(Kind.UPDATE, (held, NAME)) is ActionClass.UPDATES


def test_only_changes_that_are_not_held_are_sent() -> None:
    held = replace(EMAIL, hold=HeldReason.UNMAPPED_BUCKET_VALUE)
    assert an_action(changes=(held, NAME)).sent == (NAME,)


BODY: list[dict[str, object]] = [
    {"kind": Kind.LEAVE},
    {"action_class": ActionClass.REMOVALS},
    {"person_key": "E8"},
    {"ascip_id": 8},
    {"group_id": MIDDLE},
    {"changes": (NAME,)},
    {"changes": (replace(EMAIL, before="c@x.example"),)},
    {"changes": (replace(EMAIL, after="c@x.example"),)},
    {"changes": (replace(EMAIL, hold=HeldReason.GATE),)},
    {"marks": ()},
    {"match_rule": "username"},
    {"hold": HeldReason.GATE},
    {"depends_on": ()},
    {"version": NextVersion(idempotency_key="aa", follows=None)},
]
ENVELOPE: list[dict[str, object]] = [
    {"reason": "else"},
    {"source_row": 9},
    {"email_masked": "z***"},
    {"site": "020"},
    {"group_name": "else"},
    {"changes": (replace(EMAIL, before_name="b", after_name="a"),)},
]


@pytest.mark.parametrize("change", BODY, ids=lambda change: next(iter(change)))
def test_every_field_of_the_body_changes_the_hash(change: dict[str, object]) -> None:
    assert replace(full(), **change).hash != full().hash  # type: ignore[arg-type]  # one field each


@pytest.mark.parametrize("change", ENVELOPE, ids=lambda change: next(iter(change)))
def test_no_field_of_the_envelope_does(change: dict[str, object]) -> None:
    assert replace(full(), **change).hash == full().hash  # type: ignore[arg-type]  # one field each


def test_every_field_is_body_or_envelope() -> None:
    """A new one has to be put into one of the lists above."""
    assert {name for change in [*BODY, *ENVELOPE] for name in change} == {
        field.name for field in fields(Action)
    }


@pytest.mark.parametrize("change", [{"idempotency_key": "bb"}, {"follows": "bb"}, {}])
def test_the_version_an_action_makes_is_in_its_body(change: dict[str, str]) -> None:
    first = NextVersion(idempotency_key="aa", follows=None)
    made = [replace(full(), version=version) for version in (first, replace(first, **change))]
    assert (made[0].hash == made[1].hash) is not bool(change)


def full() -> Action:
    return an_action(
        Kind.UPDATE, "E7", ascip_id=7, group_id=HIGH, changes=(EMAIL,), marks=(Mark.REHIRE,),
        match_rule="link", depends_on=("act_1",), reason="why", source_row=1,
    )  # fmt: skip


@given(
    st.permutations(
        [
            an_action(kind, key, group_id=group)
            for kind in Kind
            for key in ("E1", "E2")
            for group in (None, HIGH, MIDDLE)
        ]
    )
)
def test_actions_are_ordered_by_kind_person_and_group(actions: list[Action]) -> None:
    in_order = ordered(actions)
    keys = [(list(Kind).index(a.kind), a.person_key, a.group_id or 0) for a in in_order]
    assert all(before < after for before, after in pairwise(keys))
