"""The workbook: what a spreadsheet shows is what was written, and nothing in it runs."""

import io
import zipfile
from collections.abc import Sequence

import pytest

from shared.adapters.reports.cells import Cell
from shared.adapters.reports.workbook import MOST_UNITS, Workbook
from shared.adapters.tabular.xlsx.limits import Limits
from shared.adapters.tabular.xlsx.workbook import Workbook as ReadWorkbook

FILE = "actions.csv"


def made(*rows: Sequence[Cell], most_rows: int = 100) -> bytes:
    """A workbook of one sheet, whose header is as wide as its first row."""
    book = Workbook(most_rows)
    sheet = book.sheet("actions", [f"column_{n}" for n in range(len(rows[0]))], file=FILE)
    for row in rows:
        sheet.write(row)
    out = io.BytesIO()
    book.write(out)
    return out.getvalue()


def read(content: bytes) -> list[list[str]]:
    """The rows below the header, as our own reader of workbooks has them."""
    book = ReadWorkbook(content, Limits())
    return [row.cells for row in book.rows(book.data_sheet().part)][1:]


@pytest.mark.parametrize(
    "text",
    [
        "Núñez", " padded ", "two\nlines", "line\r\nend", "tab\there", "<b>&amp;</b>", "]]>", "_x000D_",
        "\x00\x1f\x7f", "\ufffe\uffff", "\U0001f600", "x" * MOST_UNITS,
    ],
)  # fmt: skip
def test_text_comes_back_as_it_was(text: str) -> None:
    assert read(made([text, "next"])) == [[text, "next"]]


def test_half_a_character_costs_no_report() -> None:
    assert read(made(["a\ud800b"])) == [["a\ufffdb"]]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "＝1", "'=1"])  # noqa: RUF001
def test_what_looks_like_a_formula_is_disarmed_as_in_csv(text: str) -> None:
    content = made([text])
    assert read(content) == [[f"'{text}"]]
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_numbers_stay_numbers_as_far_as_a_spreadsheet_keeps_their_digits() -> None:
    content = made([12, 10**15 - 1, 10**15, None, "", True])
    assert read(content) == [["12", "9" * 15, "1" + "0" * 15, "", "", "TRUE"]]
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<v>999999999999999</v>" in sheet
    assert "<v>1000000000000000</v>" not in sheet


@pytest.mark.parametrize("text", ["x" * (MOST_UNITS + 1), "\U0001f600" * (MOST_UNITS // 2 + 1)])
def test_a_text_no_cell_can_hold_is_cut_and_says_so(text: str) -> None:
    [[cell]] = read(made([text]))
    assert cell.endswith("the CSV file has all of it)")
    assert text.startswith(cell.partition(" … (cut")[0])
    assert MOST_UNITS - 2 <= len(cell.encode("utf-16-le")) // 2 <= MOST_UNITS


@pytest.mark.parametrize(("rows", "kept", "beyond"), [(8, 8, 0), (9, 8, 1), (30, 8, 22)])
def test_rows_beyond_a_sheet_are_counted_in_its_last_one(rows: int, kept: int, beyond: int) -> None:
    found = read(made(*[[n] for n in range(rows)], most_rows=10))
    told = [[f"{beyond} more rows don't fit on a sheet: {FILE} has all."]] if beyond else []
    assert found == [[str(n)] for n in range(kept)] + told


def test_wide_tables_name_their_columns_as_spreadsheets_do() -> None:
    with zipfile.ZipFile(io.BytesIO(made(list(range(28))))) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert [f'r="{name}2"' in sheet for name in ("A", "Z", "AA", "AB")] == [True] * 4
    assert '<autoFilter ref="A1:AB2"/>' in sheet


def test_a_sheet_for_each_table_in_their_order_and_no_macro() -> None:
    book = Workbook()
    for name in ("actions", "changes", "a name that is longer than a sheet may have"):
        book.sheet(name, ["id"], file=FILE).write([1])
    out = io.BytesIO()
    book.write(out)
    with zipfile.ZipFile(out) as parts:
        listed = parts.read("xl/workbook.xml").decode()
        assert [listed.index(name) for name in ("actions", "changes")] == sorted(
            listed.index(name) for name in ("actions", "changes")
        )
        assert 'name="a name that is longer than a sh"' in listed
        assert sorted(parts.namelist()) == [
            "[Content_Types].xml", "_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
            "xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml",
            "xl/worksheets/sheet3.xml",
        ]  # fmt: skip
        # Excel takes no part whose size stands behind it, nor one of the large form.
        assert [
            info.flag_bits & 0x08 or info.extract_version > 20 for info in parts.infolist()
        ] == [False] * 8


def test_the_same_rows_give_the_same_bytes() -> None:
    assert made(["a", 1]) == made(["a", 1])
