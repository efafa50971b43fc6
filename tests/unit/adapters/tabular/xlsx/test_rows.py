"""Rows of a sheet as records: lines, gaps, widths, order, merges, hidden ones."""

import tracemalloc

import pytest

from shared.adapters.tabular.xlsx.limits import Limits
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.ports.reader import BlankRecord, DamagedRecord, SoundRecord
from tests.unit.adapters.tabular.xlsx.workbooks import (
    HEADER,
    Xml,
    number,
    opened,
    parts,
    people,
    person,
    read,
    refusal,
    row,
    sheet,
    strings,
    typed,
    values,
    violations,
    workbook,
    zipped,
)


def merged(*places: str) -> str:
    """What a sheet says of merged cells."""
    listed = (f'<mergeCell ref="{place}"/>' for place in places)
    return f"<mergeCells>{''.join(listed)}</mergeCells>"


def test_a_record_has_the_number_of_its_row() -> None:
    records = read(workbook(people(row(2, *person(1)), row(7, *person(2)))))
    assert [(type(r), r.row, r.line) for r in records] == [
        (SoundRecord, 1, 2),
        (BlankRecord, 2, 3),
        (SoundRecord, 3, 7),
    ]
    assert records[0].values == dict(zip(HEADER, person(1), strict=True))  # type: ignore[union-attr]


def test_rows_and_cells_may_come_without_their_place() -> None:
    cells = "".join(f'<c t="str"><v>{cell}</v></c>' for cell in person(1))
    assert values(read(workbook(people(f"<row>{cells}</row>"))), "site_code") == ["010"]


def test_rows_without_content_are_one_gap_and_none_at_the_end() -> None:
    empty = '<row r="3"><c r="A3"/><c r="B3" t="inlineStr"><is><t> </t></is></c></row><row r="4"/>'
    records = read(workbook(people(row(2, *person(1)), empty, row(5, *person(2)), row(9))))
    assert [type(r) for r in records] == [SoundRecord, BlankRecord, SoundRecord]


def test_cells_that_are_not_there_are_empty() -> None:
    short = row(2, "E1", "", "Lee")
    assert read(workbook(people(short)))[0].values == {  # type: ignore[union-attr]
        "employee_id": "E1", "first_name": "", "last_name": "Lee", "work_email": "", "site_code": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "wide"),
    [(("",) * 9, False), ((" ",), False), (("x",), True), (("", typed("e", "#REF!")), True)],
)
def test_content_beyond_the_header_is_a_wrong_width(more: tuple[str, ...], wide: bool) -> None:
    records = read(workbook(people(row(2, *person(1), *more))))
    assert violations(records) == ([(2, "width", None)] if wide else [])


def test_content_beyond_all_columns_is_a_wrong_width() -> None:
    far = row(2, *person(1)).replace("</row>", '<c r="XFD2"><v>1</v></c></row>')
    assert violations(read(workbook(people(far)))) == [(2, "width", None)]


def test_a_wide_row_keeps_all_its_cells() -> None:
    secret = sheet(
        row(1, *HEADER, "Password"),
        row(2, *person(1), "hunter2", "shifted"),
        row(3, number("1.5"), *person(2)[1:], "hunter3"),
    )
    wide, other = read(workbook(secret))
    assert isinstance(wide, DamagedRecord)
    assert isinstance(other, DamagedRecord)
    assert wide.values == {}
    assert b"hunter2" in wide.raw
    assert b"hunter3" not in other.raw
    assert person(2)[3].encode() in other.raw


def test_a_control_character_is_damage() -> None:
    cell = Xml('<c r="@" t="str"><v>A_x0000_nn</v></c>')
    records = read(workbook(people(row(2, "E1", cell, *person(1)[2:]))))
    assert violations(records) == [(2, "control_character", None)]


def test_a_header_that_stands_again_is_damage() -> None:
    records = read(workbook(people(row(2, *person(1)), row(3, *HEADER), row(4, *person(2)))))
    assert violations(records) == [(3, "repeated_header", None)]


def test_several_faults_of_a_row_are_all_listed() -> None:
    wrong = row(2, number("1.5"), typed("e", "#N/A"), *person(1)[2:], "more")
    assert violations(read(workbook(people(wrong)))) == [
        (2, "width", None),
        (2, "excel_damage", "employee_id"),
        (2, "excel_damage", "first_name"),
    ]


