"""Storage of what an extract held: accepted records and quarantined ones."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from shared.domain.books import RowsAlike
from shared.domain.canonical import Json
from shared.domain.held_rows import HeldRow
from shared.domain.mapping_coverage import Alike
from shared.domain.plan import Disposition
from shared.domain.policy import MatchRule
from shared.domain.staff import StaffRecord
from shared.domain.violation import Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineEntry:
    """A record that was not taken."""

    id: str
    row: int
    line: int
    last_line: int
    source_id: str | None
    violations: Sequence[Violation]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadExtract:
    """An extract whose rows are stored, and the run that read it."""

    run_id: str
    file_name: str | None
    landed_at: datetime
    #: The version it was read with: columns that this one didn't name were not stored.
    mapping_sha256: str
    counts: Mapping[str, Json]


class Extracts(Protocol):
    """Rows of a run."""

    def newest_read(self, feed: str) -> ReadExtract | None:
        """The newest extract of a feed that could be read; None if there is none."""
        ...

    def alike(self, run_id: str, as_of: date) -> list[Alike]:
        """Accepted staff rows of people who haven't left by then, counted by what they say."""
        ...

    def add_records(self, run_id: str, records: Iterable[StaffRecord]) -> None: ...
    def records(self, run_id: str) -> list[StaffRecord]: ...
    def lines(self, run_id: str) -> dict[int, int]:
        """Row → physical line of accepted rows."""
        ...

    def add_quarantine(
        self, run_id: str, feed: str, entries: Iterable[QuarantineEntry]
    ) -> None: ...
    def quarantine(self, run_id: str) -> list[QuarantineEntry]: ...

    def set_dispositions(
        self,
        run_id: str,
        dispositions: Mapping[int, Disposition],
        matched: Mapping[int, int],
        held: Iterable[HeldRow],
        *,
        match_rules: Mapping[int, MatchRule],
    ) -> None:
        """What the plan makes of each row."""
        ...

    def held_rows(self, run_id: str) -> list[HeldRow]: ...
    def pending_rows(self, run_id: str) -> frozenset[int]:
        """Rows with something to apply."""
        ...

    def row_outcomes(self, run_id: str, plan_id: str | None) -> Iterator[RowsAlike]:
        """Accepted rows by disposition and the statuses of their actions."""
        ...

    def remember_links(self, run_id: str, target: str) -> int:
        """Keep who was matched or added in this run for the next one."""
        ...

    def links(self, target: str) -> dict[str, int]:
        """Folded employee id → LMS id."""
        ...
