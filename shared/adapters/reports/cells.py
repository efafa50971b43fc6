"""CSV that a spreadsheet can open without harm: RFC 4180, CRLF, every cell quoted, no formulas."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Protocol

#: First characters that a spreadsheet may take for a formula (OWASP, CSV injection), with the
#: full-width forms some of them fold to ASCII. An apostrophe before one of them gets another one, so
#: that whoever reads a cell that begins so may take one away and has what was written.
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")  # noqa: RUF001  # the full-width forms are the point

#: Characters that are handed on at once.
_BLOCK = 1 << 16

Cell = str | int | bool | None


class Text(Protocol):
    """Takes text."""

    def write(self, text: str, /) -> object: ...


class CsvRows:
    """Writes rows to an open text file, its header first.

    All cells are in quotes: where a list separator is a semicolon, one inside a cell would else begin
    another, with whatever follows it.
    """

    def __init__(self, stream: Text, columns: Sequence[str]) -> None:
        self._csv = csv.writer(stream, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
        self._width = len(columns)
        self.count = 0
        self._csv.writerow([safe(column) for column in columns])

    def write(self, row: Sequence[Cell]) -> None:
        """Write one row, as wide as the header."""
        if len(row) != self._width:
            raise ValueError(f"a row has {len(row)} cells, its header {self._width}")
        self._csv.writerow([safe(cell) for cell in row])
        self.count += 1

    def write_all(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write rows as they come."""
        for row in rows:
            self.write(row)


def streamed(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The same as bytes, as rows come; with the mark that tells spreadsheets it is UTF-8."""
    text = StringIO()
    text.write("\ufeff")
    table = CsvRows(text, columns)
    for row in rows:
        table.write(row)
        if text.tell() > _BLOCK:
            yield _taken(text)
    yield _taken(text)


def _taken(text: StringIO) -> bytes:
    held = text.getvalue().encode("utf-8", "backslashreplace")
    text.seek(0)
    text.truncate()
    return held


def safe(cell: Cell) -> str:
    """Text of a cell; a leading `'` keeps what looks like a formula from being one."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case int():
            return str(cell)
        case str():
            return f"'{cell}" if _FORMULA.match(cell) else cell
