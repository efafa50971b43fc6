"""Whatever bytes come: a refusal with a code, or rows that were in the workbook; never another error."""

import io
import zipfile
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.tabular.reader import ExtractReader
from shared.domain.errors import InputInvalid
from shared.domain.feeds.staff import header_dictionary
from shared.domain.violation import RULES
from shared.ports.reader import Dialect, SoundRecord
from tests.unit.adapters.tabular.xlsx.workbooks import (
    number,
    parts,
    people,
    person,
    row,
    strings,
    styles,
    typed,
    zipped,
)

ROWS = [row(at, *person(at)[:4], typed("s", 0)) for at in range(2, 6)]
PARTS = parts(
    people(*ROWS, row(7, number(7, 1), *person(7)[1:])),
    styles=styles(0, "0000"),
    strings=strings("<t>010</t>"),
)
SOUND = zipped(PARTS)
PLAIN = zipped(PARTS, zipfile.ZIP_STORED)
PEOPLE = {person(at)[0]: list(person(at)) for at in range(2, 6)}


def accepted(data: bytes) -> list[list[str]]:
    """The sound rows; none of a file that is refused as it should be."""
    try:
        extract = ExtractReader().open(
            partial(io.BytesIO, data), Dialect(), header_dictionary([], {})
        )
        return [list(r.values.values()) for r in extract.records() if isinstance(r, SoundRecord)]
    except InputInvalid as error:
        if not RULES[error.code].refuses_file:
            raise
        return []


def test_the_workbook_is_sound_before_anybody_touches_it() -> None:
    assert accepted(SOUND) == accepted(PLAIN) == list(PEOPLE.values())


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), min_size=1, max_size=4)
)
def test_changed_bytes_of_a_packed_workbook_make_no_other_row(
    changes: list[tuple[int, int]],
) -> None:
    data = bytearray(SOUND)
    for at, byte in changes:
        data[at] = byte
    for cells in accepted(bytes(data)):
        assert cells == PEOPLE[cells[0]]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(PLAIN)), st.integers(0, len(PLAIN)))
def test_a_stretch_taken_out_makes_no_other_row(start: int, end: int) -> None:
    for cells in accepted(PLAIN[: min(start, end)] + PLAIN[max(start, end) :]):
        assert cells == PEOPLE[cells[0]]


@settings(max_examples=300, deadline=None)
@given(
    part=st.sampled_from(sorted(PARTS)),
    start=st.floats(0, 1),
    length=st.integers(0, 40),
    put=st.sampled_from(
        ["", "<", ">", '"', "<c>", "</c>", "<v>1</v>", "&#0;", "&lt;", "\ud7ff", "9" * 30]
    ),
)
def test_damaged_markup_ends_in_a_refusal_or_in_rows(
    part: str, start: float, length: int, put: str
) -> None:
    """Sound containers around broken parts; what rows such markup has is what it says."""
    text = PARTS[part]
    at = int(start * len(text))
    accepted(zipped(PARTS | {part: text[:at] + put + text[at + length :]}))


@pytest.mark.parametrize("size", range(0, len(SOUND), 37))
def test_a_workbook_cut_anywhere_is_refused(size: int) -> None:
    assert accepted(SOUND[:size]) == []
