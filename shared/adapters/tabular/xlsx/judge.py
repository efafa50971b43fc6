"""Makes records of a sheet's rows: what is sound goes on, what isn't is quarantined, nothing guessed."""

from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate

from shared.adapters.tabular.damage import Damage
from shared.adapters.tabular.faults import MAX_RAW_BYTES, Fault
from shared.adapters.tabular.guard import Guard
from shared.adapters.tabular.header import Layout
from shared.adapters.tabular.hold import Record
from shared.adapters.tabular.lexer import has_control_character
from shared.adapters.tabular.xlsx.sheet import Merge, Row
from shared.domain.violation import Violation, value_class
from shared.ports.reader import BlankRecord, DamagedRecord, SoundRecord

#: Of all cells of a row. Less than a record of text may have: cells of a small file can name one long
#: text again and again.
MAX_ROW_CHARACTERS = 64 << 10


class RowDamage(Damage):
    """A row is one line, whatever line breaks its cells hold."""

    def of_record(self, record: SoundRecord, last_line: int, fault: Fault) -> DamagedRecord:
        """A row that read soundly, and that something else speaks against."""
        del last_line
        return super().of_record(record, record.line, fault)


class RowGuard(Guard):
    """Knows rows that belong to another table; damage of a row says nothing of its neighbours."""

    def _fault(
        self, before: Record | None, record: SoundRecord, behind: Record | None
    ) -> Fault | None:
        del before, behind
        return super()._fault(None, record, None)


def table_rows(rows: Iterable[Row], layout: Layout) -> Iterator[list[str] | None]:
    """The cells of the rows below the header to learn from; None for a gap or another width."""
    line = layout.line.number
    for row in rows:
        if row.number <= layout.line.number or row.blank:
            continue
        if row.number > line + 1:
            yield None
        line = row.number
        cells = row.cells + [""] * (layout.width - len(row.cells))
        fits = not row.beyond and not any(cells[layout.width :])
        yield cells[: layout.width] if fits and not layout.repeats_header(cells) else None


class MergedRows:
    """Which rows of the table have merged cells; asked in the order of the rows."""

    def __init__(self, merges: Iterable[Merge], width: int) -> None:
        """Merges beside the table are of no account."""
        inside = sorted((m.first_row, m.last_row) for m in merges if m.first_column < width)
        self._firsts = [first for first, _ in inside]
        #: The furthest row any of the merges up to here reaches.
        self._reach = list(accumulate((last for _, last in inside), max))
        self._next = 0

    def have(self, row: int) -> bool:
        """Whether a merge covers a cell of this row."""
        while self._next < len(self._firsts) and self._firsts[self._next] <= row:
            self._next += 1
        return self._next > 0 and self._reach[self._next - 1] >= row


class Judge:
    """Takes the rows of one table."""

    def __init__(
        self, layout: Layout, identifiers: Collection[str], merges: Iterable[Merge]
    ) -> None:
        """``identifiers`` are the canonical columns in which a number must look like what it is."""
        self._layout = layout
        self._kept = dict(zip(layout.indices, layout.names, strict=True))
        self._identifiers = identifiers
        self._merged = MergedRows(merges, layout.width)
        self._count = 0
        self._line = 0

    def records(self, rows: Iterable[Row]) -> Iterator[Record]:
        """A record for each row with content, and one for each gap, however many rows it has."""
        for row in rows:
            if row.blank:
                continue
            if row.number > self._line + 1:
                self._count += 1
                yield BlankRecord(self._count, self._line + 1)
            self._line = row.number
            if row.number != self._layout.line.number:
                self._count += 1
                yield self._judged(row)

    def _judged(self, row: Row) -> SoundRecord | DamagedRecord:
        layout = self._layout
        if row.number < layout.line.number:
            above = Violation("before_header", None, "the header stands below")
            return self._damaged(row, [above])
        cells = row.cells
        if len(cells) < layout.width:
            cells += [""] * (layout.width - len(cells))
        violations = self._violations(row) if self._may_be_damaged(row) else []
        if violations:
            return self._damaged(row, violations)
        return SoundRecord(self._count, row.number, layout.values(cells))

    def _may_be_damaged(self, row: Row) -> bool:
        return bool(
            row.doubts
            or row.beyond
            or len(row.cells) > self._layout.width
            or self._merged.have(row.number)
            or len(text := "".join(row.cells)) > MAX_ROW_CHARACTERS
            or has_control_character(text)
            or self._layout.repeats_header(row.cells)
        )

    def _violations(self, row: Row) -> list[Violation]:
        found: list[Violation] = []
        width = self._layout.width
        if self._is_wide(row):
            found.append(Violation("width", None, f"content beyond the header's {width} columns"))
        if self._merged.have(row.number):
            found.append(Violation("merged_cells", None, "cells of this row are merged"))
        for column, doubt in row.doubts.items():
            name = self._kept.get(column)
            if name is not None and (name in self._identifiers or not doubt.for_identifiers):
                shape = value_class(row.cells[column])
                found.append(Violation(doubt.code, name, doubt.detail, shape))
        text = "".join(row.cells)
        if len(text) > MAX_ROW_CHARACTERS:
            found.append(
                Violation("line_too_long", None, f"more than {MAX_ROW_CHARACTERS} characters")
            )
        if has_control_character(text):
            found.append(Violation("control_character", None, "in the row"))
        if self._layout.repeats_header(row.cells):
            found.append(Violation("repeated_header", None, "most fields hold their own header"))
        return found

    def _is_wide(self, row: Row) -> bool:
        width = self._layout.width
        return (
            row.beyond
            or any(map(str.strip, row.cells[width:]))
            or any(column >= width for column in row.doubts)
        )

    def _damaged(self, row: Row, violations: list[Violation]) -> DamagedRecord:
        """Where columns can't be told apart all cells are kept, and no value is named."""
        codes = {violation.code for violation in violations}
        doubtful = not codes.isdisjoint({"width", "before_header"})
        cells = (
            row.cells
            if doubtful
            else [cell if at in self._kept else "" for at, cell in enumerate(row.cells)]
        )
        raw = self._layout.delimiter.join(cells).encode(self._layout.codec)
        refused = {violation.column for violation in violations}
        known = (
            {}
            if doubtful or "repeated_header" in codes
            else self._layout.values(row.cells[: self._layout.width])
        )
        return DamagedRecord(
            row=self._count,
            line=row.number,
            last_line=row.number,
            violations=tuple(violations),
            raw=raw[:MAX_RAW_BYTES],
            cut=len(raw) > MAX_RAW_BYTES,
            values={name: text for name, text in known.items() if name not in refused},
        )
