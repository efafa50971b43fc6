"""Cells at the edge of a record or of the file: whole, or a piece of a longer one."""

from collections.abc import Sequence


class EdgeCells:
    """What the first or the last column holds, to tell a piece of a cell from a cell."""

    def __init__(self, cells: Sequence[str], *, last: bool) -> None:
        """``last``: of the last column, whose cells are cut behind; else they are cut before."""
        self._last = last
        self._cells = cells

    def may_be_piece(self, cell: str) -> bool:
        """Whether ``cell``, one of the column's, may be a piece of a longer one.

        Among few others it is taken as it is. Among more it must have been seen, or be like all
        others: as long as they are, or ending (beginning) as they do.
        """
        others = list(self._cells)
        if cell in others:
            others.remove(cell)  # itself
        seen = set(others)
        if any(len(other) > len(cell) and self._goes_on(cell, other) for other in seen):
            return True
        if len(others) < 3 or cell in seen:
            return False
        return {len(other) for other in seen} != {len(cell)} and not self._alike(cell, seen)

    def holds(self, character: str) -> bool:
        """Whether any cell of the column holds a character."""
        return any(character in cell for cell in self._cells)

    def may_be_whole(self, cell: str) -> bool:
        """Whether a cell joined of two pieces isn't longer than cells of the column are."""
        return len(cell) <= max(map(len, self._cells), default=len(cell))

    def _goes_on(self, cell: str, other: str) -> bool:
        return other.startswith(cell) if self._last else other.endswith(cell)

    def _alike(self, cell: str, others: set[str]) -> bool:
        """Whether all end (or, in the first column, begin) with the same two or more characters."""
        if not self._last:
            cell, others = cell[::-1], {other[::-1] for other in others}
        end = min(others, key=len)
        while end and not all(other.endswith(end) for other in others):
            end = end[1:]
        return len(end) > 1 and cell.endswith(end)
