"""Inspect a file: what the reader and a feed's rules make of it, without a run or anything kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge
from typing import NamedTuple, TypeAlias

from shared.domain.errors import BooksUnbalanced, InputInvalid
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.domain.feeds.record_row import Refused, RowJudge
from shared.domain.feeds.repeats import Clashes, Repeats
from shared.domain.policy import StaffPolicy
from shared.domain.staff import StaffRecord
from shared.domain.staff_result import Conflicts, Quarantined, RowCounts
from shared.domain.staff_validation import FileCheck
from shared.domain.violation import Violation
from shared.pipeline.read_records import require_no_rejection
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

#: Each violation's parts.
Plain: TypeAlias = tuple[tuple[str, str | None, str, str], ...]
#: Line, canonical column → text as written, whose row it is where a feed's rules count, warnings.
Accepted = tuple[int, dict[str, str], str | None, Plain]
#: First and last line, whose row it is if known, violations.
SetAside = tuple[int, int, str | None, Plain]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What is declared about the files."""

    dialect: Dialect
    headers: HeaderDictionary
    #: The feed whose rules count too, staff or a governed one; without it only the reader judges.
    staff: StaffPolicy | None = None
    governed: RowJudge | None = None

    @property
    def by_rules(self) -> bool:
        """Whether a feed's rules count."""
        return self.staff is not None or self.governed is not None


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


class Taken(NamedTuple):
    """A row that is taken."""

    line: int
    values: dict[str, str]
    #: What rules that only warn say of it.
    warnings: tuple[Violation, ...]


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
    _conflicts: Conflicts | Clashes = field(default=Conflicts())

    def accepted(self) -> Iterator[Taken]:
        """Each row that is taken, in file order."""
        if self.refused is not None:
            return
        concern = self._conflicts.concern if self._conflicts.withdrawn else None
        for line, values, whose, warnings in self._spools.accepted:
            if concern is None or not concern(whose):
                yield Taken(line, values, tuple(Violation(*v) for v in warnings))

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
        """Rows that were sound until another row of the same id said otherwise."""
        if not self._conflicts.withdrawn:
            return
        for line, _, whose, _ in self._spools.accepted:
            if self._conflicts.concern(whose):
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
        found = _judged(extract, declared, spools)
    except InputInvalid as refused:
        return Inspected(counts=RowCounts(), refused=refused, _spools=spools)
    if not found.counts.balanced:
        raise BooksUnbalanced(
            "The rows of the file are not all accounted for, so none of them can be trusted."
            " Nothing was written. Please report this."
        )
    return found


def _judged(extract: OpenExtract, declared: Declared, spools: Spools) -> Inspected:
    found: Conflicts | Clashes = Conflicts()
    if declared.staff is not None:
        counts, found = _staff(extract, declared.staff, spools)
    elif declared.governed is not None:
        counts, found = _governed(extract, declared.governed, spools)
    else:
        counts = _as_read(extract, spools)
    return Inspected(
        counts=counts, dropped=extract.dropped, hidden=extract.hidden,
        _spools=spools, _conflicts=found,
    )  # fmt: skip


def _staff(extract: OpenExtract, staff: StaffPolicy, spools: Spools) -> tuple[RowCounts, Conflicts]:
    check = FileCheck(staff_rules(staff, extract.columns))
    for record in extract.records():
        found = check.take(record)
        if isinstance(found, StaffRecord) and isinstance(record, SoundRecord):
            spools.accepted.add((record.line, record.values, found.employee_id, ()))
        elif isinstance(found, Quarantined):
            who = found.identity.employee_id
            spools.quarantined.add((found.line, found.last_line, who, _plain(found.violations)))
    conflicts = check.finish()
    return check.counts, conflicts


def _governed(extract: OpenExtract, judge: RowJudge, spools: Spools) -> tuple[RowCounts, Clashes]:
    counts, repeats = RowCounts(), Repeats()
    for record in extract.records():
        if not isinstance(record, SoundRecord):
            _take_as_read(record, counts, spools)
            continue
        counts.rows_in += 1
        found = judge.judge(record)
        if isinstance(found, Refused):
            require_no_rejection(found, judge)
            counts.quarantined += 1
            repeats.refuse(found.source_id)
            spools.quarantined.add((found.line, found.line, None, _plain(found.violations)))
        elif repeats.is_first(found):
            counts.accepted += 1
            warnings = _plain(found.warnings)
            spools.accepted.add((record.line, record.values, found.source_id, warnings))
        else:
            counts.duplicate += 1
    clashes = repeats.clashes()
    counts.accepted -= clashes.withdrawn
    counts.duplicate -= len(clashes.late)
    counts.quarantined += clashes.withdrawn + len(clashes.late)
    return counts, clashes


def _as_read(extract: OpenExtract, spools: Spools) -> RowCounts:
    """Take what the reader finds sound."""
    counts = RowCounts()
    for record in extract.records():
        _take_as_read(record, counts, spools)
    return counts


def _take_as_read(
    record: SoundRecord | DamagedRecord | BlankRecord, counts: RowCounts, spools: Spools
) -> None:
    counts.rows_in += 1
    match record:
        case SoundRecord():
            counts.accepted += 1
            spools.accepted.add((record.line, record.values, None, ()))
        case DamagedRecord():
            counts.quarantined += 1
            found = _plain(record.violations)
            spools.quarantined.add((record.line, record.last_line, None, found))
        case BlankRecord():
            counts.blank += 1


def _plain(violations: tuple[Violation, ...]) -> Plain:
    return tuple((v.code, v.column, v.detail, v.value_class) for v in violations)


def _line(region: Region) -> int:
    return region.line
