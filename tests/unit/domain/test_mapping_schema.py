"""What the published schema refuses the parser refuses, and the other way."""

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.domain.errors import ConfigInvalid
from shared.domain.json_schema import faults
from shared.domain.mapping import parse_mapping, read_document
from shared.domain.mapping_schema import MAPPING_SCHEMA
from tests.unit.domain.test_mapping import FILE

WITNESS = jsonschema_rs.Draft7Validator(MAPPING_SCHEMA)

#: Anything JSON can hold, with the words that the schema looks for among the keys.
WORDS = st.sampled_from(
    ["version", "groups", "district", "sites", "id", "name", "010", "buckets", "column", "values",
     "aliases", "roles", "default", "protected", "usernames", "$schema", "other", "", "a\nb", "a\n"]
)  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers(-2, 2**54) | st.sampled_from([0.5, 3.0]) | WORDS
    | st.text(max_size=3) | st.sampled_from(["x" * 255, "x" * 256])
)  # fmt: skip
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4)
)


def places(data: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a document."""
    inner = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    return [at, *(p for key, value in inner for p in places(value, (*at, key)))]


def with_value(data: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[place[0]] = with_value(copy[place[0]], place[1:], value)
    return copy


def refused(document: Any) -> bool:
    try:
        read_document(json.dumps(document))
    except ConfigInvalid:
        return True
    return False


def test_the_schema_is_a_sound_one_of_draft_07() -> None:
    jsonschema_rs.meta.validate(MAPPING_SCHEMA)
    assert MAPPING_SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"


@settings(max_examples=150)
@given(place=st.sampled_from(places(FILE)), value=ANYTHING)
@example(place=("roles", "default"), value="a\n")
@example(place=("version",), value=True)
@example(place=("version",), value=3.0)
@example(place=("version",), value=2**31)
@example(place=("buckets", "Room", "id"), value=2**53)
def test_a_file_with_anything_in_any_place(place: tuple[Any, ...], value: Any) -> None:
    document = with_value(FILE, place, value)
    assert refused(document) is not WITNESS.is_valid(document)


@settings(max_examples=150)
@given(place=st.sampled_from(places(FILE)), key=WORDS, value=ANYTHING)
def test_a_file_with_one_key_more_in_any_table(
    place: tuple[Any, ...], key: str, value: Any
) -> None:
    table: Any = FILE
    for step in place:
        table = table[step]
    if isinstance(table, dict):
        document = with_value(FILE, place, {**table, key: value})
        assert refused(document) is not WITNESS.is_valid(document)


@pytest.mark.parametrize("place", [p for p in places(FILE) if p], ids=str)
def test_a_file_without_any_one_thing(place: tuple[Any, ...]) -> None:
    *above, last = place
    table: Any = FILE
    for step in above:
        table = table[step]
    kept = {k: v for k, v in table.items() if k != last} if isinstance(table, dict) else []
    document = with_value(FILE, tuple(above), kept)
    assert refused(document) is not WITNESS.is_valid(document)


def test_every_fault_names_its_place() -> None:
    wrong = {**FILE, "version": True, "roles": {"default": "", "values": {"PRIN": 3}}}
    assert faults(MAPPING_SCHEMA, wrong) == [
        "version must be a whole number",
        "roles.default must have 1 to 255 characters",
        "roles.values.PRIN must be text",
    ]


def test_every_key_explains_itself_to_an_editor() -> None:
    def described(schema: dict[str, Any]) -> None:
        for name, key in schema.get("properties", {}).items():
            assert "description" in key or "$ref" in key, name
            described(key)

    for part in (MAPPING_SCHEMA, *MAPPING_SCHEMA["definitions"].values()):
        described(part)


def test_the_form_is_all_that_a_sound_file_needs() -> None:
    assert WITNESS.is_valid(FILE)
    assert parse_mapping(json.dumps(FILE)).version == FILE["version"]
