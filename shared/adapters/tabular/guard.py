"""The last look at what read soundly: rows whose cells belong elsewhere, and a last row that was cut.

Works on batches, since what it looks for is rare; the first rows are kept back until the shapes of
the columns are known (see shapes.py).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from shared.adapters.tabular.damage import Damage
from shared.adapters.tabular.faults import Fault
from shared.adapters.tabular.header import Layout
from shared.adapters.tabular.hold import Record
from shared.adapters.tabular.shapes import FEWEST, Shapes, may_be_cut
from shared.ports.reader import BlankRecord, DamagedRecord, SoundRecord

#: Records the shapes are learned from, and records looked at in one go.
_SAMPLE, _BATCH = 2048, 1024
#: How many records behind a blank line the header of another table may stand (behind its title).
_BEHIND_BLANK = 2

_FOREIGN = Fault("shifted", "what the cells hold belongs to other columns, or to another table")
_BESIDE = Fault(
    "torn_record", "damage stands beside it, and a cell is unlike the others of its column"
)
_TABLE = Fault("second_table", "another table begins above, or here")
_CUT = Fault("cut_short", "the file ends here without a line end, and the last cell may go on")

#: What stands at the end of a file whose last line has no end: None if it has one.
Ending = Callable[[], str | None]


class Guard:
    """Judges the sound records of one file."""

    def __init__(self, layout: Layout, damage: Damage) -> None:
        """Know nothing of the columns yet."""
        self._layout = layout
        self._damage = damage
        self._shapes = Shapes([], layout.delimiter)
        self._last_cells: list[str] = []
        self._rows_before = 0
        self._behind_blank = _BEHIND_BLANK + 1
        self._in_second_table = False

    def judged(self, records: Iterable[Record], ending: Ending) -> Iterator[Record]:
        """The same records in the same order; what can't be trusted comes out damaged.

        ``ending`` is asked after the last record.
        """
        stream = iter(records)
        batch = list(islice(stream, _SAMPLE))
        self._learn(batch)
        before: Record | None = None
        while more := list(islice(stream, _BATCH)):
            # The last one waits for its neighbour.
            yield from self._batch(before, batch[:-1], batch[-1])
            before, batch = batch[-2] if len(batch) > 1 else before, [batch[-1], *more]
        yield from self._end(list(self._batch(before, batch, None)), ending())

    def _learn(self, records: Sequence[Record]) -> None:
        """From the longest stretch without a gap: what comes behind a gap may be another table."""
        stretches: list[list[list[str]]] = [[]]
        for record in records:
            if isinstance(record, SoundRecord) and any(record.values.values()):
                stretches[-1].append(_cells(record))
            else:
                stretches.append([])
        longest = max(stretches, key=len)
        rows = longest if len(longest) >= FEWEST else [row for rows in stretches for row in rows]
        self._shapes = Shapes(rows, self._layout.delimiter)
        if self._layout.indices[-1:] == (self._layout.width - 1,):
            self._last_cells = [row[-1] for row in rows]

    def _batch(
        self, before: Record | None, records: Sequence[Record], behind: Record | None
    ) -> Iterable[Record]:
        rows = [_cells(r) for r in records if isinstance(r, SoundRecord)]
        odd = self._shapes.odd(rows) if rows else set()
        beside = isinstance(before, DamagedRecord) or isinstance(behind, DamagedRecord)
        if odd or beside or len(rows) < len(records) or self._in_second_table:
            return self._one_by_one(before, records, behind)
        self._rows_before += len(rows)
        self._behind_blank += len(rows)
        return records

    def _one_by_one(
        self, first: Record | None, records: Sequence[Record], last: Record | None
    ) -> Iterator[Record]:
        neighbours = zip((first, *records[:-1]), records, (*records[1:], last), strict=True)
        for before, record, behind in neighbours:
            self._behind_blank = 0 if _is_blank(record) else self._behind_blank + 1
            if not isinstance(record, SoundRecord) or _is_blank(record):
                yield record
                continue
            fault = self._fault(before, record, behind)
            self._rows_before += 1
            if fault is None:
                yield record
            else:
                yield self._damage.of_record(record, _last_line(record), fault)

    def _fault(
        self, before: Record | None, record: SoundRecord, behind: Record | None
    ) -> Fault | None:
        cells = _cells(record)
        if (
            self._behind_blank <= _BEHIND_BLANK
            and self._rows_before
            and self._shapes.is_heading(cells)
        ):
            self._in_second_table = True
        if self._in_second_table:
            return _TABLE
        if self._shapes.is_foreign(cells):
            return _FOREIGN
        beside = isinstance(before, DamagedRecord) or isinstance(behind, DamagedRecord)
        if beside and (self._shapes.odd_columns(cells) or self._shapes.gaps(cells)):
            return _BESIDE
        return None

    def _end(self, records: list[Record], ending: str | None) -> list[Record]:
        last = records[-1] if records else None
        if ending is None or not isinstance(last, SoundRecord) or not self._last_cells:
            return records
        others = list(self._last_cells)
        cell = _cells(last)[-1]
        if cell in others:
            others.remove(cell)  # its own
        quote = self._layout.quote
        if may_be_cut(cell, others, quoted=ending == quote, quote=quote):
            records[-1] = self._damage.of_record(last, _last_line(last), _CUT)
        return records


def _cells(record: SoundRecord) -> list[str]:
    return list(record.values.values())


def _is_blank(record: Record) -> bool:
    return isinstance(record, BlankRecord) or (
        isinstance(record, SoundRecord) and not any(record.values.values())
    )


def _last_line(record: SoundRecord) -> int:
    return record.line + sum(cell.count("\n") for cell in record.values.values())
