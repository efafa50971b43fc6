"""What cells hold, as a person would have typed it; and what a spreadsheet did to identifiers."""

import pytest

from tests.unit.adapters.tabular.xlsx.workbooks import (
    Record,
    Xml,
    number,
    parts,
    people,
    person,
    read,
    refusal,
    row,
    strings,
    styles,
    typed,
    values,
    violations,
    workbook,
    zipped,
)

#: A column for what is no identifier.
FREE = "first_name"
#: `employee_id`.
ID = 0


def in_free(cell: str, *formats: str | int, properties: str = "") -> list[Record]:
    """What comes of a cell in a column that is no identifier."""
    cells = (person(1)[0], cell, *person(1)[2:])
    return read(
        zipped(parts(people(row(2, *cells)), styles=styles(0, *formats), properties=properties))
    )


def in_id(cell: str, *formats: str | int) -> list[Record]:
    """What comes of a cell in the column of the employee's number."""
    return read(workbook(people(row(2, cell, *person(1)[1:])), styles=styles(0, *formats)))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("12345", "12345"),
        ("0", "0"),
        ("-7", "-7"),
        ("12345.0", "12345"),
        ("1.2E3", "1200"),
        ("0.1", "0.1"),
        ("0.30000000000000004", "0.3"),
        ("1E-7", "0.0000001"),
        ("1e+20", "100000000000000000000"),
        ("999999999999999", "999999999999999"),
        ("2.5", "2.5"),
    ],
)
def test_numbers_are_written_with_the_digits_a_spreadsheet_keeps(written: str, text: str) -> None:
    assert values(in_free(number(written)), FREE) == [text]


@pytest.mark.parametrize(
    "written", ["abc", "NaN", "INF", "1E999", "007", "+5", " 5", "9" * 65, "٣"]
)
def test_what_is_no_number_is_damage_wherever_it_stands(written: str) -> None:
    assert violations(in_free(number(written))) == [(2, "excel_damage", FREE)]


@pytest.mark.parametrize(
    ("serial", "text"),
    [
        ("1", "1900-01-01"),
        ("59", "1900-02-28"),
        ("61", "1900-03-01"),
        ("45292", "2024-01-01"),
        ("45292.75", "2024-01-01"),
        ("2958465", "9999-12-31"),
    ],
)
@pytest.mark.parametrize("code", [14, 17, 31, "yyyy-mm-dd", "[$-409]d\\-mmm\\-yy;@", "mmmm"])
def test_dates_are_iso_dates_under_whatever_date_format(
    serial: str, text: str, code: str | int
) -> None:
    assert values(in_free(number(serial, 1), code), FREE) == [text]


@pytest.mark.parametrize("serial", ["0", "60", "-1", "2958466", "1E15", "0.5"])
def test_what_is_no_day_is_damage(serial: str) -> None:
    assert violations(in_free(number(serial, 1), 14)) == [(2, "excel_damage", FREE)]


@pytest.mark.parametrize(
    ("serial", "code", "text"),
    [
        ("45292.75", 22, "2024-01-01T18:00:00"),
        ("45292", 22, "2024-01-01"),
        ("45292.0000001", "yyyy-mm-dd hh:mm", "2024-01-01"),
        ("45292.999999999", "yyyy-mm-dd hh:mm", "2024-01-02"),
        ("0.75", 20, "18:00:00"),
        ("0.75", "h:mm AM/PM", "18:00:00"),
        ("1.5", "[h]:mm", "1.5"),
    ],
)
def test_a_time_is_given_where_the_format_shows_one(
    serial: str, code: str | int, text: str
) -> None:
    assert values(in_free(number(serial, 1), code), FREE) == [text]


@pytest.mark.parametrize("flag", ["1", "true"])
@pytest.mark.parametrize(("serial", "text"), [("0", "1904-01-01"), ("43830", "2024-01-01")])
def test_dates_are_counted_from_1904_where_the_workbook_says_so(
    flag: str, serial: str, text: str
) -> None:
    found = in_free(number(serial, 1), 14, properties=f'date1904="{flag}"')
    assert values(found, FREE) == [text]


@pytest.mark.parametrize(
    "code", ["General", "0", "#,##0.00", "0%", '"day" 0', "[Red]0", '0 "months"', "\\d0", "@"]
)
def test_a_format_without_a_date_changes_no_number(code: str) -> None:
    assert values(in_free(number("12", 1), code), FREE) == ["12"]


def test_zeros_that_a_format_shows_are_part_of_a_value_that_is_no_identifier() -> None:
    assert values(in_free(number("42", 1), "0000"), FREE) == ["0042"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (typed("b", 1), "TRUE"),
        (typed("b", 0), "FALSE"),
        (typed("d", "2024-01-01"), "2024-01-01"),
        (typed("d", "2024-01-01T00:00:00"), "2024-01-01"),
        (typed("d", "2024-01-01T18:30:00"), "2024-01-01T18:30:00"),
        (typed("str", "a_x0041_b"), "aAb"),
    ],
)
def test_other_types_become_text(cell: str, text: str) -> None:
    assert values(in_free(cell), FREE) == [text]


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#DIV/0!"])
def test_errors_are_damage(error: str) -> None:
    assert violations(in_free(typed("e", error))) == [(2, "excel_damage", FREE)]


