"""Judges a record whose quoted field runs over its line's end: data, or one stray quote."""

from enum import Enum, auto
from typing import NamedTuple

from shared.adapters.tabular.faults import MAX_RECORD_BYTES, Fault
from shared.adapters.tabular.header import Layout
from shared.adapters.tabular.lexer import has_control_character
from shared.adapters.tabular.lines import Cursor, Line
from shared.adapters.tabular.sample import Learned

#: Records inside a field that are too many for a text somebody has pasted there.
_TOO_MANY_PASTED = 3


class Kind(Enum):
    """What an opened quote turned out to be."""

    #: A multi-line record.
    SOUND = auto()
    #: It closes at the right width, but what it swallowed are records: only its line is damage.
    SWALLOWED = auto()
    #: It closes at the right width; text and records can't be told apart: the whole region is damage.
    DOUBTFUL = auto()
    #: It closes, but not into a record of the right width: the whole region is damage.
    WRONG_WIDTH = auto()
    #: It doesn't close soundly.
    UNCLOSED = auto()
    #: The file ends inside it.
    CUT = auto()


class Verdict(NamedTuple):
    """The kind, the lines it is about, the fields if it is sound."""

    kind: Kind
    lines: list[Line]
    cells: list[str]


class Judge:
    """Tells records from text in the lines of one file."""

    def __init__(self, layout: Layout, learned: Learned) -> None:
        """Judge by what was learned of the columns."""
        self._layout = layout
        self._shapes = learned.whole
        self._multi_line = learned.multi_line

    def is_record(self, line: Line) -> bool:
        """Whether a physical line is a sound record by itself: of the right width, and of its kind."""
        if line.fault is not None or has_control_character(line.text):
            return False
        if not line.text.strip(" \u00a0\ufeff"):
            return False
        cells = self._layout.lexer.split(line.text)
        return (
            not isinstance(cells, Fault)
            and len(cells) == self._layout.width
            and not self._layout.repeats_header(cells)
            and self._shapes.begins_row(cells) is not False
            and self._shapes.fits(cells)
        )

    def begins(self, line: Line) -> bool:
        """Whether a line begins like a record; where the columns don't tell, whether it is as wide."""
        begins = self._shapes.begins(line.text)
        return self.fields(line) >= self._layout.width if begins is None else begins

    def opened(self, cursor: Cursor) -> Verdict:
        """Look at the record that begins at ``cursor`` with an open quote; the cursor stays."""
        layout = self._layout
        lines, paired = _until_paired(cursor, layout.quote)
        if not paired:
            return Verdict(Kind.UNCLOSED if lines else Kind.CUT, [], [])
        text = "".join(line.raw.decode(layout.codec) for line in lines).rstrip("\r\n")
        cells = layout.lexer.split(text)
        if isinstance(cells, Fault) or has_control_character(text):
            return Verdict(Kind.UNCLOSED, [], [])
        inner = lines[1:-1]
        records = sum(map(self.is_record, inner))
        if len(cells) != layout.width:
            doubtful = any(map(self.tells, lines[1:])) or records or not self._knows
            return Verdict(Kind.UNCLOSED if doubtful else Kind.WRONG_WIDTH, lines, cells)
        wide = [self.fields(line) >= layout.width for line in (lines[0], lines[-1])]
        if records >= _TOO_MANY_PASTED and all(wide) and records * 2 >= len(inner):
            return Verdict(Kind.SWALLOWED, lines[:1], [])
        if self._may_begin(lines[-1], records=records, wide=all(wide)):
            return Verdict(Kind.DOUBTFUL, lines, [])
        return Verdict(Kind.SOUND, lines, cells)

    def opens(self, cursor: Cursor) -> bool:
        """Whether a record of several lines begins at ``cursor`` that looks like all others."""
        line = cursor.look()
        cells = self._layout.lexer.split(line.text) if line is not None else []
        if not isinstance(cells, Fault) or cells.code != "unclosed_quote":
            return False
        found = self.opened(cursor)
        return (
            found.kind is Kind.SOUND
            and self._shapes.begins_row(found.cells) is True
            and self._shapes.fits(found.cells)
        )

    def goes_on(self, line: Line) -> bool:
        """Whether a line reads like the rest of a field that was opened above it."""
        return self._layout.lexer.closes(line.text) and not self.begins(line)

    def may_go_on(self, line: Line) -> bool:
        """The same where the columns don't tell how a record begins."""
        return not self._shapes.tell and self._layout.lexer.closes(line.text)

    def may_be_cut(self, line: Line) -> bool:
        """Whether a line with an open quote is a record's, which a file may be cut in."""
        text = line.text.strip()
        return text != self._layout.quote and self._shapes.begins(line.text) is not False

    def fields(self, line: Line) -> int:
        """Fields of a line if its quotes were not there."""
        return line.text.count(self._layout.delimiter) + 1

    def _may_begin(self, last: Line, *, records: int, wide: bool) -> bool:
        """Whether the line that closes a field may be that of another record.

        The quote that closes a stray one is another record's, so its line begins like a record. A
        text that somebody has pasted records into ends like a text.
        """
        inside, _, _ = last.text.partition(self._layout.quote)
        begins = self._shapes.begins(inside or last.text)
        if begins is None or not self._shapes.tell:
            return (records > 0 or wide) and not self._multi_line
        return begins

    @property
    def _knows(self) -> bool:
        return self._shapes.tell or self._multi_line

    def tells(self, line: Line) -> bool:
        """Whether a line is known for the beginning of a record by its very first cell."""
        return self._shapes.tell_at_once and self._shapes.begins(line.text) is True


def _until_paired(cursor: Cursor, quote: str) -> tuple[list[Line], bool]:
    """The lines from the opening one to the first at whose end all quotes are paired, if they are.

    There are no lines where the file ends before.
    """
    lines: list[Line] = []
    size = quotes = 0
    while True:
        line = cursor.look(len(lines))
        if line is None:
            return [], False
        if line.fault is not None:
            return lines or [line], False
        lines.append(line)
        size += len(line.raw)
        quotes += line.text.count(quote)
        if size > MAX_RECORD_BYTES:
            return lines, False
        if quotes % 2 == 0:
            return lines, True
