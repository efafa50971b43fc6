"""Validates a whole staff extract: each row by itself, then ids that stand in several rows.

The result doesn't depend on the order of rows; staff_ids.py says what memory it takes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeGuard

from shared.domain.policy import RowsPerPerson
from shared.domain.staff import StaffIdentity, StaffRecord
from shared.domain.staff_ids import OneRow, RowsOfIds, SeveralRows, Standing
from shared.domain.staff_merge import one_spelling
from shared.domain.staff_result import (
    CONFLICT,
    CONFLICT_MERGED,
    Conflicts,
    Quarantined,
    RowCounts,
    Validated,
    conflicting,
    folded_id,
    joined,
)
from shared.domain.staff_row import Excluded, Row, Validator
from shared.domain.staff_rules import StaffRules
from shared.domain.staff_values import identity, tidied, violations
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


class FileCheck:
    """Takes the records of one extract in file order; `finish` settles what was provisional."""

    def __init__(self, rules: StaffRules) -> None:
        """Begin a file."""
        self.counts = RowCounts()
        #: Quarantined regions so far that name nobody beyond doubt.
        self.unidentified = 0
        self._rules = rules
        self._check = Validator(rules).check
        self._ids: RowsOfIds
        match rules.rows_per_person:
            case RowsPerPerson.ONE:
                self._ids, self._conflict = OneRow(), CONFLICT
            case RowsPerPerson.MERGE:
                self._ids, self._conflict = SeveralRows(), CONFLICT_MERGED

    def take(self, record: Row | Damaged | Blank) -> StaffRecord | Excluded | Quarantined | None:
        """Judge the next record; None for a blank line or a duplicate.

        A `StaffRecord` given out is provisional: if its id is among the conflicts of `finish`, put
        ``conflicts.of(record)`` in its place.
        """
        self.counts.rows_in += 1
        if _is_row(record):
            return self._row(record)
        if _is_damaged(record):
            return self._quarantine(_refused(record, record.violations, self._rules), record)
        self.counts.blank += 1
        return None

    def finish(self) -> Conflicts:
        """Settle ids whose rows contradict each other; the counts are final afterwards."""
        conflicts = self._ids.finish()
        late = len(conflicts.late)
        self.counts.duplicate -= late
        self.counts.accepted -= conflicts.withdrawn
        self.counts.quarantined += late + conflicts.withdrawn
        return conflicts

    def _row(self, record: Row) -> StaffRecord | Excluded | Quarantined | None:
        try:
            found = self._check(record)
        except MemoryError:
            raise  # not the row's doing
        except Exception as error:  # noqa: BLE001  # a fault of ours costs one row, not the file
            return self._quarantine(_not_judged(record, error), record)
        if isinstance(found, StaffRecord):
            return self._accept(found, record)
        if isinstance(found, Excluded):
            self.counts.excluded += 1
            self._refuse(found.identity, record)
            return found
        return self._quarantine(_refused(record, found, self._rules), record)

    def _accept(self, record: StaffRecord, written: Row) -> StaffRecord | Quarantined | None:
        standing = self._ids.accept(record, written)
        if standing is Standing.ACCEPTED:
            self.counts.accepted += 1
            return record
        if standing is Standing.DUPLICATE:
            self.counts.duplicate += 1
            return None
        self.counts.quarantined += 1
        return conflicting(record, self._conflict)

    def _quarantine(self, found: Quarantined, written: Row) -> Quarantined:
        self.counts.quarantined += 1
        self.unidentified += not found.identity
        self._refuse(found.identity, written)
        return found

    def _refuse(self, who: StaffIdentity, written: Row) -> None:
        if who.employee_id is not None:
            self._ids.refuse(who.employee_id, written)


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
    withdrawn = [conflicts.of(r) for r in taken if conflicts.concern(r.employee_id)]
    told = sorted([*map(conflicts.settled, quarantined), *withdrawn], key=_place)
    everything = [*told, *_repeated(told, conflicts)]
    accepted = [r for r in taken if not conflicts.concern(r.employee_id)]
    if rules.rows_per_person is RowsPerPerson.MERGE:
        accepted = one_spelling(accepted)
    return Validated(
        accepted=tuple(accepted),
        excluded=tuple(excluded),
        quarantined=tuple(sorted(everything, key=_place)),
        counts=file.counts,
        unidentified=file.unidentified,
    )


def _place(found: Quarantined) -> int:
    return found.row


def _repeated(told: Sequence[Quarantined], conflicts: Conflicts) -> Iterator[Quarantined]:
    """Late rows, which say what an earlier row says."""
    first: dict[str, Quarantined] = {}
    by_row = {found.row: found for found in told}
    for found in told:
        if (who := found.identity.employee_id) and conflicts.concern(who):
            first.setdefault(folded_id(who), found)
    for late in conflicts.late:
        said = first[late.employee_id] if late.row_before is None else by_row[late.row_before]
        yield replace(
            said, row=late.row, line=late.line, last_line=late.line,
            violations=(conflicts.violation,),
        )  # fmt: skip


def _is_damaged(record: Row | Damaged | Blank) -> TypeGuard[Damaged]:
    return hasattr(record, "raw")


def _is_row(record: Row | Damaged | Blank) -> TypeGuard[Row]:
    return hasattr(record, "values") and not hasattr(record, "raw")


def _refused(record: Row, found: tuple[Violation, ...], rules: StaffRules) -> Quarantined:
    """The quarantined form of a row that broke rules, or of a region that a reader refused."""
    known = tidied(record.values, rules) if record.values else {}
    damaged = record if _is_damaged(record) else None
    return Quarantined(
        row=record.row,
        line=record.line,
        last_line=damaged.last_line if damaged else record.line,
        violations=_all_told(found, violations(known, rules)) if damaged and known else found,
        identity=identity(known, rules),
        values=known,
        raw=damaged.raw if damaged else joined(known),
    )


def _not_judged(record: Row, error: Exception) -> Quarantined:
    """A row at which a rule failed: who it names is not to be told, so its text shields whom it may name."""
    detail = f"the engine failed at it ({type(error).__name__})"
    return Quarantined(
        row=record.row, line=record.line, last_line=record.line,
        violations=(Violation("not_judged", None, detail),),
        identity=StaffIdentity(), values={}, raw=joined(record.values),
    )  # fmt: skip


def _all_told(
    by_reader: tuple[Violation, ...], by_rules: tuple[Violation, ...]
) -> tuple[Violation, ...]:
    """What a reader says of a line, in the column where the rules find the same; then the rest of these."""
    more = list(by_rules)
    told: list[Violation] = []
    for violation in by_reader:
        same = next((v for v in more if v.code == violation.code and not violation.column), None)
        told.append(replace(violation, column=same.column) if same else violation)
        more = [
            v for v in more if v is not same and (v.column is None or v.column != violation.column)
        ]
    return (*told, *more)