@pytest.mark.parametrize("cell", [typed("b", 2), typed("d", "soon")])
def test_values_that_are_none_of_their_type_are_damage(cell: str) -> None:
    assert violations(in_free(cell)) == [(2, "excel_damage", FREE)]


def test_a_cell_of_no_known_type_damages_the_workbook() -> None:
    assert refusal(workbook(people(row(2, typed("x", 1))))).code == "damaged_workbook"


def test_a_formula_counts_by_the_value_that_was_saved() -> None:
    saved = Xml('<c r="@" t="str"><f>A1</f><v>Ann</v></c>')
    assert values(in_free(saved), FREE) == ["Ann"]
    assert values(in_free(Xml('<c r="@"><f>1+1</f><v>2</v></c>')), FREE) == ["2"]
    assert values(in_free(Xml('<c r="@" t="str"><f>""</f><v></v></c>')), FREE) == [""]


@pytest.mark.parametrize(
    "cell",
    [
        Xml('<c r="@"><f>A1</f></c>'),
        Xml('<c r="@"><f>A1</f><v></v></c>'),
        Xml('<c r="@" t="str"><f>A1</f></c>'),
        Xml('<c r="@" t="e"><f>A1</f></c>'),
    ],
)
def test_a_formula_without_a_value_is_a_violation_of_its_row(cell: str) -> None:
    assert violations(in_free(cell)) == [(2, "formula_without_value", FREE)]


def test_shared_and_rich_texts_are_what_one_reads() -> None:
    shared = strings(
        '<t xml:space="preserve">  a  b </t>',
        "<r><t>Zo</t></r><r><rPr><b/></rPr><t>ë</t></r>",
        '<t>課</t><rPh sb="0" eb="1"><t>カ</t></rPh><phoneticPr/>',
        "<t>l_x000A_m_x005F_x000A_n</t>",
        "<t>_xD83D__xDE00__xD83D_</t>",
        "",
    )
    cells = (typed("s", at) for at in range(6))
    rows = [row(at, f"E{at}", cell, *person(at)[2:]) for at, cell in enumerate(cells, 2)]
    found = read(workbook(people(*rows), strings=shared))
    assert values(found, FREE) == ["  a  b ", "Zoë", "課", "l\nm_x000A_n", "😀\ufffd", ""]


def test_inline_rich_text_leaves_out_how_it_is_spoken() -> None:
    cell = '<c r="@" t="inlineStr"><is><r><t>Zo</t></r><r><t>ë</t></r><rPh><t>x</t></rPh></is></c>'
    assert values(in_free(Xml(cell)), FREE) == ["Zoë"]


@pytest.mark.parametrize("index", ["1", "-1", "x", "99999999999", ""])
def test_a_shared_text_that_is_not_there_damages_the_workbook(index: str) -> None:
    cell = Xml(f'<c r="@" t="s"><v>{index}</v></c>')
    data = workbook(people(row(2, *person(1)[:4], cell)), strings=strings("<t>a</t>"))
    if index:
        assert refusal(data).code == "damaged_workbook"
    else:
        assert values(read(data), "site_code") == [""]


def test_a_style_that_is_not_there_damages_the_workbook() -> None:
    data = workbook(people(row(2, *person(1)[:4], number(1, style=1))), styles=styles(0))
    assert refusal(data).code == "damaged_workbook"


@pytest.mark.parametrize("code", [0, 1, 49, "General", "0", "#", "@", "0_ ", "00000"])
def test_an_identifier_shown_as_it_is_is_taken_as_its_digits(code: str | int) -> None:
    assert values(in_id(number("12345", 1), code), "employee_id") == ["12345"]


@pytest.mark.parametrize(
    "code", ["000000", 3, 11, 14, 22, 20, "0%", '"E"0', "#,##0", "0.00", "mmm-yy"]
)
def test_an_identifier_shown_otherwise_than_it_is_is_damage(code: str | int) -> None:
    assert violations(in_id(number("12345", 1), code)) == [(2, "excel_damage", "employee_id")]


@pytest.mark.parametrize(
    "cell",
    [
        number("1234567890123456"),
        number("1.5"),
        number("1.23457E+15"),
        number("007"),
        typed("b", 1),
        typed("d", "2024-01-01"),
        typed("e", "#N/A"),
    ],
)
def test_an_identifier_that_lost_what_was_typed_is_damage(cell: str) -> None:
    assert violations(in_id(cell)) == [(2, "excel_damage", "employee_id")]


def test_fifteen_digits_are_kept() -> None:
    assert values(in_id(number("123456789012345")), "employee_id") == ["123456789012345"]


def test_a_damaged_identifier_is_not_among_the_values_that_name_the_row() -> None:
    (record,) = in_id(number("42", 1), "00000")
    assert "employee_id" not in record.values  # type: ignore[union-attr]  # it is damaged
    assert record.values["work_email"] == person(1)[3]  # type: ignore[union-attr]  # as above
