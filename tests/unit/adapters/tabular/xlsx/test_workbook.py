"""Which sheet is read, and which workbooks are not opened at all."""

import pytest

from shared.adapters.tabular.xlsx.limits import Limits
from shared.ports.reader import BlankRecord
from tests.unit.adapters.tabular.xlsx.workbooks import (
    HEADER,
    Xml,
    opened,
    parts,
    people,
    person,
    read,
    refusal,
    related,
    row,
    sheet,
    strings,
    values,
    workbook,
    zipped,
)

PEOPLE = people(row(2, *person(1)))
CALC = "application/vnd.openxmlformats-officedocument.spreadsheetml."
EXCEL = "application/vnd.ms-excel."


def test_the_one_visible_sheet_with_content_is_read_wherever_it_stands() -> None:
    empty = sheet('<row r="1"><c r="A1" s="0"/></row>')
    assert len(read(workbook(empty, PEOPLE, empty))) == 1


def test_two_visible_sheets_with_content_are_refused() -> None:
    refused = refusal(workbook(PEOPLE, sheet(row(9, "", "note"))))
    assert refused.code == "several_sheets"
    assert "2 visible sheets" in str(refused)


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_are_counted_and_not_read(state: str) -> None:
    extract = opened(zipped(parts(PEOPLE, PEOPLE, states=["visible", state])))
    assert dict(extract.hidden) == {"hidden_sheets": 1}
    assert refusal(zipped(parts(PEOPLE, states=[state]))).code == "empty"


def test_a_workbook_without_content_is_empty() -> None:
    assert refusal(workbook(sheet())).code == "empty"
    assert refusal(workbook(sheet(row(3, " "), '<row r="4"/>'))).code == "empty"


def test_a_header_alone_has_no_rows() -> None:
    assert refusal(workbook(people('<row r="2"><c r="A2"/></row>'))).code == "no_rows"


def test_a_sheet_that_only_shows_a_chart_is_no_data_sheet() -> None:
    contents = parts(PEOPLE, sheet())
    contents["xl/_rels/workbook.xml.rels"] = related(
        ("sheet1", "worksheet", "worksheets/sheet1.xml"), ("sheet2", "chartsheet", "nowhere.xml")
    )
    assert len(read(zipped(contents))) == 1


def test_sheets_are_limited() -> None:
    hidden = ["visible", *["hidden"] * 100]
    assert len(read(zipped(parts(PEOPLE, *[sheet()] * 99, states=hidden)))) == 1
    assert refusal(zipped(parts(PEOPLE, *[sheet()] * 100, states=hidden))).code == "too_large"


def test_shared_texts_are_limited() -> None:
    data = workbook(PEOPLE, strings=strings("<t>ab</t>", "<t>cd</t>"))
    opened(data, limits=Limits(strings=2, strings_characters=4))
    assert refusal(data, Limits(strings=1)).code == "too_large"
    assert refusal(data, Limits(strings_characters=3)).code == "too_large"


@pytest.mark.parametrize(
    "kind",
    [f"{EXCEL}sheet.macroEnabled.main+xml", f"{EXCEL}template.macroEnabled.main+xml"],
)
def test_workbooks_with_macros_are_refused(kind: str) -> None:
    refused = refusal(zipped(parts(PEOPLE, workbook_type=kind)))
    assert refused.code == "unsafe_workbook"
    assert "macros" in str(refused)


@pytest.mark.parametrize("name", ["xl/vbaProject.bin", "XL/VBAPROJECT.BIN", "other/vbaProject.bin"])
def test_macros_are_found_in_a_workbook_that_says_it_has_none(name: str) -> None:
    assert refusal(zipped(parts(PEOPLE) | {name: ""})).code == "unsafe_workbook"


