"""The schema of a feed's records, held against payloads as cells give them, and against others."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.canonical import Json
from shared.domain.feeds.cell_values import read
from shared.domain.feeds.feed import Classification, Feed, Field, FieldKind
from shared.domain.feeds.feed_schema import feed_schema
from shared.domain.feeds.osha_inventory import OSHA_INVENTORY

SOUND: dict[str, Any] = {
    "inventory_id": "INV-1", "quantity": "2.5", "hazard_codes": ["H225", "H300+H310"],
    "signal_word": "Danger", "sds_revised_on": "2025-01-31", "record_status": "active",
}  # fmt: skip
ANY = Feed(
    name="any", title="Any", classification=Classification.OSHA_INVENTORY, source_id=("text",),
    fields=(
        Field(name="text", meaning="a text", required=True, longest=4, upper=True),
        Field(name="integer", meaning="a number", kind=FieldKind.INTEGER),
        Field(name="decimal", meaning="an amount", kind=FieldKind.DECIMAL),
        Field(name="date", meaning="a day", kind=FieldKind.DATE),
        Field(name="boolean", meaning="yes or no", kind=FieldKind.BOOLEAN),
        Field(name="list", meaning="letters", kind=FieldKind.LIST, upper=True),
        Field(name="legs", meaning="letters", kind=FieldKind.LIST, repeats=True),
        Field(name="days", meaning="days", kind=FieldKind.LIST, items=FieldKind.DATE),
    ),
    rules=(), retention_days=1,
)  # fmt: skip


def fits(payload: object, feed: Feed = OSHA_INVENTORY) -> bool:
    return jsonschema_rs.Draft7Validator(feed_schema(feed)).is_valid(payload)


def test_a_sound_record_fits() -> None:
    assert fits(SOUND)
    assert fits({"inventory_id": "INV-1"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("inventory_id", None), ("inventory_id", ""), ("inventory_id", 7), ("inventory_id", "x" * 101),
        ("quantity", 2.5), ("quantity", "2.50"), ("quantity", "02"), ("quantity", "-0"), ("quantity", "1e3"),
        ("quantity", ""), ("hazard_codes", "H225"), ("hazard_codes", []), ("hazard_codes", ["H225"] * 2),
        ("hazard_codes", [1]), ("hazard_codes", [str(n) for n in range(101)]), ("signal_word", "danger"),
        ("sds_revised_on", "01/31/2025"), ("sds_revised_on", "2025-13-01"), ("record_status", "gone"),
        ("colour", "red"),
    ],
)  # fmt: skip
def test_a_record_that_no_file_could_have_given_does_not(name: str, value: Json) -> None:
    assert not fits({**SOUND, name: value})


def test_without_its_source_id_it_is_no_record() -> None:
    assert not fits({name: value for name, value in SOUND.items() if name != "inventory_id"})


#: Texts that are read more often than any text would be.
CELLS = st.one_of(
    st.text(min_size=1, max_size=6),
    st.from_regex(r"[+-]?[0-9]{1,18}(\.[0-9]{1,9})?", fullmatch=True),
    st.dates().map(str),
    st.lists(st.sampled_from("abAB;"), min_size=1).map(";".join),
    st.sampled_from(["yes", "no", "0", "-0.0", "1.10", "\u00df\u00df\u00df"]),
)


@given(st.sampled_from(ANY.fields), CELLS)
def test_whatever_is_read_from_a_cell_fits(field: Field, text: str) -> None:
    value, _ = read(field, text, None)
    if value is not None:
        assert fits({"text": "A", field.name: value}, ANY), value
