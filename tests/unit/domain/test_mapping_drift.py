"""Where the mapping disagrees with the LMS, and what of it can be used all the same."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.mapping import MappedBucket, MappedGroup
from shared.domain.mapping_drift import Drift, drift, lost_guards, usable
from shared.domain.snapshot import Group
from tests.fakes.people import (
    CLERK,
    HIGH,
    JOB,
    MIDDLE,
    ROOM,
    TEACHER,
    UNMANAGED,
    a_mapping,
    a_reference,
)


def test_a_mapping_the_lms_agrees_with_has_no_drift() -> None:
    assert drift(a_mapping(), a_reference()) == []
    assert usable(a_mapping(), a_reference()) == a_mapping()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"district": MappedGroup(id=7, name="Gone")},
         "group 'Gone' (7) does not exist in ASCIP"),
        ({"sites": {"010": MappedGroup(id=HIGH, name="Old High")}},
         "group 402 is called 'Lincoln High' in ASCIP, 'Old High' in the mapping"),
        ({"buckets": (MappedBucket(id=7, name="Gone", column="c"),)},
         "bucket 'Gone' (7) does not exist in ASCIP"),
        ({"buckets": (MappedBucket(id=JOB, name="Job", column="c"),)},
         "bucket 9 is called 'Job Class' in ASCIP, 'Job' in the mapping"),
        ({"buckets": (MappedBucket(id=JOB, name="Job Class", column="c", values={"Cook": 7}),)},
         "value of bucket 'Job Class' 'Cook' (7) does not exist in ASCIP"),
        ({"role_default": "Wizard"}, "role 'Wizard' does not exist in ASCIP"),
        ({"role_values": {"x": "Wizard"}}, "role 'Wizard' does not exist in ASCIP"),
        ({"timezone_default": "Mars"}, "time zone 'Mars' does not exist in ASCIP"),
    ],
)  # fmt: skip
def test_what_is_gone_or_renamed_is_said(values: dict[str, Any], words: str) -> None:
    found = drift(a_mapping(**values), a_reference())
    assert [each.words for each in found] == [words]
    assert found[0].lost == words.endswith("does not exist in ASCIP")


def test_composition_and_the_case_of_a_role_are_no_drift() -> None:
    groups = a_reference().groups | {MIDDLE: Group(id=MIDDLE, name="Cafe\u0301 ")}  # type: ignore[operator]  # a dict
    mapping = a_mapping(
        sites={"020": MappedGroup(id=MIDDLE, name="Caf\u00e9")}, role_default="LEARNER"
    )
    assert drift(mapping, a_reference(groups=groups)) == []


def test_without_its_district_group_nothing_of_a_mapping_is_usable() -> None:
    assert usable(a_mapping(district=MappedGroup(id=7, name="Gone")), a_reference()) is None


def test_what_is_gone_becomes_unmapped_and_nothing_takes_its_place() -> None:
    gone = MappedGroup(id=7, name="Gone")
    old = MappedBucket(
        id=JOB, name="Job Class", column="job_title",
        values={"Teacher": TEACHER, "Cook": 7}, aliases={"Tchr": "Teacher", "Chef": "Cook"},
    )  # fmt: skip
    emptied = MappedBucket(id=JOB, name="Job Class", column="other", values={"Cook": 7})
    room = MappedBucket(id=ROOM, name="Room", column="room")
    lost = MappedBucket(id=77, name="Lost", column="lost")
    mapping = a_mapping(sites={"010": gone, "020": MappedGroup(id=MIDDLE, name="M")},
                        buckets=(old, emptied, room, lost))  # fmt: skip
    kept = usable(mapping, a_reference())
    assert kept is not None
    assert set(kept.sites) == {"020"}
    assert kept.buckets == (
        replace(old, values={"Teacher": TEACHER}, aliases={"Tchr": "Teacher"}), room,
    )  # fmt: skip
    assert kept.buckets[0].by_word == {"teacher": TEACHER, "tchr": TEACHER}
    assert kept.sha256 == mapping.sha256


def test_a_renamed_protected_role_is_drift() -> None:
    mapping = a_mapping(protected_roles=frozenset({"superuser"}))
    assert [each.words for each in drift(mapping, a_reference())] == [
        "role 'superuser' does not exist in ASCIP"
    ]
    assert lost_guards(mapping, a_reference()) == ["superuser"]
    assert lost_guards(a_mapping(), a_reference()) == []


def test_a_role_name_that_stands_twice_means_neither() -> None:
    roles = {**a_reference().roles, 7: "LEARNER"}
    (found,) = drift(a_mapping(), a_reference(roles=roles))
    assert found == Drift("role 'Learner' stands 2 times in ASCIP: none is taken", lost=True)


def test_a_guard_may_stand_twice_and_means_both() -> None:
    roles = {**a_reference().roles, 7: "Administrator"}
    assert drift(a_mapping(), a_reference(roles=roles)) == []


def test_a_second_group_or_value_of_that_name_is_told_and_the_id_is_kept() -> None:
    groups = {**a_reference().groups, 7: Group(id=7, name="lincoln high")}
    job = replace(
        a_reference().buckets[JOB], values={TEACHER: "Teacher", CLERK: "Clerk", 7: "Clerk"}
    )
    found = drift(a_mapping(), a_reference(groups=groups, buckets={JOB: job}))
    assert [(each.words, each.lost) for each in found] == [
        (f"group 'Lincoln High' stands 2 times in ASCIP; {HIGH} is taken", False),
        (f"value of bucket 'Job Class' 'Clerk' stands 2 times in ASCIP; {CLERK} is taken", False),
    ]


def test_a_former_group_that_is_gone_is_no_longer_ours() -> None:
    kept = usable(a_mapping(former_groups={UNMANAGED: "Book club", 7: "Gone"}), a_reference())
    assert kept is not None
    assert kept.former_groups == {UNMANAGED: "Book club"}
