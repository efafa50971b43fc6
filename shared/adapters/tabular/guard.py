"""The last look at what read soundly: rows whose cells belong elsewhere, and rows that were cut.

Works on batches, since what it looks for is rare.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, pairwise

from shared.adapters.tabular.damage import Damage
from shared.adapters.tabular.faults import Fault
from shared.adapters.tabular.header import Layout
from shared.adapters.tabular.hold import Record
from shared.adapters.tabular.sample import Learned
from shared.ports.reader import BlankRecord, DamagedRecord, SoundRecord

#: Records looked at in one go: few, so that they stay in the processor's cache.
_BATCH = 128
#: How many records behind a blank line the header of another table may stand (behind its title).
_BEHIND_BLANK = 2
#: A file with more gaps than these has blank lines for no reason.
_MOST_GAPS = 3
#: Odd rows in a row, beside damage, that are taken for pieces of it.
_PIECES = 8

_FOREIGN = Fault("shifted", "what the cells hold belongs to other columns, or to another table")
_BESIDE = Fault(
    "torn_record", "damage stands beside it, and a cell is unlike the others of its column"
)
_BROKEN = Fault("torn_record", "the line beside it may be the rest of a value")
_EMPTY = Fault("empty_identity", "no cell holds a letter or a digit")
_TABLE = Fault("second_table", "another table begins above, or here")
_CUT = Fault("cut_short", "the file ends here without a line end, and the last value may go on")

#: The last character of a file whose last line has no end, None if it has one.
Ending = Callable[[], str | None]


class Guard:
    """Judges the sound records of one file."""

    def __init__(self, layout: Layout, damage: Damage, learned: Learned) -> None:
        """Judge by what was learned of the columns."""
        self._layout = layout
        self._damage = damage
        self._learned = learned
        self._shapes = learned.kept
        self._keeps_first = layout.indices[:1] == (0,)
        self._keeps_last = layout.indices[-1:] == (layout.width - 1,)
        self._rows_before = 0
        self._behind_blank = _BEHIND_BLANK + 1
        self._gaps = 0
        #: Rows with an odd cell, among those at hand.
        self._odd_rows: set[int] = set()
        self._in_second_table = False
        self._pieces = 0

    def judged(self, records: Iterable[Record], ending: Ending) -> Iterator[Record]:
        """The same records in the same order; what can't be trusted comes out damaged.

        ``ending`` is asked after the last record.
        """
        stream = iter(records)
        before: Record | None = None
        batch: list[Record] = []
        while more := list(islice(stream, _BATCH)):
            batch += more
            # The last one waits for its neighbour.
            for record in self._batch(before, batch[:-1], batch[-1]):
                before = record
                yield record
            batch = batch[-1:]
        yield from self._end(list(self._batch(before, batch, None)), ending())

    def _batch(
        self, before: Record | None, records: Sequence[Record], behind: Record | None
    ) -> Iterable[Record]:
        sound = [r for r in (*records, behind) if isinstance(r, SoundRecord)]
        odd = self._shapes.odd([_cells(record) for record in sound]) if sound else set()
        self._odd_rows = {sound[at].row for at in odd}
        all_sound = len(sound) == len(records) + isinstance(behind, SoundRecord)
        beside = isinstance(before, DamagedRecord) or isinstance(behind, DamagedRecord)
        if odd or beside or not all_sound or self._in_second_table:
            return self._one_by_one((before, *records, behind))
        self._rows_before += len(records)
        self._behind_blank += len(records)
        return records

    def _one_by_one(self, records: Sequence[Record | None]) -> Iterator[Record]:
        """All but the first and the last, which are their neighbours."""
        before = records[0]
        for record, behind in pairwise(records[1:]):
            if record is None:
                continue
            self._gaps += _is_blank(record) and self._behind_blank > 0
            self._behind_blank = 0 if _is_blank(record) else self._behind_blank + 1
            if isinstance(record, SoundRecord):
                beside = isinstance(before, DamagedRecord) or self._is_damage(behind)
                looks = (
                    beside
                    or self._in_second_table
                    or record.row in self._odd_rows
                    or self._behind_blank <= _BEHIND_BLANK
                )
                fault = self._fault(before, record, behind) if looks else None
                self._rows_before += 1
                self._pieces = self._pieces + 1 if fault is _BESIDE else 0
                if fault is not None:
                    record = self._damage.of_record(record, _last_line(record), fault)  # noqa: PLW2901
            before = record
            yield record

    def _fault(
        self, before: Record | None, record: SoundRecord, behind: Record | None
    ) -> Fault | None:
        cells = _cells(record)
        if len(cells) > 1 and not any(character.isalnum() for cell in cells for character in cell):
            return _EMPTY
        if self._rows_before and self._shapes.is_heading(cells):
            behind_gap = self._behind_blank <= _BEHIND_BLANK and self._gaps <= _MOST_GAPS
            self._in_second_table = behind_gap or (
                isinstance(behind, SoundRecord) and not self._shapes.fits(_cells(behind))
            )
        if self._in_second_table:
            return _TABLE
        heading = self._shapes.tell and self._shapes.is_heading(cells)
        if heading or self._shapes.is_foreign(cells):
            return _FOREIGN
        beside = isinstance(before, DamagedRecord) or self._is_damage(behind)
        if beside and self._pieces < _PIECES and self._is_piece(cells):
            return _BESIDE
        if beside and (self._breaks_before(before, record) or self._breaks_behind(record, behind)):
            return _BROKEN
        return None

    def _is_damage(self, record: Record | None) -> bool:
        """Whether a record that wasn't judged yet is damage."""
        if isinstance(record, SoundRecord):
            return record.row in self._odd_rows and self._shapes.is_foreign(_cells(record))
        return isinstance(record, DamagedRecord)

    def _is_piece(self, cells: list[str]) -> bool:
        """Whether a row beside damage begins unlike a record, or can't be told and holds odd cells."""
        begins = self._shapes.begins_row(cells)
        return not self._shapes.fits(cells) if begins is None else not begins

    def _breaks_before(self, before: Record | None, record: SoundRecord) -> bool:
        """Whether the line above may be the beginning of the first value."""
        piece = self._piece(before)
        if piece is None or not self._keeps_first or record.line != _bottom(before) + 1:
            return False
        cell = _cells(record)[0]
        if cell and not piece:
            return False
        return self._learned.first.may_be_piece(cell, few=True) and self._may_be(0, piece + cell)

    def _breaks_behind(self, record: SoundRecord, behind: Record | None) -> bool:
        """Whether the line below may be the rest of the last value."""
        piece = self._piece(behind)
        if piece is None or not self._keeps_last or behind is None:
            return False
        if behind.line != _last_line(record) + 1:
            return False
        cell = _cells(record)[-1]
        if cell and not piece:
            return False
        if not cell and self._learned.last.holds_such(piece):
            return True
        return self._learned.last.may_be_piece(cell, few=True) and self._may_be(-1, cell + piece)

    def _may_be(self, column: int, cell: str) -> bool:
        edge = self._learned.last if column else self._learned.first
        return edge.may_be_whole(cell) and self._shapes.may_stand(column, cell)

    def _piece(self, record: Record | None) -> str | None:
        """The text of damage that is a single field; none of a quoted one that isn't closed."""
        if not isinstance(record, DamagedRecord):
            return None
        text = record.raw.decode(self._layout.codec, "replace").strip("\r\n")
        cells = self._layout.lexer.split(text)
        if (
            record.violations[0].code == "width"
            and not isinstance(cells, Fault)
            and len(cells) == 1
        ):
            return cells[0]
        opened = record.violations[0].code == "unclosed_quote" and text.startswith(
            self._layout.quote
        )
        return "" if opened else None

    def _end(self, records: list[Record], ending: str | None) -> list[Record]:
        """The last record of a file without a last line end may be cut in its last value."""
        last = records[-1] if records else None
        if ending is None or not isinstance(last, SoundRecord) or not self._keeps_last:
            return records
        column, quote = self._learned.last, self._layout.quote
        cell = _cells(last)[-1]
        cut = column.may_close(cell, quote) if ending == quote else column.may_be_piece(cell)
        if cut or _is_opened(records[-2:-1]):
            records[-1] = self._damage.of_record(last, _last_line(last), _CUT)
        return records


def _bottom(record: Record | None) -> int:
    return record.last_line if isinstance(record, DamagedRecord) else 0


def _is_opened(records: list[Record]) -> bool:
    return any(
        isinstance(r, DamagedRecord) and r.violations[0].code == "unclosed_quote" for r in records
    )


def _cells(record: SoundRecord) -> list[str]:
    return list(record.values.values())


def _is_blank(record: Record) -> bool:
    return isinstance(record, BlankRecord) or (
        isinstance(record, SoundRecord) and not any(record.values.values())
    )


def _last_line(record: SoundRecord) -> int:
    return record.line + sum(cell.count("\n") for cell in record.values.values())