def test_damage_in_a_column_that_is_dropped_is_no_damage() -> None:
    dropped = sheet(row(1, *HEADER, "Notes"), row(2, *person(1), typed("e", "#N/A")))
    assert violations(read(workbook(dropped))) == []


def test_rows_with_merged_cells_are_damage() -> None:
    rows = [row(at, *person(at)) for at in range(2, 10)]
    found = read(workbook(people(*rows, after=merged("A3:B3", "E5:E7", "C9"))))
    assert [(line, code) for line, code, _ in violations(found)] == [
        (line, "merged_cells") for line in (3, 5, 6, 7)
    ]


def test_cells_merged_beside_or_above_the_table_are_of_no_account() -> None:
    title = sheet(
        row(1, "Staff of Lincoln"),
        row(2, *HEADER),
        row(3, *person(1)),
        after=merged("A1:E1", "F2:H9", "A4:E4"),
    )
    assert violations(read(workbook(title))) == [(1, "before_header", None)]


def test_a_merged_header_is_unsound() -> None:
    data = workbook(people(row(2, *person(1)), after=merged("A1:B1")))
    assert refusal(data).code == "unsound_header"


@pytest.mark.parametrize("place", ["", "A1:", "1:2", "A0:B0"])
def test_merged_cells_without_a_place_damage_the_workbook(place: str) -> None:
    data = workbook(people(row(2, *person(1)), after=merged(place)))
    assert refusal(data).code == "damaged_workbook"


@pytest.mark.parametrize(
    "rows",
    [
        row(3, "a") + row(2, "b"),
        row(2, "a") + row(2, "b"),
        '<row r="0"/>',
        '<row r="1048577"/>',
        '<row r="x"/>',
        '<row r="2"><c r="B2"/><c r="A2"/></row>',
        '<row r="2"><c r="A2"/><c r="A2"/></row>',
        '<row r="2"><c r="A3"/></row>',
        '<row r="2"><c r="XFE2"/></row>',
        '<row r="2"><c r="AAAA2"/></row>',
        '<row r="2"><c r="2"/></row>',
        '<row r="2"><c r="a2"/></row>',
    ],
)
def test_rows_and_cells_out_of_order_or_place_damage_the_workbook(rows: str) -> None:
    assert refusal(workbook(people(rows))).code == "damaged_workbook"


def test_the_last_row_and_column_of_a_sheet_are_read_without_those_between() -> None:
    last = row(1_048_576, *person(1)).replace("</row>", '<c r="XFD1048576"/></row>')
    data = workbook(people(last, before='<dimension ref="A1:XFD1048576"/>'))
    tracemalloc.start()
    records = read(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [(type(r), r.line) for r in records] == [(BlankRecord, 2), (SoundRecord, 1_048_576)]
    assert peak < 2 << 20


def test_hidden_rows_and_columns_are_data_and_are_counted() -> None:
    rows = [row(at, *person(at), attributes='hidden="1"' if at > 3 else "") for at in range(2, 6)]
    columns = (
        '<cols><col min="2" max="3" hidden="1"/><col min="9" max="16384" hidden="true"/></cols>'
    )
    extract = opened(workbook(people(*rows, '<row r="9" hidden="1"/>', before=columns)))
    assert len(list(extract.records())) == 4
    assert dict(extract.hidden) == {"hidden_rows": 2, "hidden_columns": 2}


def test_rows_can_be_hidden_by_default() -> None:
    rows = row(2, *person(1)) + row(3, *person(2), attributes='hidden="0"')
    extract = opened(workbook(people(rows, before='<sheetFormatPr zeroHeight="1"/>')))
    assert dict(extract.hidden) == {"hidden_rows": 2}  # the header is one of them


def test_text_above_the_header_is_told_and_the_header_found() -> None:
    above = sheet(row(2, "Staff", "2026"), row(4, *HEADER), row(5, *person(1)))
    records = read(workbook(above))
    assert [(type(r), r.row, r.line) for r in records] == [
        (BlankRecord, 1, 1),
        (DamagedRecord, 2, 2),
        (BlankRecord, 3, 3),
        (SoundRecord, 4, 5),
    ]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (("employee_id", "first_name"), "missing_header"),
        ((*HEADER, "Work Email"), "duplicate_header"),
        ((*HEADER, typed("e", "#REF!")), "unsound_header"),
        ((*HEADER, Xml('<c r="@"><f>A1</f></c>')), "unsound_header"),
        ((*HEADER, typed("str", "a_x0001_")), "unsound_header"),
        ((*HEADER, *[""] * 1018, "x", "y"), "too_large"),
    ],
)
def test_headers_are_refused_as_those_of_text(header: tuple[str, ...], code: str) -> None:
    assert refusal(workbook(sheet(row(1, *header), row(2, *person(1))))).code == code


