"""What the cells of each column look like, learned from the file itself.

By the width alone a piece of text can pass for a record, and a record whose cells are shifted, or
one of another table, for a record of this one. What such a row holds doesn't look like what its
columns hold elsewhere.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
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
#: If in a long file so many cells of neighbouring rows are odd, the column holds something else now.
_CHANGED, _LONG = 0.2, 2048
#: A column of which no more cells than this share are empty is one that is filled in.
_SELDOM = 0.05


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
_LETTERS, _DIGITS = re.compile(r"[^\W0-9_]+"), re.compile(r"[0-9]+")
#: Forms and values that a column has at most to be known by them, and rows to know by the values.
_MOST_FORMS, _MOST_VALUES, _LISTED = 3, 6, 30
#: Kinds by which the beginning of a record can be told from a piece of text.
_TELLING = frozenset({Kind.DIGITS, Kind.FIGURES, Kind.EMAIL, Kind.CODE})


def kind_of(cell: str) -> Kind:
    """The first kind the whole cell is of."""
    match = _KIND.match(cell)
    return Kind[match.lastgroup] if match and match.lastgroup else Kind.OTHER


def form_of(cell: str) -> str:
    """How a cell is written: `E10422` is `a9`, `2026-01-31` is `9-9-9`."""
    return _DIGITS.sub("9", _LETTERS.sub("a", cell))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The one kind of cell that a column holds; empty cells are of no account."""

    column: int
    kind: Kind
    #: Lengths of the cells; where nearly all are as long, no others.
    lengths: range
    fixed: bool
    #: It was learned from enough rows to speak against a sound one.
    sure: bool
    #: Hardly any cell is empty.
    filled: bool
    #: Matches usual cells, each followed by a NUL (no sound cell holds one): cells of a usual kind, or
    #: form, or value where nearly all cells have one of a few.
    many: re.Pattern[str]

    def is_odd(self, cell: str) -> bool:
        """Whether a filled cell is of a kind, or a length, that hardly ever stands here."""
        if not cell:
            return False
        if self.fixed and len(cell) not in self.lengths:
            return True
        return self.many.fullmatch(f"{cell}\0") is None

    def is_typical(self, cell: str) -> bool:
        """Whether a cell is of the column's kind, and neither shorter nor longer than the others."""
        return kind_of(cell) is self.kind and len(cell) in self.lengths and not self.is_odd(cell)

    def may_begin(self, cell: str) -> bool:
        """Whether a cell may be a record's: it isn't shorter than the others (ids grow)."""
        return kind_of(cell) is self.kind and len(cell) >= self.lengths[0] and not self.is_odd(cell)

    def odd_among(self, cells: Sequence[str], text: str) -> Iterable[int]:
        """Which cells are odd, or empty where others are filled; ``text``: all of them, behind NULs."""
        if self.many.fullmatch(text) is None or (
            self.fixed and not all(map(self.lengths.__contains__, map(len, filter(None, cells))))
        ):
            yield from (at for at, cell in enumerate(cells) if self.is_odd(cell))
        if self.filled and "" in cells:
            yield from (at for at, cell in enumerate(cells) if not cell)


