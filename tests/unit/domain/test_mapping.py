"""The mapping file: what is read, what is refused, and where it disagrees with the LMS."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.errors import ConfigInvalid
from shared.domain.mapping import MappedBucket, MappedGroup, drift, parse_mapping, usable
from shared.domain.snapshot import Group
from tests.fakes.people import (
    CLERK,
    DISTRICT,
    HIGH,
    JOB,
    MIDDLE,
    ROOM,
    TEACHER,
    a_mapping,
    a_reference,
)

FILE: dict[str, Any] = {
    "$schema": "mapping.schema.json",
    "version": 3,
    "groups": {
        "district": {"id": DISTRICT, "name": "Lincoln USD"},
        "sites": {"010": {"id": HIGH, "name": "Lincoln High"}},
    },
    "buckets": {
        "Room": {"id": ROOM, "column": "room"},
        "Job Class": {
            "id": JOB,
            "column": "job_title",
            "values": {"Teacher": {"id": TEACHER, "aliases": ["Tchr"]}, "Clerk": {"id": CLERK}},
        },
    },
    "roles": {"default": "Learner", "values": {"PRIN": "Manager"}},
    "timezones": {"default": "America/Los_Angeles"},
    "protected": {"usernames": ["Boss@Lincoln.example"], "roles": ["Administrator"]},
    "privileged_roles": ["Administrator"],
}


def changed(path: str, value: object) -> str:
    """The file with one value replaced; `None` removes it."""
    data = copy.deepcopy(FILE)
    *above, last = path.split("/")
    table = data
    for name in above:
        table = table[name]
    if value is None:
        del table[last]
    else:
        table[last] = value
    return json.dumps(data)


def test_a_mapping_is_read_whole() -> None:
    mapping = parse_mapping(json.dumps(FILE))
    assert mapping == replace(mapping, version=3, sha256=mapping.sha256)
    assert (mapping.district, mapping.sites) == (
        MappedGroup(id=DISTRICT, name="Lincoln USD"),
        {"010": MappedGroup(id=HIGH, name="Lincoln High")},
    )
    job, room = mapping.buckets
    assert (job.name, job.column, job.is_text) == ("Job Class", "job_title", False)
    assert job.by_word == {"teacher": TEACHER, "tchr": TEACHER, "clerk": CLERK}
    assert (room.name, room.is_text) == ("Room", True)
    assert mapping.role_values == {"prin": "Manager"}
    assert (mapping.role_default, mapping.timezone_default) == ("Learner", "America/Los_Angeles")
    assert mapping.protected_usernames == {"boss@lincoln.example"}
    assert mapping.protected_roles == mapping.privileged_roles == {"administrator"}
    assert mapping.attribute_columns == {"job_title", "room"}
    assert mapping.managed_groups == {DISTRICT: "Lincoln USD", HIGH: "Lincoln High"}


def test_version_and_groups_are_all_a_mapping_needs() -> None:
    bare = {"version": 1, "groups": {"district": {"id": 1, "name": "D"}, "sites": {}}}
    mapping = parse_mapping(json.dumps(bare))
    assert (mapping.buckets, mapping.role_default, mapping.protected_usernames) == (
        (), None, frozenset(),
    )  # fmt: skip


def test_leading_zeros_of_site_codes_are_kept() -> None:
    assert set(parse_mapping(json.dumps(FILE)).sites) == {"010"}


def test_the_hash_is_of_the_content_not_of_the_file() -> None:
    plain = parse_mapping(json.dumps(FILE)).sha256
    again = {name: FILE[name] for name in reversed(FILE)} | {"$schema": "elsewhere.json"}
    assert parse_mapping(json.dumps(again, indent=4)).sha256 == plain
    assert parse_mapping(changed("roles/default", "Manager")).sha256 != plain


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("version", None, "'version' is missing"),
        ("groups", None, "'groups' is missing"),
        ("groups/district/id", None, "'id' is missing"),
        ("groups/sites/010/name", None, "'name' is missing"),
        ("groups/sites/010/id", "many", "many"),
        ("groups/sites/010/id", 402.7, "402.7 is not an id"),
        ("groups/sites/010/id", True, "True is not an id"),
        ("groups/sites", ["010"], "is not a mapping"),
        ("buckets/Job Class/column", None, "'column' is missing"),
        ("buckets/Job Class/values/Teacher/id", None, "'id' is missing"),
        ("buckets/Job Class/values/Clerk/aliases", ["Tchr"], "'Tchr'.*stands for two values"),
        ("buckets/Job Class/values/Clerk/aliases", ["TCHR"], "stands for two values"),
        ("buckets/Job Class/values/Clerk/aliases", ["teacher"], "stands for two values"),
        ("buckets/Job Class/values/Clerk/aliases", "Office", "list of words"),
        ("protected/usernames", "boss@lincoln.example", "list of words"),
        ("protected/roles", "Administrator", "list of words"),
        ("privileged_roles", "Administrator", "list of words"),
    ],
)
def test_what_is_not_a_mapping_is_refused_with_the_place(
    path: str, value: object, words: str
) -> None:
    """A word where a list belongs would protect its letters, and nobody."""
    with pytest.raises(ConfigInvalid, match=words) as refused:
        parse_mapping(changed(path, value))
    assert refused.value.code == "mapping_invalid"
    assert "Nothing was started." in str(refused.value)


@pytest.mark.parametrize("text", ["[]", "3", '"mapping"', "null"])
def test_json_that_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(ConfigInvalid, match="is not a mapping"):
        parse_mapping(text)


def test_text_that_is_not_json_is_refused_with_line_and_column() -> None:
    with pytest.raises(ConfigInvalid, match="line 2, column 3"):
        parse_mapping('{"version": 1,\n  oops}')


# Drift


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
    assert drift(a_mapping(**values), a_reference()) == [words]


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


def test_a_key_that_stands_twice_is_refused() -> None:
    """The second site would hide the first."""
    text = (
        '{"version": 1, "groups": {"district": {"id": 1, "name": "D"},'
        ' "sites": {"010": {"id": 2, "name": "A"}, "010": {"id": 3, "name": "B"}}}}'
    )
    with pytest.raises(ConfigInvalid, match="'010' twice"):
        parse_mapping(text)


def test_a_renamed_protected_role_is_drift() -> None:
    mapping = a_mapping(protected_roles=frozenset({"superuser"}))
    assert "role 'superuser' does not exist in ASCIP" in drift(mapping, a_reference())