def test_empty_cells_behind_the_header_are_no_columns() -> None:
    data = workbook(sheet(row(1, *HEADER, " ", ""), row(2, *person(1))))
    assert violations(read(data)) == []


def test_a_header_contract_holds_for_workbooks_too() -> None:
    data = workbook(sheet(row(1, "b", "a"), row(2, "1", "2")))
    records = read(data, HeaderDictionary.exactly(["b", "a"]))
    assert values(records, "a") == ["2"]


def test_another_table_below_is_not_taken_for_people() -> None:
    rows = [row(at, *person(at)) for at in range(2, 30)]
    second = [row(32, "Site", "Name", "Phone", "Fax", "Zip")]
    second += [
        row(at, "Adams", "Elementary", "555-0101", "555-0102", "90210") for at in range(33, 40)
    ]
    found = read(workbook(people(*rows, *second)))
    assert len(values(found, "employee_id")) == 28
    assert {line for line, *_ in violations(found)} == set(range(32, 40))


def test_damage_in_a_row_says_nothing_of_its_neighbours() -> None:
    rows = [row(at, *person(at)) for at in range(2, 30)]
    rows[10] = row(12, typed("e", "#N/A"), *person(12)[1:])
    rows[11] = row(13, "", *person(13)[1:])
    found = read(workbook(people(*rows)))
    assert [line for line, *_ in violations(found)] == [12]


@pytest.mark.parametrize(("more", "codes"), [("xx", []), ("xxx", ["line_too_long"])])
def test_a_row_of_more_text_than_a_row_may_have_is_damage(more: str, codes: list[str]) -> None:
    columns = HeaderDictionary.exactly(["a", "b", "c"])
    long = sheet(row(1, "a", "b", "c"), row(2, typed("s", 0), typed("s", 0), more))
    records = read(workbook(long, strings=strings(f"<t>{'x' * 32_767}</t>")), columns)
    assert [code for _, code, _ in violations(records)] == codes


def test_a_long_text_that_every_cell_names_takes_no_memory_for_each() -> None:
    cells = [typed("s", 0), typed("s", 0), "E"]
    rows = [row(at, *cells) for at in range(2, 1102)]
    data = workbook(sheet(row(1, "a", "b", "c"), *rows), strings=strings(f"<t>{'x' * 32_000}</t>"))
    tracemalloc.start()
    found = values(read(data, HeaderDictionary.exactly(["a", "b", "c"])), "c")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == 1100
    assert peak < 100 << 20


@pytest.mark.parametrize(("cells", "refused"), [(10, False), (9, True)])
def test_a_sheet_has_as_many_cells_as_the_limit(cells: int, refused: bool) -> None:
    data, limits = workbook(people(row(2, *person(1)))), Limits(cells=cells)
    if refused:
        assert refusal(data, limits).code == "too_large"
    else:
        opened(data, limits=limits)


@pytest.mark.parametrize(("merges", "refused"), [(2, False), (1, True)])
def test_a_sheet_has_as_many_merged_cells_as_the_limit(merges: int, refused: bool) -> None:
    data = workbook(people(row(2, *person(1)), after=merged("A8:B8", "A9:B9")))
    if refused:
        assert refusal(data, Limits(merges=merges)).code == "too_large"
    else:
        opened(data, limits=Limits(merges=merges))


def test_a_strict_workbook_is_read_too() -> None:
    """ISO/IEC 29500 strict: other namespaces, the same words."""
    strict = {
        name: text.replace(
            "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            "http://purl.oclc.org/ooxml/spreadsheetml/main",
        ).replace(
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            "http://purl.oclc.org/ooxml/officeDocument/relationships",
        )
        for name, text in parts(people(row(2, *person(1)))).items()
    }
    assert len(read(zipped(strict))) == 1
