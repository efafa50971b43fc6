"""XML that harms whoever parses it."""

import tracemalloc
import zipfile

import pytest

from tests.unit.adapters.tabular.xlsx.workbooks import (
    parts,
    people,
    person,
    read,
    refusal,
    row,
    sheet,
    strings,
    styles,
    values,
    workbook,
    zipped,
)

SHEET = "xl/worksheets/sheet1.xml"
FULL = parts(people(row(2, *person(1))), styles=styles(0), strings=strings("<t>a</t>"))
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("part", list(FULL))
@pytest.mark.parametrize(
    "dtd", ["<!DOCTYPE x>", LAUGHS, OUTSIDE, '<!DOCTYPE x SYSTEM "http://h.example/x">']
)
def test_a_document_type_in_any_part_is_refused(part: str, dtd: str) -> None:
    assert refusal(zipped(FULL | {part: dtd + FULL[part]})).code == "unsafe_workbook"


@pytest.mark.parametrize("part", list(FULL))
@pytest.mark.parametrize("content", ["", "<a>", "<a></b>", "&a;", "not markup", "\0"])
def test_a_part_that_is_no_markup_is_damaged(part: str, content: str) -> None:
    assert refusal(zipped(FULL | {part: content})).code == "damaged_workbook"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_parts_may_be_utf_8_or_utf_16(encoding: str) -> None:
    row_2 = row(2, "E1", "Zoë 😀", "Lee", "z@b.example", "010")
    contents = {name: text.encode(encoding) for name, text in parts(people(row_2)).items()}
    assert values(read(zipped(contents)), "first_name") == ["Zoë 😀"]


@pytest.mark.parametrize(
    "hostile",
    [
        f"<x a='{'y' * 3_000_000}'/>",
        f"<!--{'y' * 3_000_000}-->",
        "<x>" * 300_000,
        "<x>" * 101 + "</x>" * 101,
        "".join(f"<x{at}/>" for at in range(20_000)),
        "".join(f"<x a{at}='1'/>" for at in range(20_000)),
    ],
    ids=["attribute", "comment", "endless depth", "depth", "names", "attribute names"],
)
def test_markup_that_fills_the_memory_is_refused_before_it_does(hostile: str) -> None:
    data = zipped(parts(people(row(2, *person(1)), after=hostile)), zipfile.ZIP_STORED)
    tracemalloc.start()
    refused = refusal(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.code == "unsafe_workbook"
    assert peak < 40 << 20


def test_a_hundred_levels_of_what_nobody_reads_are_skipped() -> None:
    deep = people(row(2, *person(1)), after="<x>" * 100 + "</x>" * 100)
    assert len(read(workbook(deep))) == 1


def test_elements_count_only_where_they_belong() -> None:
    stray = "<row r='9'><c r='A9'><v>1</v></c></row>"
    inside = sheet(row(1, "a"), f"<x>{stray}</x>", before=stray, after=stray)
    assert refusal(workbook(inside)).code == "missing_header"


def test_a_text_nobody_could_have_typed_is_refused() -> None:
    longest = "x" * 32_767
    fits = people(row(2, "E1", longest, "Lee", "a@b.example", "010"))
    assert values(read(workbook(fits)), "first_name") == [longest]
    longer = people(row(2, "E1", longest + "x" * 100_000, "Lee", "a@b.example", "010"))
    assert refusal(workbook(longer)).code == "too_large"
    shared = parts(people(row(2, *person(1))), strings=strings(f"<t>{'x' * 200_000}</t>"))
    assert refusal(zipped(shared)).code == "too_large"