@pytest.mark.parametrize("kind", [f"{EXCEL}macrosheet+xml", "application/vnd.ms-office.vbaProject"])
def test_macros_are_found_by_the_type_of_any_part(kind: str) -> None:
    contents = parts(PEOPLE)
    contents["[Content_Types].xml"] = contents["[Content_Types].xml"].replace(
        "</Types>", f'<Override PartName="/x" ContentType="{kind}"/></Types>'
    )
    assert refusal(zipped(contents)).code == "unsafe_workbook"


def test_a_template_without_macros_is_read() -> None:
    assert len(read(zipped(parts(PEOPLE, workbook_type=f"{CALC}template.main+xml")))) == 1


def test_links_to_other_workbooks_are_never_followed() -> None:
    """The value that was saved counts; the part that holds the link isn't even parsed."""
    linked = Xml('<c r="@" t="str"><f>[1]Sheet1!A1</f><v>Ann</v></c>')
    contents = parts(people(row(2, "E1", linked, *person(1)[2:])))
    contents["xl/externalLinks/externalLink1.xml"] = "<!DOCTYPE x>"
    assert values(read(zipped(contents)), "first_name") == ["Ann"]


@pytest.mark.parametrize("part", ["xl/_rels/workbook.xml.rels", "_rels/.rels"])
def test_a_workbook_whose_parts_are_elsewhere_is_refused(part: str) -> None:
    contents = parts(PEOPLE)
    contents[part] = contents[part].replace("Internal", "External")
    assert refusal(zipped(contents)).code in {"unsafe_workbook", "not_text"}


@pytest.mark.parametrize(
    "missing", ["xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels", "xl/workbook.xml"]
)
def test_a_missing_part_is_damage(missing: str) -> None:
    contents = parts(PEOPLE)
    del contents[missing]
    assert refusal(zipped(contents)).code == "damaged_workbook"


def test_a_relation_that_leads_out_of_the_workbook_finds_nothing() -> None:
    contents = parts(PEOPLE)
    contents["xl/_rels/workbook.xml.rels"] = related(("sheet1", "worksheet", "../../../etc/passwd"))
    assert refusal(zipped(contents)).code == "damaged_workbook"


@pytest.mark.parametrize("target", ["/xl/worksheets/sheet1.xml", "../xl/worksheets/SHEET1.xml"])
def test_relations_may_be_absolute_and_in_another_case(target: str) -> None:
    contents = parts(PEOPLE)
    contents["xl/_rels/workbook.xml.rels"] = related(("sheet1", "worksheet", target))
    assert len(read(zipped(contents))) == 1


def test_two_lists_of_shared_texts_are_damage() -> None:
    contents = parts(PEOPLE, strings=strings("<t>a</t>"))
    rels = "xl/_rels/workbook.xml.rels"
    contents[rels] = related(
        ("sheet1", "worksheet", "worksheets/sheet1.xml"),
        ("a", "sharedStrings", "strings.xml"),
        ("b", "sharedStrings", "strings.xml"),
    )
    assert refusal(zipped(contents)).code == "damaged_workbook"


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ({"a.txt": "x"}, "a ZIP archive"),
        ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, "OpenDocument"),
        ({"mimetype": "text/plain"}, "a ZIP archive"),
        ({"Index/Document.iwa": ""}, "Numbers"),
        (parts(PEOPLE, workbook_type=f"{EXCEL}sheet.binary.macroEnabled.main"), "XLSB"),
        (parts(PEOPLE, workbook_type=f"{CALC.replace('spread', 'x')}x"), "another kind"),
        (
            parts(PEOPLE, workbook_type=f"{CALC.replace('spreadsheetml', 'wordprocessingml')}x"),
            "Word",
        ),
    ],
)
def test_a_zip_that_is_no_workbook_is_told_what_it_is(contents: dict[str, str], words: str) -> None:
    refused = refusal(zipped(contents))
    assert refused.code == "not_text"
    assert words in str(refused)


def test_a_workbook_can_be_read_again() -> None:
    extract = opened(workbook(people(row(3, *person(1)))))
    assert list(extract.records()) == list(extract.records())
    assert isinstance(next(extract.records()), BlankRecord)
    assert extract.columns == set(HEADER)
