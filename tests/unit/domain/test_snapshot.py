"""The target's state: what is stored comes back, and what its hash covers."""

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.canonical import canonical
from shared.domain.snapshot import (
    Group,
    Person,
    PersonStatus,
    Snapshot,
    reference_from_json,
)
from tests.fakes.people import (
    HIGH,
    INACTIVE,
    JOB,
    ROOM,
    TEACHER,
    a_person,
    a_reference,
    a_snapshot,
)

FULL = a_person(
    7, personal_email="ann@home.example", buckets=((JOB, TEACHER), (ROOM, "B 12")), status=INACTIVE
)
CHANGES: list[dict[str, Any]] = [
    {"id": 8}, {"username": "x"}, {"email": "x"}, {"first_name": "x"}, {"last_name": "x"},
    {"status": PersonStatus.ACTIVE}, {"employee_number": None}, {"personal_email": None},
    {"role_id": None}, {"timezone_id": None}, {"group_ids": ()}, {"buckets": ((JOB, TEACHER),)},
]  # fmt: skip


def test_a_person_has_two_states() -> None:
    assert [status.value for status in PersonStatus] == ["active", "inactive"]


def test_a_person_is_read_as_stored() -> None:
    stored = json.loads(canonical(FULL.to_json()))
    assert Person.from_json(stored) == FULL
    assert Person.from_json(json.loads(canonical(a_person().to_json()))) == a_person()


def test_a_bucket_without_a_value_is_absent() -> None:
    assert [FULL.bucket(JOB), FULL.bucket(ROOM), FULL.bucket(99)] == [TEACHER, "B 12", None]


def test_reference_data_is_read_as_stored() -> None:
    reference = a_reference()
    assert reference_from_json(json.loads(canonical(reference.to_json()))) == reference


def test_every_field_of_a_person_is_tried_below() -> None:
    assert {next(iter(change)) for change in CHANGES} == {field.name for field in fields(Person)}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_every_field_of_a_person_is_hashed(change: dict[str, Any]) -> None:
    before, after = a_snapshot([FULL]), a_snapshot([replace(FULL, **change)])
    assert before.content_hash() != after.content_hash()


GROUP = Group(id=HIGH, name="Lincoln High", member_ids=frozenset({7}))


@pytest.mark.parametrize(
    "snapshot",
    [
        a_snapshot([]),
        a_snapshot([FULL, a_person(8)], groups={HIGH: GROUP}),
        a_snapshot([FULL]),
        a_snapshot([FULL], groups={HIGH: replace(GROUP, member_ids=frozenset())}),
        a_snapshot([FULL], groups={HIGH: replace(GROUP, name="Else")}),
        a_snapshot([FULL], groups={HIGH: GROUP}, missing_details=frozenset({9})),
        a_snapshot([FULL], groups={HIGH: GROUP}, gone=frozenset({9})),
        a_snapshot([FULL], groups={HIGH: GROUP}, list_complete=False),
        a_snapshot([FULL], groups={HIGH: GROUP}, looked_up={("a@x.example", "a"): True}),
    ],
)
def test_people_groups_members_gaps_and_look_ups_are_hashed(snapshot: Snapshot) -> None:
    assert snapshot.content_hash() != a_snapshot([FULL], groups={HIGH: GROUP}).content_hash()


@given(st.permutations(range(1, 8)))
def test_the_order_of_reading_is_not(numbers: list[int]) -> None:
    groups = [replace(GROUP, id=n, member_ids=frozenset(numbers)) for n in numbers]
    shuffled = a_snapshot(map(a_person, numbers), groups={g.id: g for g in groups})
    in_order = a_snapshot(
        map(a_person, sorted(numbers)), groups={g.id: g for g in sorted(groups, key=lambda g: g.id)}
    )
    assert shuffled.content_hash() == in_order.content_hash()
