"""What the cells of each column look like, learned from the file itself: to know a row of another table.

A delimiter lost in one place and gained in another leaves the width as it was, and so does a second
table of as many columns. What such a row holds doesn't look like what its columns hold elsewhere.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

#: What stands between fields, here or elsewhere.
DELIMITERS = ",;\t|"
#: Rows a shape is learned from at least.
FEWEST = 8
#: Of a column's filled cells, how many may be of another kind than the one it is known by: 1 in 50.
_RARE = 50


class Kind(Enum):
    """A kind of cell, by the characters it holds."""

    EMPTY = r""
    DIGITS = r"[0-9]++"
    #: Numbers with signs, dates, times, telephones.
    FIGURES = r"(?=[^\0]*[0-9])(?:[^\w\0@]|[0-9_])++"
    EMAIL = r"[^\0@\s]++@[^\0@\s]++"
    #: Letters and digits without a space, such as `E10422`.
    CODE = r"(?=[^\0]*[0-9])(?=[^\0]*[^\W0-9_])[^\0@\s]++"
    WORDS = r"[^\0@0-9]++"
    OTHER = r"[^\0]++"


_KINDS = [(kind, re.compile(kind.value)) for kind in Kind]


def kind_of(cell: str) -> Kind:
    """The first kind the whole cell is of."""
    return next(kind for kind, pattern in _KINDS if pattern.fullmatch(cell))


@dataclass(frozen=True, slots=True)
class Shape:
    """The one kind of cell that a column holds; empty cells are of no account."""

    column: int
    kind: Kind
    #: No cell was empty.
    filled: bool
    #: Matches cells of this kind, each followed by a NUL (no sound cell holds one).
    many: re.Pattern[str]


class Shapes:
    """The columns that are known by one kind of cell, and the delimiters that no cell holds."""

    def __init__(self, rows: Sequence[Sequence[str]], delimiter: str) -> None:
        """Learn from sound rows of one table; columns that hold all sorts of things are left out."""
        enough = len(rows) >= FEWEST
        columns = zip(*rows, strict=True) if enough else ()
        self._known = {at: s for at, cells in enumerate(columns) if (s := _shape(at, cells))}
        text = "".join(cell for row in rows for cell in row) if enough else DELIMITERS
        self._delimiter = delimiter
        self._unseen = [other for other in DELIMITERS if other != delimiter and other not in text]

    def odd(self, rows: Sequence[Sequence[str]]) -> set[int]:
        """Which of the rows hold a cell of another kind than its column does, or an unseen delimiter."""
        found: set[int] = set()
        columns = list(zip(*rows, strict=True))
        texts = ["\0".join(cells) for cells in columns]
        for shape in self._known.values():
            if shape.many.fullmatch(texts[shape.column] + "\0") is None:
                cells = columns[shape.column]
                found.update(at for at, cell in enumerate(cells) if self._is_odd(shape, cell))
        for other in self._unseen:
            for cells in (c for c, text in zip(columns, texts, strict=True) if other in text):
                found.update(at for at, cell in enumerate(cells) if other in cell)
        return found

    def odd_columns(self, row: Sequence[str]) -> list[int]:
        """The columns whose cell is of another kind in this row."""
        return [s.column for s in self._known.values() if self._is_odd(s, row[s.column])]

    def gaps(self, row: Sequence[str]) -> list[int]:
        """The columns that are empty here, and nowhere else."""
        return [s.column for s in self._known.values() if s.filled and not row[s.column]]

    def is_foreign(self, row: Sequence[str]) -> bool:
        """Whether the row's cells belong to other columns, or to another table.

        One odd cell is only odd. Of two or more, either a neighbour's cell would be at home where
        an odd one stands (the cells are shifted), or half of the known columns are odd.
        """
        if self._is_of_other_delimiter(row):
            return True
        odd, gaps = self.odd_columns(row), self.gaps(row)
        if not odd or len(odd) + len(gaps) < 2:
            return False
        return len(odd) * 2 >= len(self._known) or any(
            self._at_home(row, column, column + step)
            for column in (*odd, *gaps)
            for step in (-1, 1)
        )

    def is_heading(self, row: Sequence[str]) -> bool:
        """Whether the row may be the header of another table: words alone, where none stand elsewhere."""
        return (
            len(set(row)) == len(row)
            and all(kind_of(cell) is Kind.WORDS for cell in row)
            and any(self._is_odd(s, row[s.column]) for s in self._known.values())
        )

    def _is_of_other_delimiter(self, row: Sequence[str]) -> bool:
        text = self._delimiter.join(row)
        return any(text.count(other) == len(row) - 1 > 0 for other in self._unseen)

    def _at_home(self, row: Sequence[str], column: int, other: int) -> bool:
        return 0 <= other < len(row) and kind_of(row[other]) is self._known[column].kind

    @staticmethod
    def _is_odd(shape: Shape, cell: str) -> bool:
        return bool(cell) and kind_of(cell) is not shape.kind


def _shape(column: int, cells: Sequence[str]) -> Shape | None:
    kinds = Counter(map(kind_of, cells))
    empty = kinds.pop(Kind.EMPTY, 0)
    filled = kinds.total()
    if filled < FEWEST:
        return None
    kind, count = kinds.most_common(1)[0]
    if kind is Kind.OTHER or filled - count > max(1, filled // _RARE):
        return None
    return Shape(column, kind, empty == 0, re.compile(rf"(?:(?:{kind.value})?+\0)*+"))


def may_be_cut(cell: str, others: Iterable[str], *, quoted: bool, quote: str) -> bool:
    """Whether the last cell of a file without a last line end may be the beginning of a longer one.

    Among few rows it is taken as it is. Among more it must have been seen, or be like all others
    (as long as they are, or ending as they do).
    """
    seen = set(others)
    if quoted and not any(quote in other for other in seen):
        return False
    if any(len(other) > len(cell) and other.startswith(cell) for other in seen):
        return True
    if len(seen) < 3 or cell in seen:
        return False
    return {len(other) for other in seen} != {len(cell)} and not _ends_alike(cell, seen)


def _ends_alike(cell: str, others: set[str]) -> bool:
    end = min(others, key=len)
    while end and not all(other.endswith(end) for other in others):
        end = end[1:]
    return len(end) > 1 and cell.endswith(end)
