"""Reads XLSX workbooks: one visible sheet, judged as strictly as delimited text, streaming."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from shared.adapters.tabular.faults import MAX_COLUMNS
from shared.adapters.tabular.header import Layout, first_layout, layout_of, likeliest, unsound
from shared.adapters.tabular.hold import Record
from shared.adapters.tabular.lexer import Lexer, has_control_character
from shared.adapters.tabular.lines import Line
from shared.adapters.tabular.sample import Learned, learn_from
from shared.adapters.tabular.stretches import within
from shared.adapters.tabular.xlsx.judge import Judge, MergedRows, RowDamage, RowGuard, table_rows
from shared.adapters.tabular.xlsx.limits import Limits, too_large
from shared.adapters.tabular.xlsx.sheet import Row
from shared.adapters.tabular.xlsx.workbook import Survey, Workbook
from shared.domain.errors import InputInvalid
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.ports.reader import Source, Span

#: How the cells of a damaged row are joined.
_LEXER = Lexer("\t", '"')
_CODEC = "utf-8"


@dataclass(frozen=True, slots=True)
class XlsxExtract:
    """A workbook whose header was accepted; its packed bytes are kept in memory."""

    _workbook: Workbook
    _survey: Survey
    _layout: Layout
    _identifiers: frozenset[str]

    @property
    def columns(self) -> frozenset[str]:
        """Canonical columns the sheet has."""
        return frozenset(self._layout.names)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Headers nobody mapped; their cells are never kept."""
        return self._layout.dropped

    @property
    def hidden(self) -> Mapping[str, int]:
        """Rows and columns that were read although they are hidden, and sheets that were not."""
        hidden_columns = self._survey.hidden_columns.intersection(range(self._layout.width))
        counts = {
            "hidden_rows": self._survey.hidden_rows,
            "hidden_columns": len(hidden_columns),
            "hidden_sheets": self._workbook.hidden_sheets,
        }
        return {name: count for name, count in counts.items() if count}

    def records(self) -> Iterator[Record]:
        """Each record once, in the order of the rows (see the port)."""
        judge = Judge(self._layout, self._identifiers, self._survey.merges)
        guard = RowGuard(self._layout, RowDamage(self._layout), self._learned())
        with closing(self._workbook.rows(self._survey.part)) as rows:
            yield from guard.judged(judge.records(rows), lambda: None)

    def stretches(self, spans: Sequence[Span]) -> Iterator[bytes]:
        """All cells of the rows (see the port)."""
        with closing(self._workbook.rows(self._survey.part)) as rows:
            yield from within(((row.number, _text(row)) for row in rows), spans)

    def _learned(self) -> Learned:
        with closing(self._workbook.rows(self._survey.part)) as rows:
            return learn_from(table_rows(rows, self._layout), self._layout)


class XlsxReader:
    """Opens workbooks."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Without limits of one's own the usual ones hold."""
        self._limits = limits or Limits()

    def open(self, source: Source, headers: HeaderDictionary) -> XlsxExtract:
        """Judge the whole workbook, find the header and see that a row follows.

        Nothing is found later that refuses the file: the sheet was read through once.

        Raises:
            InputInvalid: with one of the codes that refuse a file.
        """
        workbook = self._workbook(source)
        survey = workbook.data_sheet()
        with closing(workbook.rows(survey.part)) as rows:
            filled = (row for row in rows if not row.blank)
            layout = first_layout(filled, lambda row: _layout(row, survey, headers))
            if next(filled, None) is None:
                raise InputInvalid(
                    "The sheet has a header and no rows. Export again. Nothing was planned.",
                    code="no_rows",
                )
        identifiers = frozenset(c.name for c in headers.columns.values() if c.identifier)
        return XlsxExtract(workbook, survey, layout, identifiers)

    def headings(self, source: Source, headers: HeaderDictionary) -> tuple[str, ...]:
        """Of the first rows the likeliest (see the port)."""
        workbook = self._workbook(source)
        with closing(workbook.rows(workbook.data_sheet().part)) as rows:
            return likeliest((row.cells for row in rows if not row.blank), headers)

    def _workbook(self, source: Source) -> Workbook:
        most = self._limits.file_bytes
        with source() as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise too_large("its size", most, " bytes")
        return Workbook(data, self._limits)


def _text(row: Row) -> bytes:
    return f"{_LEXER.delimiter.join(row.cells)}\n".encode(_CODEC)


def _layout(row: Row, survey: Survey, headers: HeaderDictionary) -> Layout:
    if row.beyond:
        raise too_large("its columns", MAX_COLUMNS)
    cells = row.cells
    while not cells[-1].strip():
        cells.pop()
    faults = {doubt.code for doubt in row.doubts.values() if not doubt.for_identifiers}
    if MergedRows(survey.merges, len(cells)).have(row.number):
        faults.add("merged_cells")
    if has_control_character("".join(cells)):
        faults.add("control_character")
    if faults:
        raise unsound(row.number, ", ".join(sorted(faults)))
    return layout_of(cells, Line(row.number, "", b"", None), _LEXER, _CODEC, headers)
