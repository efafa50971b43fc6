"""What changed between two versions of the mapping, in words."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.mapping import MappedBucket, MappedGroup
from shared.domain.mapping_diff import differences
from tests.fakes.people import CLERK, HIGH, JOB, ROOM, a_mapping

(JOBS,) = a_mapping().buckets
SITES = a_mapping().sites


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"district": MappedGroup(id=7, name="Other")},
         "district group: group 'Lincoln USD' (101) -> 'Other' (7)"),
        ({"sites": {**SITES, "030": MappedGroup(id=7, name="New")}}, "site '030' added: 'New' (7)"),
        ({"sites": {"010": SITES["010"]}}, "site '020' removed: 'Lincoln Middle' (403)"),
        ({"sites": {**SITES, "010": MappedGroup(id=7, name="A")}},
         f"site '010': group 'Lincoln High' ({HIGH}) -> 'A' (7)"),
        ({"sites": {**SITES, "010": MappedGroup(id=HIGH, name="A")}},
         f"site '010': group {HIGH} is called 'A', was 'Lincoln High'"),
        ({"buckets": ()}, "bucket 'Job Class' removed"),
        ({"buckets": (JOBS, MappedBucket(id=ROOM, name="Room", column="room"))},
         f"bucket 'Room' added: {ROOM}, from column 'room'"),
        ({"buckets": (replace(JOBS, id=7),)}, f"bucket 'Job Class': id: {JOB} -> 7"),
        ({"buckets": (replace(JOBS, column="title"),)},
         "bucket 'Job Class': column: job_title -> title"),
        ({"buckets": (replace(JOBS, values={**JOBS.values, "Clerk": 7}),)},
         f"bucket 'Job Class': value 'Clerk': {CLERK} -> 7"),
        ({"buckets": (replace(JOBS, aliases={"Tchr": "Teacher", "T": "Teacher"}),)},
         "bucket 'Job Class': alias 'T' added: Teacher"),
        ({"buckets": (replace(JOBS, aliases={}),)},
         "bucket 'Job Class': alias 'Tchr' removed: Teacher"),
        ({"role_default": None}, "default role: Learner -> none"),
        ({"role_values": {"prin": "Learner"}}, "role word 'prin': Manager -> Learner"),
        ({"timezone_default": "UTC"}, "default time zone: America/Los_Angeles -> UTC"),
        ({"protected_usernames": frozenset({"boss"})}, "protected username 'boss' added"),
        ({"protected_roles": frozenset({"boss"})}, "protected role 'boss' added"),
        ({"privileged_roles": frozenset()}, "privileged role 'administrator' removed"),
    ],
)  # fmt: skip
def test_each_change_has_its_words(values: dict[str, Any], words: str) -> None:
    assert differences(a_mapping(), a_mapping(**values)) == [words]


def test_what_means_the_same_has_no_difference() -> None:
    assert differences(a_mapping(), a_mapping(version=2, sha256="bb" * 32)) == []
