"""The rows of one sheet as a stream: one pass over its XML, a few hundred rows in memory at a time."""

import re
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from shared.adapters.tabular.faults import MAX_COLUMNS
from shared.adapters.tabular.xlsx.cells import Cells
from shared.adapters.tabular.xlsx.limits import (
    LAST_COLUMN,
    LAST_ROW,
    Limits,
    damaged,
    too_large,
)
from shared.adapters.tabular.xlsx.markup import SPREADSHEET, Attributes, Element, Markup
from shared.adapters.tabular.xlsx.strings import check_text
from shared.adapters.tabular.xlsx.values import Doubt

_REFERENCE = re.compile("([A-Z]{1,3})([1-9][0-9]{0,6})")
_RANGE = re.compile(f"{_REFERENCE.pattern}(?::{_REFERENCE.pattern})?")


@dataclass(slots=True)
class Row:
    """A row of a sheet: its cells from column A on, as far as they have content."""

    number: int
    hidden: bool
    cells: list[str] = field(default_factory=list)
    #: What speaks against a cell, by column index.
    doubts: dict[int, Doubt] = field(default_factory=dict)
    #: Content stands beyond the columns that are read.
    beyond: bool = False

    @property
    def blank(self) -> bool:
        """Whether no cell has content."""
        return not (self.doubts or self.beyond or any(map(str.strip, self.cells)))


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells merged into one; rows from 1, columns from 0, both ends belong to it."""

    first_row: int
    last_row: int
    first_column: int


class Sheet:
    """Reads one sheet, once."""

    def __init__(self, cells: Cells, limits: Limits) -> None:
        """Nothing is read yet."""
        self._cells, self._limits = cells, limits
        #: Indexes of hidden columns, complete before the first row.
        self.hidden_columns: set[int] = set()
        #: Complete after the last row.
        self.merges: list[Merge] = []
        self._ready: list[Row] = []
        self._row = Row(0, hidden=False)
        self._row_digits = "0"
        self._cell: Attributes = {}
        self._column = -1
        self._pieces: list[str] = []
        self._has_text = self._formula = self._rows_hidden = False
        self._count = 0

    def rows(self, chunks: Iterable[bytes]) -> Generator[Row, None, None]:
        """All rows the sheet writes down, also those without content; rows may be missing between.

        Raises:
            InputInvalid: `damaged_workbook`, `unsafe_workbook`, `too_large`.
        """
        for _ in Markup("the sheet", SPREADSHEET, self._elements()).read(chunks):
            check_text(self._pieces, self._limits)
            if self._count > self._limits.cells:
                raise too_large("its cells", self._limits.cells)
            yield from self._ready
            self._ready.clear()

    def _elements(self) -> dict[str, Element]:
        text = Element(self._begin_text, text=self._pieces.append)
        return {
            "worksheet/sheetFormatPr": Element(self._defaults),
            "worksheet/cols/col": Element(self._columns),
            "worksheet/sheetData/row": Element(self._begin_row, self._end_row),
            "worksheet/sheetData/row/c": Element(self._begin_cell, self._end_cell),
            "worksheet/sheetData/row/c/f": Element(self._begin_formula),
            "worksheet/sheetData/row/c/v": text,
            "worksheet/sheetData/row/c/is/t": text,
            "worksheet/sheetData/row/c/is/r/t": text,
            "worksheet/mergeCells/mergeCell": Element(self._merge),
        }

    def _defaults(self, attributes: Attributes) -> None:
        self._rows_hidden = _is_true(attributes.get("zeroHeight"))

    def _columns(self, attributes: Attributes) -> None:
        if _is_true(attributes.get("hidden")):
            first, last = (_row_number(attributes.get(end, "")) for end in ("min", "max"))
            self.hidden_columns.update(range(first - 1, min(last, MAX_COLUMNS)))

    def _begin_row(self, attributes: Attributes) -> None:
        at = attributes.get("r")
        number = self._row.number + 1 if at is None else _row_number(at)
        if not self._row.number < number <= LAST_ROW:
            raise damaged("the rows of the sheet are not in order")
        hidden = attributes.get("hidden")
        self._row = Row(number, self._rows_hidden if hidden is None else _is_true(hidden))
        self._row_digits, self._column = str(number), -1

    def _end_row(self) -> None:
        self._ready.append(self._row)

    def _begin_cell(self, attributes: Attributes) -> None:
        self._cell = attributes
        self._has_text = self._formula = False
        self._pieces.clear()
        at = attributes.get("r")
        column = self._column + 1 if at is None else self._column_of(at)
        if not self._column < column < LAST_COLUMN:
            raise damaged("the cells of a row are not in order")
        self._column = column

    def _column_of(self, reference: str) -> int:
        if not reference.endswith(self._row_digits):
            raise damaged("a cell names another row than its own")
        return column_index(reference[: -len(self._row_digits)])

    def _begin_formula(self, _attributes: Attributes) -> None:
        self._formula = True

    def _begin_text(self, _attributes: Attributes) -> None:
        self._has_text = True

    def _end_cell(self) -> None:
        self._count += 1
        text = "".join(self._pieces) if self._has_text else None
        if text is None and not self._formula:
            return
        content, doubt = self._cells.content(self._cell, text, formula=self._formula)
        row, column = self._row, self._column
        if not content and doubt is None:
            return
        if column >= MAX_COLUMNS:
            row.beyond = True
            return
        row.cells += [""] * (column - len(row.cells))
        row.cells.append(content)
        if doubt is not None:
            row.doubts[column] = doubt

    def _merge(self, attributes: Attributes) -> None:
        found = _RANGE.fullmatch(attributes.get("ref", ""))
        if found is None:
            raise damaged("merged cells have no place")
        if found[4]:
            self.merges.append(Merge(int(found[2]), int(found[4]), column_index(found[1])))
        if len(self.merges) > self._limits.merges:
            raise too_large("its merged cells", self._limits.merges)


@lru_cache(maxsize=LAST_COLUMN)
def column_index(letters: str) -> int:
    """Index from 0 of a column named by letters.

    Raises:
        InputInvalid: `damaged_workbook`.
    """
    index = 0
    if re.fullmatch("[A-Z]{1,3}", letters):
        for letter in letters:
            index = index * 26 + ord(letter) - 64
    if not 0 < index <= LAST_COLUMN:
        raise damaged("a cell stands in no column")
    return index - 1


def _is_true(text: str | None) -> bool:
    return text in ("1", "true", "on")


def _row_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 8):
        raise damaged("a row or column has no number")
    return int(text)
