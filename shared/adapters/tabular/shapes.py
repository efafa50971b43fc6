"""What the cells of each column look like, learned from the file itself.

By the width alone a piece of text can pass for a record, and a record whose cells are shifted, or
one of another table, for a record of this one. What such a row holds doesn't look like what its
columns hold elsewhere.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from shared.adapters.tabular.lexer import Lexer

#: What stands between fields, here or elsewhere.
DELIMITERS = ",;\t|"
#: Filled cells that a shape is learned from at least, and to be sure of it.
FEWEST, _ENOUGH = 3, 10
#: Of a column's filled cells at least so many are of the one kind it is known by; a kind that text
#: is not needs fewer, since pieces of text may be among what was learned from.
_MOSTLY, _MOSTLY_TELLING = 0.9, 0.75
#: A kind that more cells are of than this share isn't odd, though it isn't the column's.
_RARE = 0.02


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


_KIND = re.compile("|".join(rf"(?P<{kind.name}>{kind.value}\Z)" for kind in Kind))
#: Kinds by which the beginning of a record can be told from a piece of text.
_TELLING = frozenset({Kind.DIGITS, Kind.FIGURES, Kind.EMAIL, Kind.CODE})


def kind_of(cell: str) -> Kind:
    """The first kind the whole cell is of."""
    match = _KIND.match(cell)
    return Kind[match.lastgroup] if match and match.lastgroup else Kind.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The one kind of cell that a column holds; empty cells are of no account."""

    column: int
    kind: Kind
    #: Kinds that aren't odd in this column.
    usual: frozenset[Kind]
    #: Lengths of the cells.
    shortest: int
    longest: int
    #: It was learned from enough rows to speak against a sound one.
    sure: bool
    #: Hardly any cell is empty.
    filled: bool
    #: Matches usual cells, each followed by a NUL (no sound cell holds one).
    many: re.Pattern[str]

    def is_odd(self, cell: str) -> bool:
        """Whether a filled cell is of a kind that hardly ever stands here."""
        return bool(cell) and kind_of(cell) not in self.usual

    def is_typical(self, cell: str) -> bool:
        """Whether a cell is of the column's kind, and neither shorter nor longer than the others."""
        return kind_of(cell) is self.kind and self.shortest <= len(cell) <= self.longest


