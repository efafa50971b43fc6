"""Inspect a file: what the reader and a feed's rules make of it, without a run or anything kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge
from typing import NamedTuple

from shared.domain.errors import BooksUnbalanced, InputInvalid
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.domain.policy import StaffPolicy
from shared.domain.staff import StaffRecord
from shared.domain.staff_result import Conflicts, Quarantined, RowCounts
from shared.domain.staff_validation import FileCheck
from shared.domain.violation import Violation
from shared.pipeline.read_staff import staff_rules
from shared.ports.reader import (
    BlankRecord,
    DamagedRecord,
    Dialect,
    OpenExtract,
    SoundRecord,
    Source,
    TabularReader,
)
from shared.ports.spool import Spool

#: Line, canonical column → text as written, and the employee id where a feed's rules count.
Accepted = tuple[int, dict[str, str], str | None]
#: First and last line, employee id if known, and each violation's parts.
SetAside = tuple[int, int, str | None, tuple[tuple[str, str | None, str, str], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What is declared about the files."""

    dialect: Dialect
    headers: HeaderDictionary
    #: The feed whose rules count too; without it only the reader judges.
    staff: StaffPolicy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spools:
    """Where rows wait for the end of the file: it may take all of them back."""

    accepted: Spool[Accepted]
    quarantined: Spool[SetAside]


class Region(NamedTuple):
    """A record that was not taken: its physical lines, and all that is wrong with it."""

    line: int
    last_line: int
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """The verdict on one file. Its rows are there as long as its spools."""

    counts: RowCounts
    #: Why nothing is taken from the file.
    refused: InputInvalid | None = None
    #: Headers nobody mapped, as written.
    dropped: tuple[str, ...] = ()
    #: What a workbook hides, such as `hidden_rows`.
    hidden: Mapping[str, int] = field(default_factory=dict)
    _spools: Spools
    _conflicts: Conflicts = field(default=Conflicts())

    def accepted(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Line and values of each row that is taken, in file order."""
        if self.refused is not None:
            return
        concern = self._conflicts.concern if self._conflicts.withdrawn else None
        for line, values, employee_id in self._spools.accepted:
            if concern is None or not concern(employee_id):
                yield line, values

    def quarantined(self) -> Iterator[Region]:
        """Each record that is not taken, in file order."""
        if self.refused is not None:
            return
        set_aside = (
            Region(line, last, self._conflicts.told(tuple(Violation(*v) for v in found), who))
            for line, last, who, found in self._spools.quarantined
        )
        conflicting = self._conflicts.violation
        late = [Region(again.line, again.line, (conflicting,)) for again in self._conflicts.late]
        yield from merge(set_aside, sorted([*late, *self._withdrawn()], key=_line), key=_line)

    def _withdrawn(self) -> Iterator[Region]:
        """Rows that were sound until another row of the same person said otherwise."""
        if not self._conflicts.withdrawn:
            return
        for line, _, employee_id in self._spools.accepted:
            if self._conflicts.concern(employee_id):
                yield Region(line, line, (self._conflicts.violation,))


def inspect(reader: TabularReader, source: Source, declared: Declared, spools: Spools) -> Inspected:
    """Judge a file. Of a refused one nothing is taken, and nothing counted.

    Raises:
        ConfigInvalid: the dialect can't be used.
        StorageFull: the rows don't fit on the disk.
        OSError: the file can't be read.
    """
    try:
        extract = reader.open(source, declared.dialect, declared.headers)
        found = _judged(extract, declared.staff, spools)
    except InputInvalid as refused:
        return Inspected(counts=RowCounts(), refused=refused, _spools=spools)
    if not found.counts.balanced:
        raise BooksUnbalanced(
            "The rows of the file are not all accounted for, so none of them can be trusted."
            " Nothing was written. Please report this."
        )
    return found


def _judged(extract: OpenExtract, staff: StaffPolicy | None, spools: Spools) -> Inspected:
    if staff is None:
        return Inspected(
            counts=_as_read(extract, spools), dropped=extract.dropped, hidden=extract.hidden,
            _spools=spools,
        )  # fmt: skip
    check = FileCheck(staff_rules(staff, extract.columns))
    for record in extract.records():
        found = check.take(record)
        if isinstance(found, StaffRecord) and isinstance(record, SoundRecord):
            spools.accepted.add((record.line, record.values, found.employee_id))
        elif isinstance(found, Quarantined):
            who = found.identity.employee_id
            spools.quarantined.add((found.line, found.last_line, who, _plain(found.violations)))
    conflicts = check.finish()
    return Inspected(
        counts=check.counts, dropped=extract.dropped, hidden=extract.hidden,
        _spools=spools, _conflicts=conflicts,
    )  # fmt: skip


def _as_read(extract: OpenExtract, spools: Spools) -> RowCounts:
    """Take what the reader finds sound."""
    counts = RowCounts()
    for record in extract.records():
        counts.rows_in += 1
        match record:
            case SoundRecord():
                counts.accepted += 1
                spools.accepted.add((record.line, record.values, None))
            case DamagedRecord():
                counts.quarantined += 1
                found = _plain(record.violations)
                spools.quarantined.add((record.line, record.last_line, None, found))
            case BlankRecord():
                counts.blank += 1
    return counts


def _plain(violations: tuple[Violation, ...]) -> tuple[tuple[str, str | None, str, str], ...]:
    return tuple((v.code, v.column, v.detail, v.value_class) for v in violations)


def _line(region: Region) -> int:
    return region.line
