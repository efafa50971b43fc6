"""CSV cells that a spreadsheet can't take for formulas."""

import csv
import io
import re

import pytest

from shared.adapters.reports.cells import Cell, CsvRows, safe


@pytest.mark.parametrize("first", list("=+-@\t\r\n＝＋－＠"))  # noqa: RUF001  # the point
def test_what_begins_like_a_formula_gets_an_apostrophe(first: str) -> None:
    assert safe(f"{first}cmd|' /C calc'!A0") == f"'{first}cmd|' /C calc'!A0"


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, ""), ("", ""), ("O'Neil", "O'Neil"), ("a=b", "a=b"), ("007", "007"), (7, "7"),
     (0, "0"), (True, "true"), (False, "false")],
)  # fmt: skip
def test_other_cells_stay_as_they_are(cell: Cell, text: str) -> None:
    assert safe(cell) == text


def test_quotes_delimiters_and_line_ends_survive_a_reader() -> None:
    stream = io.StringIO(newline="")
    rows = CsvRows(stream, ("a", "b"))
    rows.write(['he said "no", twice', "two\r\nlines"])
    assert stream.getvalue().startswith('"a","b"\r\n')
    assert stream.getvalue().endswith("\r\n")
    read = list(csv.reader(io.StringIO(stream.getvalue(), newline="")))
    assert read == [["a", "b"], ['he said "no", twice', "two\r\nlines"]]
    assert rows.count == 1


def test_a_row_of_another_width_than_the_header_is_refused() -> None:
    with pytest.raises(ValueError, match="1 cells, its header 2"):
        CsvRows(io.StringIO(), ("a", "b")).write(["a"])


@pytest.mark.parametrize("cell", ["=1", "'=1", "''@x", "'", "'a", "O'Neil", "", "＝1", "'\t"])  # noqa: RUF001  # the point
def test_an_apostrophe_taken_away_gives_back_what_was_written(cell: str) -> None:
    """Of cells that begin with apostrophes and a formula; no other one gets any."""
    written = safe(cell)
    marked = re.match("'+[=+\\-@\t\r\n＝＋－＠]", written)  # noqa: RUF001  # the point
    assert (written[1:] if marked else written) == cell


def test_a_list_separator_of_another_country_begins_no_cell() -> None:
    stream = io.StringIO(newline="")
    CsvRows(stream, ("a", "b")).write(["x;=1+1", "y"])
    assert stream.getvalue().endswith('"x;=1+1","y"\r\n')
