"""The rows of each employee id in a file: one alone, or several that are merged later.

Both forms say the same whatever the order of rows. Memory grows with ids, for `SeveralRows` with rows.
"""

from array import array
from collections import Counter
from enum import Enum, auto
from typing import Protocol

from shared.domain.first_seen import FirstSeen
from shared.domain.staff import StaffRecord
from shared.domain.staff_merge import names
from shared.domain.staff_result import CONFLICT, CONFLICT_MERGED, Conflicts, Repeat, folded_id
from shared.domain.staff_row import Row


class Standing(Enum):
    """What a sound row is beside the rows of its id so far."""

    ACCEPTED = auto()
    DUPLICATE = auto()
    CONFLICT = auto()


class RowsOfIds(Protocol):
    """Takes the rows of a file in any order; `finish` settles what was provisional."""

    def accept(self, record: StaffRecord, written: Row) -> Standing:
        """Place a sound row."""
        ...

    def refuse(self, employee_id: str, written: Row) -> None:
        """Remember a row that is excluded or quarantined: it may contradict one that is sound."""
        ...

    def finish(self) -> Conflicts:
        """Ids whose rows contradict each other."""
        ...


class OneRow:
    """`rows_per_person = "one"`: rows of one id with different values are all conflicts."""

    def __init__(self) -> None:
        """Know no id."""
        #: Folded ids, and the values as written in the first row that has each.
        self._seen = FirstSeen()
        #: Ids whose first row was not accepted.
        self._refused: set[str] = set()
        self._conflicts: set[str] = set()
        #: Of each duplicate: hash of the folded id, row, line. As many as the file has rows, at worst.
        self._duplicates = array("q")

    def accept(self, record: StaffRecord, written: Row) -> Standing:
        """Place a sound row."""
        key, content = folded_id(record.employee_id), _content(written)
        known = self._seen.meet(key, content)
        if known is None:
            return Standing.ACCEPTED
        if known != content or key in self._conflicts:
            self._conflicts.add(key)
            return Standing.CONFLICT
        self._duplicates.extend((hash(key), record.row, record.line))
        return Standing.DUPLICATE

    def refuse(self, employee_id: str, written: Row) -> None:
        """Remember a row that isn't accepted."""
        key, content = folded_id(employee_id), _content(written)
        known = self._seen.meet(key, content)
        if known is None:
            self._refused.add(key)
        elif known != content:
            self._conflicts.add(key)

    def finish(self) -> Conflicts:
        """Ids that stand in rows with different values."""
        ids = {hash(key): key for key in self._conflicts}
        noted = iter(self._duplicates)
        late = tuple(
            Repeat(row, line, ids[key])
            for key, row, line in zip(noted, noted, noted, strict=True)
            if key in ids
        )
        return Conflicts(
            ids=frozenset(self._conflicts),
            violation=CONFLICT,
            withdrawn=len(self._conflicts - self._refused),
            late=late,
        )


class SeveralRows:
    """`rows_per_person = "merge"`: the rows of an id are taken if they agree in what names the person.

    A person is taken whole: one row that contradicts, is excluded or quarantined, and none is.
    """

    def __init__(self) -> None:
        """Know no id."""
        #: Folded ids, and what names the person in the first sound row of each.
        self._named = FirstSeen()
        #: Id and values as written, and the number of the first row that has them.
        self._rows = FirstSeen()
        self._refused: set[str] = set()
        self._conflicts: set[str] = set()
        #: Of each accepted row the hash of its folded id.
        self._accepted = array("q")
        #: Of each duplicate: hash of the folded id, row, line, and the row that it repeats.
        self._duplicates = array("q")

    def accept(self, record: StaffRecord, written: Row) -> Standing:
        """Place a sound row."""
        key, who = folded_id(record.employee_id), hash(names(record))
        first = self._named.meet(key, who)
        if key in self._refused or key in self._conflicts or first not in (None, who):
            self._conflicts.add(key)
            return Standing.CONFLICT
        again = self._rows.meet((key, _content(written)), record.row)
        if again is not None:
            self._duplicates.extend((hash(key), record.row, record.line, again))
            return Standing.DUPLICATE
        self._accepted.append(hash(key))
        return Standing.ACCEPTED

    def refuse(self, employee_id: str, written: Row) -> None:  # noqa: ARG002  # whatever it says
        """Remember a row that isn't accepted."""
        self._refused.add(folded_id(employee_id))

    def finish(self) -> Conflicts:
        """Ids that can't be taken whole."""
        doubtful = {hash(key): key for key in self._conflicts | self._refused}
        taken = Counter(key for key in self._accepted if key in doubtful)
        ids = self._conflicts | {doubtful[key] for key in taken}
        noted = iter(self._duplicates)
        late = tuple(
            Repeat(row, line, doubtful[key], again)
            for key, row, line, again in zip(noted, noted, noted, noted, strict=True)
            if key in doubtful
        )
        return Conflicts(
            ids=frozenset(ids), violation=CONFLICT_MERGED, withdrawn=taken.total(), late=late
        )


def _content(written: Row) -> int:
    return hash(tuple(written.values.values()))