class Shapes:
    """The columns that are known by one kind of cell, and the delimiters that no cell holds."""

    def __init__(self, rows: Sequence[Sequence[str]], lexer: Lexer) -> None:
        """Learn from rows most of which are sound records of one table."""
        enough = len(rows) >= FEWEST
        columns = zip(*rows, strict=True) if enough else ()
        self._known = {at: s for at, cells in enumerate(columns) if (s := _shape(at, cells))}
        self._first_telling = min((s for s in self._known.values() if s.kind in _TELLING),
                                  key=lambda shape: shape.column, default=None)  # fmt: skip
        self._lexer = lexer
        self._width = len(rows[0]) if rows else 0
        text = "".join(cell for row in rows for cell in row) if enough else DELIMITERS
        self._unseen = [d for d in DELIMITERS if d != lexer.delimiter and d not in text]

    @property
    def tell(self) -> bool:
        """Whether a record's beginning can be told from text."""
        return self._first_telling is not None

    @property
    def tell_at_once(self) -> bool:
        """Whether the first column tells."""
        return self._first_telling is not None and self._first_telling.column == 0

    def odd(self, rows: Sequence[Sequence[str]]) -> set[int]:
        """Which rows hold an odd cell, an empty one where others are filled, or an unseen delimiter."""
        found: set[int] = set()
        columns = list(zip(*rows, strict=True))
        texts = ["\0".join(cells) for cells in columns]
        for shape in self._known.values():
            if shape.many.fullmatch(texts[shape.column] + "\0") is None:
                cells = columns[shape.column]
                found.update(at for at, cell in enumerate(cells) if shape.is_odd(cell))
            if shape.filled and "" in columns[shape.column]:
                found.update(at for at, cell in enumerate(columns[shape.column]) if not cell)
        for other in self._unseen:
            for cells in (c for c, text in zip(columns, texts, strict=True) if other in text):
                found.update(at for at, cell in enumerate(cells) if other in cell)
        return found

    def fits(self, row: Sequence[str]) -> bool:
        """Whether every cell is usual where it stands, as far as that is sure."""
        odd = (*self._odd(row), *self._gaps(row))
        return not any(self._known[column].sure for column in odd)

    def begins(self, text: str) -> bool | None:
        """Whether a line begins like a record; None if its columns don't tell, or it has too few.

        Quotes around the fields are looked through, whether they are paired or not.
        """
        shape = self._first_telling
        if shape is None:
            return None
        cells = text.split(self._lexer.delimiter, shape.column + 1)
        if len(cells) <= shape.column:
            return None
        if not shape.is_typical(cells[shape.column].strip(self._lexer.quote)):
            return False
        return True if len(cells) > 1 else None

    def begins_row(self, row: Sequence[str]) -> bool | None:
        """Like `begins`, of a row that was read."""
        shape = self._first_telling
        return None if shape is None else shape.is_typical(row[shape.column])

    def may_stand(self, column: int, cell: str) -> bool:
        """Whether a cell isn't odd in a column (-1: the last one)."""
        at = column if column >= 0 else self._width + column
        return at not in self._known or not self._known[at].is_odd(cell)

    def is_foreign(self, row: Sequence[str]) -> bool:
        """Whether the row's cells belong to other columns, or to another table.

        One odd cell is only odd, unless the row would fit if it were split and two others joined.
        Of two or more, either a neighbour's cell would be at home where an odd one stands (the
        cells are shifted), or half of the known columns are odd or empty and the row doesn't begin
        like a record.
        """
        if self._is_of_other_delimiter(row):
            return True
        odd = [column for column in self._odd(row) if self._known[column].sure]
        gaps = [column for column in self._gaps(row) if self._known[column].sure]
        if len(odd) + len(gaps) > 1:
            if (len(odd) + len(gaps)) * 2 >= len(self._known) and not self.begins_row(row):
                return True
            if odd and any(self._is_at_home_beside(row, column) for column in (*odd, *gaps)):
                return True
        return any(self._is_merged(list(row), c) for c in odd if self._known[c].kind in _TELLING)

    def is_heading(self, row: Sequence[str]) -> bool:
        """Whether the row may be the header of another table: words alone, not as elsewhere."""
        return (
            len(set(row)) == len(row)
            and all(kind_of(cell) is Kind.WORDS for cell in row)
            and (bool(self._odd(row)) or not self.tell)
        )

    def _odd(self, row: Sequence[str]) -> list[int]:
        return [s.column for s in self._known.values() if s.is_odd(row[s.column])]

    def _gaps(self, row: Sequence[str]) -> list[int]:
        return [s.column for s in self._known.values() if s.filled and not row[s.column]]

    def _is_of_other_delimiter(self, row: Sequence[str]) -> bool:
        text = self._lexer.delimiter.join(row)
        return any(text.count(other) == len(row) - 1 > 0 for other in self._unseen)

    def _is_at_home_beside(self, row: Sequence[str], column: int) -> bool:
        """Whether a neighbour's cell would be at home in this column."""
        kind = self._known[column].kind
        beside = (*row[max(column - 1, 0) : column], *row[column + 1 : column + 2])
        return kind in _TELLING and any(kind_of(cell) is kind for cell in beside)

    def _is_merged(self, row: list[str], column: int) -> bool:
        """Whether the row would fit if this cell were two, and two others (or text in quotes) one."""
        cell, here, next_to = row[column], self._known[column], self._known.get(column + 1)
        for at in range(1, len(cell)):
            if not here.is_typical(cell[:at]) or (next_to and not next_to.is_typical(cell[at:])):
                continue
            apart = [*row[:column], cell[:at], cell[at:], *row[column + 1 :]]
            for left in range(len(apart) - 1):
                for between in ("", self._lexer.delimiter):
                    joined = between.join(apart[left : left + 2])
                    whole = [*apart[:left], joined, *apart[left + 2 :]]
                    if left != column and not self._odd(whole) and not self._gaps(whole):
                        return True
        return False


def _shape(column: int, cells: Sequence[str]) -> Shape | None:
    kinds = Counter(map(kind_of, cells))
    empty = kinds.pop(Kind.EMPTY, 0)
    filled = kinds.total()
    if filled < FEWEST:
        return None
    kind, count = kinds.most_common(1)[0]
    if kind is Kind.OTHER or count < filled * (_MOSTLY_TELLING if kind in _TELLING else _MOSTLY):
        return None
    lengths = [len(cell) for cell in cells if kind_of(cell) is kind]
    usual = frozenset({kind} | {k for k, n in kinds.items() if n > max(1, filled * _RARE)})
    some = "|".join(k.value for k in Kind if k in usual)
    return Shape(
        column=column, kind=kind, usual=usual, shortest=min(lengths), longest=max(lengths),
        sure=filled >= _ENOUGH,
        filled=empty <= max(1, filled * _RARE), many=re.compile(rf"(?:(?:{some})?+\0)*+"),
    )  # fmt: skip
