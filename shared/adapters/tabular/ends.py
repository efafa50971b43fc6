"""Cells at the edge of a record or of the file: whole, or a piece of a longer one."""

import re
from collections.abc import Sequence

from shared.adapters.tabular.shapes import form_of

#: Cells that have a length of which the column's cells are said to be.
_MOSTLY = 0.9
#: Too few cells to say what is usual.
_FEW = 3
_DIGIT = re.compile("[0-9]")


class EdgeCells:
    """What the first or the last column holds, to tell a piece of a cell from a cell."""

    def __init__(self, cells: Sequence[str], *, last: bool) -> None:
        """``last``: of the last column, whose cells are cut behind; else they are cut before."""
        self._last = last
        self._cells = cells

    def holds_such(self, piece: str) -> bool:
        """Whether cells of the column are written like ``piece``."""
        return bool(piece) and form_of(piece) in set(map(form_of, self._cells))

    def may_be_piece(self, cell: str, *, few: bool = False) -> bool:
        """Whether ``cell``, one of the column's, may be a piece of a longer one.

        Among few others it is ``few``. Among more it must have been seen, or be like all
        others: as long as they are, or ending (beginning) as they do.
        """
        others = list(self._cells)
        if cell in others:
            others.remove(cell)  # itself
        longer = sum(len(other) > len(cell) and self._goes_on(cell, other) for other in others)
        if longer > others.count(cell):
            return True
        if cell in others:
            return False
        if len(others) < _FEW:
            return few
        as_long = sum(len(other) == len(cell) for other in others)
        return as_long < len(others) * _MOSTLY and not self._alike(cell, set(others))

    def may_close(self, cell: str, quote: str) -> bool:
        """Whether a quote behind ``cell`` at the very end may be the first of a doubled one.

        Then text in quotes begins or ends there: nothing or a space stands before it, or one
        quote that isn't paired.
        """
        return any(quote in other for other in self._cells) and (
            not cell[-1:].strip() or cell.count(quote) % 2 == 1
        )

    def may_be_whole(self, cell: str) -> bool:
        """Whether a cell joined of two pieces isn't longer than cells of the column are."""
        return len(cell) <= max(map(len, self._cells), default=len(cell))

    def _goes_on(self, cell: str, other: str) -> bool:
        return other.startswith(cell) if self._last else other.endswith(cell)

    def _alike(self, cell: str, others: set[str]) -> bool:
        """Whether all end (in the first column: begin) alike: `@lincoln.example`, two decimals."""
        if not self._last:
            cell, others = cell[::-1], {other[::-1] for other in others}
        end = _common_end(others)
        pattern = _common_end({_DIGIT.sub("9", other) for other in others})
        return (len(end) > 1 and cell.endswith(end)) or (
            not pattern.isalnum() and len(pattern) > 1 and _DIGIT.sub("9", cell).endswith(pattern)
        )


def _common_end(cells: set[str]) -> str:
    end = min(cells, key=len)
    while end and not all(cell.endswith(end) for cell in cells):
        end = end[1:]
    return end
