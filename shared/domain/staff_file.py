"""Validates a whole staff extract: each row by itself, then ids that stand in several rows.

Memory grows with ids and one hash each, not with rows; the result doesn't depend on their order.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeGuard

from shared.domain.first_seen import FirstSeen
from shared.domain.staff import StaffIdentity, StaffRecord
from shared.domain.staff_result import (
    CONFLICT,
    Conflicts,
    Quarantined,
    Repeat,
    RowCounts,
    Validated,
    conflicting,
    folded_id,
    joined,
)
from shared.domain.staff_row import Excluded, Row, Validator
from shared.domain.staff_rules import StaffRules
from shared.domain.staff_values import identity, tidied
from shared.domain.violation import Violation


class Blank(Protocol):
    """A line without content."""

    @property
    def row(self) -> int:
        """Number from 1."""
        ...


class Damaged(Row, Protocol):
    """A region that a reader refused; ``values`` is empty where it didn't split beyond doubt."""

    @property
    def last_line(self) -> int:
        """Last physical line."""
        ...

    @property
    def violations(self) -> tuple[Violation, ...]:
        """What the reader says."""
        ...

    @property
    def raw(self) -> bytes:
        """Its bytes."""
        ...

    @property
    def unmasked(self) -> bool:
        """Whether ``raw`` may hold cells of dropped columns."""
        ...


class FileCheck:
    """Takes the records of one extract in file order; `finish` settles what was provisional."""

    def __init__(self, rules: StaffRules) -> None:
        """Begin a file."""
        self.counts = RowCounts()
        #: Quarantined regions so far that name nobody beyond doubt.
        self.unidentified = 0
        self._rules = rules
        self._check = Validator(rules).check
        #: Folded ids, and the values as written in the first row that has each.
        self._seen = FirstSeen()
        #: Ids whose first row was not accepted.
        self._refused: set[str] = set()
        self._conflicts: set[str] = set()
        #: Of each duplicate: hash of the folded id, row, line. As many as the file has rows, at worst.
        self._duplicates = array("q")

    def take(self, record: Row | Damaged | Blank) -> StaffRecord | Excluded | Quarantined | None:
        """Judge the next record; None for a blank line or a duplicate.

        A `StaffRecord` given out is provisional: if its id is among the conflicts of `finish`, put
        ``conflicting(record)`` in its place.
        """
        self.counts.rows_in += 1
        if _is_row(record):
            return self._row(record)
        if _is_damaged(record):
            return self._quarantine(_refused(record, record.violations, self._rules), record)
        self.counts.blank += 1
        return None

    def finish(self) -> Conflicts:
        """Settle ids with different values; the counts are final afterwards."""
        late = tuple(self._late())
        withdrawn = len(self._conflicts - self._refused)
        self.counts.duplicate -= len(late)
        self.counts.accepted -= withdrawn
        self.counts.quarantined += len(late) + withdrawn
        return Conflicts(ids=frozenset(self._conflicts), withdrawn=withdrawn, late=late)

    def _late(self) -> Iterator[Repeat]:
        """Duplicates of a row that turned out to be one of several."""
        ids = {hash(key): key for key in self._conflicts}
        noted = iter(self._duplicates)
        for key, row, line in zip(noted, noted, noted, strict=True):
            if key in ids:
                yield Repeat(row, line, ids[key])

    def _row(self, record: Row) -> StaffRecord | Excluded | Quarantined | None:
        found = self._check(record)
        if isinstance(found, StaffRecord):
            return self._accept(found, record)
        if isinstance(found, Excluded):
            self.counts.excluded += 1
            self._meet(found.identity, record)
            return found
        return self._quarantine(_refused(record, found, self._rules), record)

    def _accept(self, record: StaffRecord, written: Row) -> StaffRecord | Quarantined | None:
        key, content = folded_id(record.employee_id), _content(written)
        known = self._seen.meet(key, content)
        if known is None:
            self.counts.accepted += 1
            return record
        if known != content or key in self._conflicts:
            self._conflicts.add(key)
            self.counts.quarantined += 1
            return conflicting(record)
        self._duplicates.extend((hash(key), record.row, record.line))
        self.counts.duplicate += 1
        return None

    def _quarantine(self, found: Quarantined, written: Row) -> Quarantined:
        self.counts.quarantined += 1
        self.unidentified += not found.identity
        self._meet(found.identity, written)
        return found

    def _meet(self, who: StaffIdentity, written: Row) -> None:
        """Remember the id of a row that isn't accepted: it may contradict one that is."""
        if who.employee_id is None:
            return
        key, content = folded_id(who.employee_id), _content(written)
        known = self._seen.meet(key, content)
        if known is None:
            self._refused.add(key)
        elif known != content:
            self._conflicts.add(key)


def check_file(records: Iterable[Row | Damaged | Blank], rules: StaffRules) -> Validated:
    """Validate a whole extract and keep all of it in memory (to stream, use `FileCheck`)."""
    file = FileCheck(rules)
    taken: list[StaffRecord] = []
    excluded: list[Excluded] = []
    quarantined: list[Quarantined] = []
    for record in records:
        found = file.take(record)
        if isinstance(found, StaffRecord):
            taken.append(found)
        elif isinstance(found, Excluded):
            excluded.append(found)
        elif found is not None:
            quarantined.append(found)
    conflicts = file.finish()
    withdrawn = [conflicting(r) for r in taken if conflicts.concern(r.employee_id)]
    told = sorted([*map(conflicts.settled, quarantined), *withdrawn], key=_place)
    everything = [*told, *_repeated(told, conflicts)]
    return Validated(
        accepted=tuple(r for r in taken if not conflicts.concern(r.employee_id)),
        excluded=tuple(excluded),
        quarantined=tuple(sorted(everything, key=_place)),
        counts=file.counts,
        unidentified=file.unidentified,
    )


def _place(found: Quarantined) -> int:
    return found.row


def _repeated(told: Sequence[Quarantined], conflicts: Conflicts) -> Iterator[Quarantined]:
    """Late rows, which say what the first row with their id says."""
    first: dict[str, Quarantined] = {}
    for found in told:
        if (who := found.identity.employee_id) and conflicts.concern(who):
            first.setdefault(folded_id(who), found)
    for late in conflicts.late:
        yield replace(
            first[late.employee_id], row=late.row, line=late.line, last_line=late.line,
            violations=(CONFLICT,),
        )  # fmt: skip


def _is_damaged(record: Row | Damaged | Blank) -> TypeGuard[Damaged]:
    return hasattr(record, "raw")


def _is_row(record: Row | Damaged | Blank) -> TypeGuard[Row]:
    return hasattr(record, "values") and not hasattr(record, "raw")


def _content(record: Row) -> int:
    return hash(tuple(record.values.values()))


def _refused(record: Row, found: tuple[Violation, ...], rules: StaffRules) -> Quarantined:
    """The quarantined form of a row that broke rules, or of a region that a reader refused."""
    known = tidied(record.values, rules) if record.values else {}
    damaged = record if _is_damaged(record) else None
    return Quarantined(
        row=record.row,
        line=record.line,
        last_line=damaged.last_line if damaged else record.line,
        violations=found,
        identity=identity(known, rules),
        values=known,
        raw=damaged.raw if damaged else joined(known),
        unmasked=damaged.unmasked if damaged else False,
    )
