"""Reading is strict: whatever is off is refused, nothing is guessed."""

from typing import Any

import pytest

from shared.adapters.lms import fields
from shared.adapters.lms.shapes import Garbled
from shared.domain.action import Change
from shared.domain.snapshot import Person, PersonStatus

RECORD: dict[str, Any] = {
    "id": 7,
    "username": "zoe",
    "email": "zoë@example.org",
    "firstName": "Zoë",
    "lastName": "Ruiz",
    "status": "active",
    "updatedAt": "2026-11-20T00:00:00Z",
    "employeeNumber": "E7",
    "personalEmail": None,
    "roleId": 3,
    "timezoneId": None,
    "groupIds": [9, 4],
    "buckets": [{"bucketId": 8, "text": "a"}, {"bucketId": 2, "valueId": 5}],
}


def test_a_person_is_read_with_every_field_in_canonical_order() -> None:
    assert fields.person(RECORD) == Person(
        id=7,
        username="zoe",
        email="zoë@example.org",
        first_name="Zoë",
        last_name="Ruiz",
        status=PersonStatus.ACTIVE,
        employee_number="E7",
        role_id=3,
        group_ids=(4, 9),
        buckets=((2, 5), (8, "a")),
    )


@pytest.mark.parametrize("name", [name for name in RECORD if name != "updatedAt"])
def test_a_person_without_one_of_the_fields_is_garbled(name: str) -> None:
    with pytest.raises(Garbled):
        fields.person({key: value for key, value in RECORD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "7"),
        ("id", True),
        ("id", 0),
        ("email", None),
        ("username", 5),
        ("status", "gone"),
        ("roleId", "3"),
        ("timezoneId", -1),
        ("personalEmail", 5),
        ("groupIds", None),
        ("groupIds", ["9"]),
        ("buckets", {}),
        ("buckets", [5]),
        ("buckets", [{"bucketId": 2}]),
        ("buckets", [{"bucketId": 2, "valueId": None}]),
        ("buckets", [{"bucketId": 2, "valueId": 1, "text": "a"}]),
        ("buckets", [{"bucketId": 2, "valueId": 1}, {"bucketId": 2, "valueId": 3}]),
    ],
)
def test_a_person_with_a_field_of_the_wrong_shape_is_garbled(name: str, value: object) -> None:
    with pytest.raises(Garbled):
        fields.person(RECORD | {name: value})


def test_what_is_garbled_never_shows_a_value() -> None:
    with pytest.raises(Garbled) as caught:
        fields.person(RECORD | {"status": "secret@example.org"})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"items": []},
        {"items": None, "totalItems": 0},
        {"items": [], "totalItems": "0"},
    ],
)
def test_a_list_without_its_frame_is_garbled_and_not_empty(data: object) -> None:
    with pytest.raises(Garbled):
        fields.page(data)


def test_a_payload_uses_the_names_of_the_lms_and_clears_with_null() -> None:
    changes = [
        Change(path="email", before="a@x.org", after="b@x.org"),
        Change(path="personal_email", before="p@x.org", after=None),
        Change(path="role_id", before=1, after=2),
        Change(path="buckets.9", before=51, after=52),
        Change(path="buckets.10", before="a", after="b"),
        Change(path="buckets.11", before=71, after=None),
    ]
    assert fields.payload(changes) == {
        "email": "b@x.org",
        "personalEmail": None,
        "roleId": 2,
        "buckets": [
            {"bucketId": 9, "valueId": 52},
            {"bucketId": 10, "text": "b"},
            {"bucketId": 11, "valueId": None},
        ],
    }


def test_a_payload_that_creates_leaves_out_what_is_empty() -> None:
    changes = [
        Change(path="username", before=None, after="zoe"),
        Change(path="employee_number", before=None, after=None),
        Change(path="buckets.9", before=None, after=None),
    ]
    assert fields.payload(changes, creating=True) == {"username": "zoe"}


def test_a_payload_refuses_a_path_the_lms_has_no_field_for() -> None:
    with pytest.raises(ValueError, match="no field"):
        fields.payload([Change(path="status", before="active", after="inactive")])


def test_a_code_that_may_echo_something_personal_is_not_passed_on() -> None:
    answer = {"failed": [{"personId": 4, "code": "zoë@example.org"}]}
    assert fields.members_changed(answer).failed == {4: "unreadable_code"}
