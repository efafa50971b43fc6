"""Tables as one XLSX workbook: a sheet each, text and whole numbers, nothing that could run.

Sheets are filled side by side, row by row, and held packed until the workbook is written
(docs/decisions/0032-archives-and-exports.md).
"""

import io
import re
from collections.abc import Sequence
from xml.sax.saxutils import escape
from zipfile import ZipFile

from shared.adapters.reports.cells import Cell, safe
from shared.adapters.reports.zipped import Packed, Zip
from shared.ports.shelf import Sink

#: A sheet could have 1,048,576 rows, but of so many none can be worked with, and each costs memory here.
MOST_ROWS = 200_000
#: Of a sheet's part, unpacked: beyond 2 GiB the form would be one that spreadsheet programs refuse.
_MOST_BYTES = 1 << 30
#: Limits of Excel: UTF-16 units of a cell, letters of a sheet's name, digits of a number.
MOST_UNITS = 32_767
_NAME_LETTERS = 31
_EXACT = 10**15
_CUT = " … (cut: a cell of a workbook holds no more; the CSV file has all of it)"
#: What XML 1.0 can't hold, a line end it would change, and what looks like the escape for these.
_ESCAPED = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
#: Most texts are short and have nothing of that, nor of markup.
_SHORT = MOST_UNITS // 2
_SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_x")
_WIDE = re.compile("[\U00010000-\U0010ffff]")
_ROWS_AT_ONCE = 500

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font/><font><b/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs></styleSheet>'
)
#: The header stays in sight, and each column can be filtered.
_HEAD = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1"'
    ' topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    '<cols><col min="1" max="{width}" width="18" customWidth="1"/></cols><sheetData>'
)
_TAIL = '</sheetData><autoFilter ref="A1:{last}{rows}"/></worksheet>'


class SheetRows:
    """Takes the rows of one sheet; what is beyond the last row a sheet can have is counted, and said."""

    def __init__(self, columns: Sequence[str], file: str, most_rows: int) -> None:
        self._letters = [_letters(n) for n in range(len(columns))]
        self._file, self._last = file, most_rows
        self._packed = Packed()
        self._pieces = [_HEAD.format(width=len(columns))]
        self._row, self._beyond = 0, 0
        self._add(columns, ' s="1"')

    def write(self, row: Sequence[Cell]) -> None:
        """Append a row."""
        # The last one is kept free for saying what is missing.
        if self._row >= self._last - 1 or self._packed.size_bytes > _MOST_BYTES:
            self._beyond += 1
            return
        self._add(row)

    def _add(self, row: Sequence[Cell], style: str = "") -> None:
        self._row += 1
        number = str(self._row)
        cells = [
            f'<c r="{letter}{number}"{style}{_content(cell)}'
            for letter, cell in zip(self._letters, row, strict=False)
            if cell is not None and cell != ""
        ]
        self._pieces.append(f'<row r="{number}">{"".join(cells)}</row>')
        if len(self._pieces) >= _ROWS_AT_ONCE:
            self._pack()

    def _pack(self) -> None:
        self._packed.write("".join(self._pieces).encode())
        self._pieces.clear()

    def finish(self, out: Sink) -> None:
        """Write the sheet's part; nothing can be added after."""
        if self._beyond:
            self._add([f"{self._beyond:,} more rows don't fit on a sheet: {self._file} has all."])
        self._pieces.append(_TAIL.format(last=self._letters[-1], rows=self._row))
        self._pack()
        self._packed.unpack(out)


class Workbook:
    """Sheets in their order."""

    def __init__(self, most_rows: int = MOST_ROWS) -> None:
        self._most_rows = most_rows
        self._sheets: dict[str, SheetRows] = {}

    def sheet(self, name: str, columns: Sequence[str], *, file: str) -> SheetRows:
        """Begin a sheet with its header; ``file`` is where all rows are, however many."""
        self._sheets[name[:_NAME_LETTERS]] = rows = SheetRows(columns, file, self._most_rows)
        return rows

    def write(self, out: Sink) -> None:
        """Write the workbook. Spreadsheet programs want a ZIP that was sought in, so it is made apart."""
        made = io.BytesIO()
        with ZipFile(made, "w") as file:
            parts = Zip(file)
            _put(parts, "[Content_Types].xml", self._types())
            _put(parts, "_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
            _put(parts, "xl/workbook.xml", self._book())
            targets = [("worksheet", f"worksheets/sheet{n}.xml") for n in self._numbers()]
            _put(
                parts,
                "xl/_rels/workbook.xml.rels",
                _relations([*targets, ("styles", "styles.xml")]),
            )
            _put(parts, "xl/styles.xml", _STYLES)
            for number, sheet in zip(self._numbers(), self._sheets.values(), strict=True):
                with parts.entry(f"xl/worksheets/sheet{number}.xml") as part:
                    sheet.finish(part)
        out.write(made.getvalue())

    def _numbers(self) -> range:
        return range(1, len(self._sheets) + 1)

    def _types(self) -> str:
        sheets = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
            for n in self._numbers()
        )
        return (
            f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>{sheets}'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
        )

    def _book(self) -> str:
        sheets = "".join(
            f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
            for n, name in zip(self._numbers(), self._sheets, strict=True)
        )
        return f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>'


def _put(parts: Zip, name: str, text: str) -> None:
    with parts.entry(name) as part:
        part.write(text.encode())


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, start=1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _content(cell: Cell) -> str:
    """The rest of a cell's element. A number of more digits than a spreadsheet keeps is text."""
    match cell:
        case bool():
            return f' t="b"><v>{cell:d}</v></c>'
        case int() if -_EXACT < cell < _EXACT:
            return f"><v>{cell}</v></c>"
        case _:
            text = safe(cell)
            if len(text) > _SHORT or _SPECIAL.search(text):
                text = escape(_ESCAPED.sub(_as_escape, _cut(text)))
            return f' t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _as_escape(found: re.Match[str]) -> str:
    return f"_x{ord(found[0]):04X}_"


def _cut(text: str) -> str:
    """The text as far as a cell can hold it."""
    if len(text) <= _SHORT or len(text) + len(_WIDE.findall(text)) <= MOST_UNITS:
        return text
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * (MOST_UNITS - len(_CUT))]
    return units.decode("utf-16-le", "ignore") + _CUT


def _letters(index: int) -> str:
    """Name of a column from its index: A, B, …, Z, AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