class Shapes:
    """The columns that are known by one kind of cell, and the delimiters that no cell holds."""

    def __init__(self, rows: Sequence[Sequence[str]], lexer: Lexer) -> None:
        """Learn from rows most of which are sound records of one table."""
        enough = len(rows) >= FEWEST
        columns = zip(*rows, strict=True) if enough else ()
        self._known = {at: s for at, cells in enumerate(columns) if (s := _shape(at, cells))}
        self._first_telling = self._telling()
        self._lexer = lexer
        self._judged = 0
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
        self._judged += len(rows)
        columns = list(zip(*rows, strict=True))
        texts = ["\0".join(cells) for cells in columns]
        for shape in list(self._known.values()):
            odd = set(shape.odd_among(columns[shape.column], texts[shape.column] + "\0"))
            if self._judged > _LONG and len(odd) > len(rows) * _CHANGED:
                self._forget(shape.column)
            else:
                found |= odd
        for other in self._unseen:
            for cells in (c for c, text in zip(columns, texts, strict=True) if other in text):
                found.update(at for at, cell in enumerate(cells) if other in cell)
        return found

    def _forget(self, column: int) -> None:
        """What the column holds has changed in the middle of the file."""
        del self._known[column]
        self._first_telling = self._telling()

    def _telling(self) -> Shape | None:
        """The first column by which the beginning of a record is known."""
        telling = (s for s in self._known.values() if s.kind in _TELLING and s.filled)
        return min(telling, key=lambda shape: shape.column, default=None)

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
        if not shape.may_begin(cells[shape.column].strip(self._lexer.quote)):
            return False
        return True if len(cells) > 1 else None

    def begins_row(self, row: Sequence[str]) -> bool | None:
        """Like `begins`, of a row that was read."""
        shape = self._first_telling
        return None if shape is None else shape.may_begin(row[shape.column])

    def may_stand(self, column: int, cell: str) -> bool:
        """Whether a cell isn't odd in a column (-1: the last one)."""
        at = column if column >= 0 else self._width + column
        return at not in self._known or not self._known[at].is_odd(cell)

    def is_foreign(self, row: Sequence[str]) -> bool:
        """Whether the row's cells belong to other columns, or to another table.

        One odd cell is only odd, unless the row would fit if it were split and two others joined.
        Of two or more, either the row would fit if one cell stood elsewhere (the cells between are
        shifted), or half of the known columns are odd or empty and it doesn't begin like a record.
        Where cells are only missing, nothing stands in a wrong place: of two dates one may be blank.
        """
        if self._is_of_other_delimiter(row):
            return True
        odd, gaps = self._odd(row), self._gaps(row)
        sure = [column for column in (*odd, *gaps) if self._known[column].sure]
        if len(sure) > 1 and len(sure) * 2 >= len(self._known) and not self.begins_row(row):
            return True
        if len(odd) > 2 and len(odd) * 3 >= len(self._known) * 2 and not self.begins_row(row):
            return True
        if len(odd) > 1 and len(sure) > 2 and len(sure) * 2 >= len(self._known):
            return True
        elsewhere = odd and any(self._is_elsewhere(row, column) for column in (*odd, *gaps))
        if elsewhere and self._is_moved(list(row)):
            return True
        return any(self._is_merged(list(row), c) for c in odd if self._known[c].kind in _TELLING)

    def is_heading(self, row: Sequence[str]) -> bool:
        """Whether the row may be the header of another table: words alone, not as elsewhere."""
        telling = {s.column for s in self._known.values() if s.kind in _TELLING}
        return (
            (self.tell or len(set(row)) == len(row))
            and all(kind_of(cell) is Kind.WORDS for cell in row)
            and telling.issubset(self._odd(row))
        )

    def _odd(self, row: Sequence[str]) -> list[int]:
        return [s.column for s in self._known.values() if s.is_odd(row[s.column])]

    def _gaps(self, row: Sequence[str]) -> list[int]:
        return [s.column for s in self._known.values() if s.filled and not row[s.column]]

    def _is_of_other_delimiter(self, row: Sequence[str]) -> bool:
        text = self._lexer.delimiter.join(row)
        return any(text.count(other) == len(row) - 1 > 0 for other in self._unseen)

    def _is_elsewhere(self, row: Sequence[str], column: int) -> bool:
        """Whether another cell of the row is what this column holds."""
        shape = self._known[column]
        return (
            shape.sure
            and shape.kind in _TELLING
            and any(shape.is_typical(cell) for at, cell in enumerate(row) if at != column)
        )

    def _is_moved(self, row: list[str]) -> bool:
        """Whether the row would fit if one cell stood elsewhere, so that those between move by one."""
        for at, cell in enumerate(row):
            rest = [*row[:at], *row[at + 1 :]]
            for to in range(len(row)):
                moved = [*rest[:to], cell, *rest[to:]]
                spare = {to} if not cell else set[int]()
                if to != at and not {*self._odd(moved), *self._gaps(moved)} - spare:
                    return True
        return False

    def _is_merged(self, row: list[str], column: int) -> bool:
        """Whether the row would fit if this cell were two, and two others (or text in quotes) one."""
        cell, here = row[column], self._known[column]
        for at in range(1, len(cell)):
            if not (here.is_typical(cell[:at]) or here.is_typical(cell[at:])):
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
    kind, count = kinds.most_common(1)[0] if kinds else (Kind.EMPTY, 0)
    if filled <= max(1, len(cells) * _RARE) and empty >= _ENOUGH:
        kind, kinds, empty = Kind.EMPTY, Counter(), 0
    mostly = _MOSTLY_TELLING if kind in _TELLING else _MOSTLY
    if kind is not Kind.EMPTY and (
        filled < FEWEST or kind is Kind.OTHER or count < filled * mostly
    ):
        return None
    lengths = Counter(len(cell) for cell in cells if kind_of(cell) is kind)
    length, same = lengths.most_common(1)[0]
    fixed = kind in _TELLING and count >= _ENOUGH and same >= count - max(1, count * _RARE)
    usual = [one for one in Kind if one is kind or kinds[one] > max(1, filled * _RARE)]
    return Shape(
        column=column, kind=kind, fixed=fixed,
        lengths=range(length, length + 1) if fixed else range(min(lengths), max(lengths) + 1),
        sure=max(filled, len(cells) - filled) >= _ENOUGH,
        filled=kind is not Kind.EMPTY and empty <= max(2, filled * _SELDOM),
        many=_pattern([cell for cell in cells if cell], usual),
    )  # fmt: skip


def _pattern(cells: Sequence[str], kinds: Sequence[Kind]) -> re.Pattern[str]:
    """Matches cells like these: of the few values or forms that nearly all have, else of the kinds."""
    if values := _few(cells, _MOST_VALUES) if len(cells) >= _LISTED else ():
        like = [re.escape(value) for value in values]
    elif forms := _few(map(form_of, cells), _MOST_FORMS) if _TELLING.intersection(kinds) else ():
        like = [re.escape(f).replace("9", "[0-9]++").replace("a", r"[^\W0-9_]++") for f in forms]
    else:
        like = [kind.value for kind in kinds]
    return re.compile("(?:" + "|".join(rf"{one}\0" for one in (*like, "")) + ")*+")


def _few(found: Iterable[str], most: int) -> list[str]:
    """The few that nearly all are, none if there are too many or too little of them."""
    counted = Counter(found)
    total = counted.total()
    usual = [one for one, n in counted.most_common(most) if n > max(1, total * _RARE)]
    enough = total >= _ENOUGH and sum(counted[one] for one in usual) >= total - max(
        1, total * _RARE
    )
    return usual if enough else []
