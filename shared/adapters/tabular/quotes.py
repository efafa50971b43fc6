"""Judges a record whose quoted field runs over its line's end: data, or one stray quote."""

from enum import Enum, auto
from typing import NamedTuple

from shared.adapters.tabular.faults import MAX_RECORD_BYTES, Fault
from shared.adapters.tabular.header import Layout
from shared.adapters.tabular.lexer import has_control_character
from shared.adapters.tabular.lines import Cursor, Line


class Kind(Enum):
    """What an opened quote turned out to be."""

    #: A multi-line record.
    SOUND = auto()
    #: It closes at the right width, but what it swallowed reads like records: only its line is damage.
    SWALLOWED = auto()
    #: It closes at the right width; text and records can't be told apart: the whole region is damage.
    DOUBTFUL = auto()
    #: It never closes soundly.
    UNCLOSED = auto()


class Verdict(NamedTuple):
    """The kind, the lines it is about, the fields if it is sound."""

    kind: Kind
    lines: list[Line]
    cells: list[str]


def is_record(line: Line, layout: Layout) -> bool:
    """Whether a physical line is a sound record of the right width by itself."""
    if line.fault is not None or has_control_character(line.text):
        return False
    if not line.text.strip(" \u00a0\ufeff"):
        return False
    cells = layout.lexer.split(line.text)
    return (
        not isinstance(cells, Fault)
        and len(cells) == layout.width
        and not layout.repeats_header(cells)
    )


def judge(cursor: Cursor, layout: Layout) -> Verdict:
    """Look at the record that begins at ``cursor`` with an open quote; the cursor stays."""
    lines = _until_paired(cursor, layout.quote)
    if lines is None:
        return Verdict(Kind.UNCLOSED, [], [])
    text = "".join(line.raw.decode(layout.codec) for line in lines).rstrip("\r\n")
    cells = layout.lexer.split(text)
    if isinstance(cells, Fault) or len(cells) != layout.width or has_control_character(text):
        return Verdict(Kind.UNCLOSED, [], [])
    inner = lines[1:-1]
    records = sum(is_record(line, layout) for line in inner)
    first_full, last_full = (
        fields_of(line, layout) >= layout.width for line in (lines[0], lines[-1])
    )
    if records and first_full and records * 2 >= len(inner):
        return Verdict(Kind.SWALLOWED, lines[:1], [])
    if records or (first_full and last_full):
        return Verdict(Kind.DOUBTFUL, lines, [])
    return Verdict(Kind.SOUND, lines, cells)


def _until_paired(cursor: Cursor, quote: str) -> list[Line] | None:
    """The lines from the opening one to the first at whose end all quotes are paired."""
    lines: list[Line] = []
    size = quotes = 0
    while True:
        line = cursor.look(len(lines))
        if line is None or line.fault is not None:
            return None
        lines.append(line)
        size += len(line.raw)
        quotes += line.text.count(quote)
        if size > MAX_RECORD_BYTES:
            return None
        if quotes % 2 == 0:
            return lines


def fields_of(line: Line, layout: Layout) -> int:
    """Fields of a line if its quotes were not there."""
    return line.text.count(layout.delimiter) + 1
