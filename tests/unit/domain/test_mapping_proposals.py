"""The file of proposals: what is written, what is read again, and what it makes of a mapping."""

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.errors import ConfigInvalid
from shared.domain.mapping import mapping_of, parse_mapping
from shared.domain.mapping_coverage import Part
from shared.domain.mapping_proposals import Proposal, accepted, proposals_document, read_proposals
from shared.domain.mapping_suggest import Meaning, Scored, Suggestion
from tests.fakes.people import CLERK, MIDDLE, TEACHER
from tests.unit.domain.test_mapping import FILE

SITE = Proposal(number=1, part=Part.SITE, bucket=None, value="020", target=(MIDDLE, "Middle"))
TITLE = Proposal(
    number=2, part=Part.BUCKET, bucket="Job Class", value="Office", target=(CLERK, "Clerk")
)
ROLE = Proposal(number=3, part=Part.ROLE, bucket=None, value="VP", target=(2, "Manager"))


def a_document(**values: Any) -> dict[str, Any]:
    meaning = Scored(meaning=Meaning(id=MIDDLE, name="Middle"), score=0.94, rule="similar")
    found = Suggestion(
        part=Part.SITE, bucket=None, value="020", rows=7, best=meaning, runner_up=meaning
    )
    none = Suggestion(part=Part.BUCKET, bucket="Job Class", value="Cook", rows=1)
    return {**proposals_document(parse_mapping(json.dumps(FILE)), [found, none]), **values}


def test_what_is_written_is_read_again() -> None:
    read = read_proposals(json.dumps(a_document()))
    assert (read.version, read.mapping_sha256) == (3, parse_mapping(json.dumps(FILE)).sha256)
    assert read.items == (
        replace(SITE, rows=7),
        Proposal(number=2, part=Part.BUCKET, bucket="Job Class", value="Cook", target=None, rows=1),
    )


def test_the_file_shows_score_rule_rows_and_runner_up() -> None:
    first = a_document()["proposals"][0]
    assert (first["score"], first["rule"], first["rows"], first["preselected"]) == (
        0.94, "similar", 7, False,
    )  # fmt: skip
    assert first["runner_up"] == {"id": MIDDLE, "name": "Middle", "score": 0.94, "rule": "similar"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "line 1"),
        ("[]", "must be a table"),
        (json.dumps(a_document(proposals=[{"number": 1, "part": "site"}])), "value is missing"),
        (json.dumps(a_document(proposals=[{"number": 1, "part": "car", "value": "x"}])), "a part"),
        (
            json.dumps(a_document(proposals=[{"number": 1, "part": "role", "value": "x"}] * 2)),
            "twice",
        ),
    ],
)
def test_what_is_no_file_of_proposals_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigInvalid, match=words) as refused:
        read_proposals(text)
    assert refused.value.code == "proposals_invalid"
    assert "not changed" in str(refused.value)


def test_accepted_proposals_stand_in_a_new_version_and_the_rest_stays() -> None:
    before = json.dumps(FILE)
    made = accepted(FILE, [SITE, TITLE, ROLE], 4)
    assert json.dumps(FILE) == before, "the old version is not touched"
    mapping = mapping_of(made)
    assert (mapping.version, mapping.sites["020"].id) == (4, MIDDLE)
    job = next(bucket for bucket in mapping.buckets if bucket.name == "Job Class")
    assert job.by_word["office"] == CLERK
    assert mapping.role_values == {"prin": "Manager", "vp": "Manager"}
    assert list(made) == list(FILE)
    assert made["$schema"] == FILE["$schema"]


def test_a_value_that_ascip_calls_so_is_a_value_and_no_alias() -> None:
    cook = replace(TITLE, value="Cook", target=(57, "Cook"))
    values = accepted(FILE, [cook], 4)["buckets"]["Job Class"]["values"]
    assert values["Cook"] == {"id": 57}


def test_a_spelling_goes_to_the_value_with_that_id_whatever_its_name_is_now() -> None:
    renamed = replace(TITLE, value="Instr", target=(TEACHER, "Instructor"))
    values = accepted(FILE, [renamed], 4)["buckets"]["Job Class"]["values"]
    assert values["Teacher"]["aliases"] == ["Tchr", "Instr"]


def test_roles_are_made_where_there_are_none() -> None:
    bare = {key: value for key, value in FILE.items() if key != "roles"}
    assert accepted(bare, [ROLE], 4)["roles"] == {"values": {"VP": "Manager"}}


@pytest.mark.parametrize(
    "wrong",
    [
        replace(SITE, target=None),
        replace(TITLE, bucket="Shoe Size"),
        replace(SITE, part=Part.TIMEZONE),
    ],
)
def test_what_can_t_be_taken_is_refused_by_its_number(wrong: Proposal) -> None:
    with pytest.raises(ConfigInvalid, match=f"Proposal {wrong.number} .*not changed"):
        accepted(FILE, [wrong], 4)
