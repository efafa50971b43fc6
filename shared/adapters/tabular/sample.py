"""The first rows of a file, read without judgement: from them is learned what the columns look like."""

from dataclasses import dataclass

from shared.adapters.tabular.ends import EdgeCells
from shared.adapters.tabular.faults import Fault
from shared.adapters.tabular.header import Layout
from shared.adapters.tabular.lines import Cursor, Line
from shared.adapters.tabular.shapes import FEWEST, Shapes

#: Rows that are enough, and bytes and lines that are read for them at most.
_ROWS, _BYTES = 2048, 4 << 20
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


def learn(cursor: Cursor, layout: Layout) -> Learned:
    """Read on from ``cursor``, which stands behind the header."""
    rows = _rows(cursor, layout)
    return Learned(
        Shapes(rows, layout.lexer),
        Shapes([layout.pick(row) for row in rows], layout.lexer),
        EdgeCells([row[0] for row in rows], last=False),
        EdgeCells([row[-1] for row in rows], last=True),
    )


def _rows(cursor: Cursor, layout: Layout) -> list[list[str]]:
    """Rows of the longest stretch without a gap (another table may stand behind one), else all."""
    stretches: list[list[list[str]]] = [[]]
    found = size = 0
    while found < _ROWS and size < _BYTES and (line := cursor.look()) is not None:
        cells, lines = _record(cursor, line, layout)
        size += len(line.raw)
        cursor.advance(lines)
        if cells is None:
            stretches.append([])
        else:
            stretches[-1].append(cells)
            found += 1
    longest = max(stretches, key=len)
    if len(longest) >= max(FEWEST, found // 2):
        return longest
    return [row for rows in stretches for row in rows]


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
