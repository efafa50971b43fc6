"""The mapping file: what is read and what is refused."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.errors import ConfigInvalid
from shared.domain.feeds.staff import CORE
from shared.domain.mapping import MappedGroup, parse_mapping
from tests.fakes.people import (
    CLERK,
    DISTRICT,
    HIGH,
    JOB,
    ROOM,
    TEACHER,
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
        ("version", None, "mapping: version is missing"),
        ("version", 0, "version must be a whole number from 1"),
        ("groups", None, "mapping: groups is missing"),
        ("groups/district/id", None, "groups.district.id is missing"),
        ("groups/sites/010/name", None, "groups.sites.010.name is missing"),
        ("groups/sites/010/id", "402", "groups.sites.010.id must be a whole number"),
        ("groups/sites/010/id", 402.7, "groups.sites.010.id must be a whole number"),
        ("groups/sites/010/id", True, "groups.sites.010.id must be a whole number"),
        ("groups/sites", ["010"], "groups.sites must be a table"),
        ("groups/sites/ ", {"id": 1, "name": "A"}, "groups.sites has a blank key"),
        ("groups/sites/010 ", {"id": 1, "name": "A"}, "groups.sites has '010' twice"),
        ("protectd", {}, r"protectd is not a key \(did you mean protected\?\)"),
        ("buckets/Job Class/column", None, "buckets.Job Class.column is missing"),
        ("buckets/Job Class/values/Teacher/id", None, "values.Teacher.id is missing"),
        ("buckets/Title", {"id": JOB, "column": "title"}, "'Job Class' and 'Title' have one id"),
        ("buckets/Room/column", "\t", "control characters"),
        ("roles/values", {"PRIN": "Manager", "prin": "Learner"}, "roles.values has 'prin' twice"),
        ("buckets/Job Class/values/Clerk/aliases", ["Tchr"], "'Tchr'.*stands for two values"),
        ("buckets/Job Class/values/Clerk/aliases", ["TCHR"], "stands for two values"),
        ("buckets/Job Class/values/Clerk/aliases", ["teacher"], "stands for two values"),
        ("buckets/Job Class/values/Clerk/aliases", "Office", "must be a list"),
        ("protected/usernames", "boss@lincoln.example", "must be a list"),
        ("protected/roles", [" "], "protected.roles has a blank word"),
        ("protected/roles", "Administrator", "must be a list"),
        ("privileged_roles", "Administrator", "must be a list"),
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


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(ConfigInvalid) as refused:
        parse_mapping('{"version": "1", "group": {}, "privileged_roles": [3]}')
    for words in ("version must be", "group is not a key", "groups is missing", "roles.1 must be"):
        assert words in str(refused.value)


def test_what_a_file_holds_is_not_repeated() -> None:
    """A message goes to logs, and a mapping may name people."""
    with pytest.raises(ConfigInvalid) as refused:
        parse_mapping(changed("protected/usernames", [["boss@lincoln.example"]]))
    assert "boss" not in str(refused.value)


@pytest.mark.parametrize("text", ["[]", "3", '"mapping"', "null"])
def test_json_that_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(ConfigInvalid, match="is not a mapping"):
        parse_mapping(text)


def test_text_that_is_not_json_is_refused_with_line_and_column() -> None:
    with pytest.raises(ConfigInvalid, match="line 2, column 3"):
        parse_mapping('{"version": 1,\n  oops}')


def test_a_key_that_stands_twice_is_refused() -> None:
    """The second site would hide the first."""
    text = (
        '{"version": 1, "groups": {"district": {"id": 1, "name": "D"},'
        ' "sites": {"010": {"id": 2, "name": "A"}, "010": {"id": 3, "name": "B"}}}}'
    )
    with pytest.raises(ConfigInvalid, match="'010' stands twice"):
        parse_mapping(text)


@pytest.mark.parametrize("column", sorted(CORE))
def test_a_column_of_the_feed_itself_fills_no_bucket(column: str) -> None:
    """It would read as blank in every row, and clear the bucket of everybody."""
    with pytest.raises(ConfigInvalid, match=f"buckets.Room.column is '{column}'"):
        parse_mapping(changed("buckets/Room/column", column))
