"""The first rows of a file, read without judgement: from them is learned what the columns look like."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shared.adapters.tabular.ends import EdgeCells
from shared.adapters.tabular.faults import Fault
from shared.adapters.tabular.header import Layout
from shared.adapters.tabular.lines import Cursor, Line
from shared.adapters.tabular.shapes import FEWEST, Kind, Shapes, kind_of

#: Rows that are enough, and bytes and lines that are read for them at most.
_ROWS, _BYTES = 2048, 4 << 20
#: Rows of words alone that may be headings of other tables; where there are more, rows are like that.
_HEADINGS = 2
#: Rows with a field of several lines that show it to be a habit.
_SEVERAL = 2
#: Lines that a quoted field is followed over.
_LINES = 100


@dataclass(frozen=True, slots=True)
class Learned:
    """What the columns of one file look like."""

    #: All columns of the file.
    whole: Shapes
    #: The kept columns alone.
    kept: Shapes
    #: Of the first and the last column.
    first: EdgeCells
    last: EdgeCells
    #: Fields of several lines are nothing strange in this file.
    multi_line: bool


def learn(cursor: Cursor, layout: Layout) -> Learned:
    """Read on from ``cursor``, which stands behind the header."""
    return learn_from(_rows(cursor, layout), layout)


def learn_from(rows: Iterable[list[str] | None], layout: Layout) -> Learned:
    """Learn from the first rows of the right width; None stands for what is no row."""
    table = _table(rows)
    return Learned(
        Shapes(table, layout.lexer),
        Shapes([layout.pick(row) for row in table], layout.lexer),
        EdgeCells([row[0] for row in table], last=False),
        EdgeCells([row[-1] for row in table], last=True),
        sum(any("\n" in cell for cell in row) for row in table) >= _SEVERAL,
    )


def _table(rows: Iterable[list[str] | None]) -> list[list[str]]:
    """The longest stretch without a gap, else all rows; none behind the heading of another table."""
    stretches: list[list[list[str]]] = [[]]
    found = size = 0
    for cells in rows:
        if cells is not None:
            stretches[-1].append(cells)
            found, size = found + 1, size + sum(map(len, cells))
        elif stretches[-1]:
            stretches.append([])
        if found == _ROWS or size > _BYTES:
            break
    table = [row for stretch in stretches for row in stretch]
    words = [at for at, row in enumerate(table) if all(kind_of(c) is Kind.WORDS for c in row)]
    behind_gap = len(words) > 0 and words[0] == len(stretches[0])
    if words and words[0] >= FEWEST and (len(words) <= _HEADINGS or behind_gap):
        return table[: words[0]]
    longest = max(stretches, key=len)
    return longest if len(longest) >= max(FEWEST, found // 2) else table


def _rows(cursor: Cursor, layout: Layout) -> Iterator[list[str] | None]:
    size = 0
    while size < _BYTES and (line := cursor.look()) is not None:
        cells, lines = _record(cursor, line, layout)
        size += len(line.raw)
        cursor.advance(lines)
        yield cells


def _record(cursor: Cursor, line: Line, layout: Layout) -> tuple[list[str] | None, int]:
    """The cells of the record that begins here, if it is one, and its lines."""
    text, lines = line.text, 1
    cells = layout.lexer.split(text)
    while isinstance(cells, Fault) and cells.code == "unclosed_quote" and lines < _LINES:
        more = cursor.look(lines)
        if more is None or more.fault is not None:
            break
        text, lines = f"{text}\n{more.text}", lines + 1
        if text.count(layout.quote) % 2 == 0:
            cells = layout.lexer.split(text)
    if isinstance(cells, Fault) or len(cells) != layout.width or layout.repeats_header(cells):
        return None, 1
    return (cells, lines) if any(cells) else (None, lines)
