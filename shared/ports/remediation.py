"""Storage of quarantined records of governed feeds: where each stands, what happened, who confirmed what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from shared.domain.remediation import (
    Attestation,
    Earlier,
    QuarantineEvent,
    QuarantineRecord,
    QuarantineState,
    ResubmissionOutcome,
    SetAside,
    TimelineEvent,
)
from shared.domain.run import Run
from shared.ports.views import Page, PageOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A record as it begins."""

    id: str
    found: SetAside
    #: `closed` where a later row of the same file has the same source id and takes its place at once.
    state: QuarantineState
    idempotency_key: str
    owner: str | None
    due_on: date
    supersedes: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something that happens to a record now."""

    quarantine_id: str
    actor: str
    event: QuarantineEvent
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineFilter:
    """Which records to list; empty fields don't narrow."""

    feeds: Sequence[str] = ()
    states: Sequence[QuarantineState] = ()
    codes: Sequence[str] = ()
    owners: Sequence[str] = ()
    source_ids: Sequence[str] = ()
    #: Only those that nobody owns.
    unassigned: bool = False
    #: Only those that wait longer than they should.
    overdue: bool = False
    #: Also those that a newer record took the place of.
    superseded: bool = False


class QuarantineSort(StrEnum):
    """Orders of the queue."""

    ATTENTION = "attention"  # regressed, new, other open ones, done; each by due date
    DUE = "due"  # open ones by due date, then what is done


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCount:
    """Records with a code."""

    code: str
    feed: str
    records: int
    oldest: date
    #: Whose they are, and how many are nobody's.
    owners: Sequence[str] = ()
    unassigned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Resubmission:
    """A record that a run is meant to mend, and what came of it; None while the run goes on."""

    quarantine_id: str
    source_id: str | None
    outcome: ResubmissionOutcome | None
    #: Whether the run accepted a row of it.
    taken: bool
    #: The record that took its place.
    superseded_by: str | None


class Remediation(Protocol):
    """Quarantined records of governed feeds."""

    def earlier(self, run: Run, known_by: Sequence[str]) -> dict[str, Earlier]:
        """The newest record of each in the run's feed; locked until the end of the transaction."""
        ...

    def open(self, run_id: str, feed: str, records: Sequence[Opening]) -> None:
        """Store records in bulk; open ones whose place they take are closed."""
        ...

    def get(self, record_id: str, *, lock: bool = False) -> QuarantineRecord:
        """Raises `NotFound`, also for a quarantined row of a staff extract: it has no states."""
        ...

    def page(
        self,
        wanted: QuarantineFilter,
        page: PageOf,
        today: date,
        sort: QuarantineSort = QuarantineSort.ATTENTION,
    ) -> Page[QuarantineRecord]:
        """Records of a filter in an order of the queue.

        Raises:
            NotFound: ``page.after`` is no record.
        """
        ...

    def code_counts(self, wanted: QuarantineFilter, today: date) -> list[CodeCount]:
        """Records of a filter by code and feed, most first."""
        ...

    def state_counts(self, wanted: QuarantineFilter, today: date) -> Mapping[QuarantineState, int]:
        """Records of a filter by state, whatever states it names."""
        ...

    def owners(self) -> list[str]:
        """Whoever owns an open record."""
        ...

    def save(self, record: QuarantineRecord) -> None:
        """Write what may change of a record that was read with a lock."""
        ...

    def note(self, events: Iterable[Happened]) -> None: ...
    def timeline(self, record_id: str) -> list[TimelineEvent]:
        """Of the record and those whose place it took, oldest first."""
        ...

    def landed_by(self, record: QuarantineRecord) -> frozenset[str]:
        """Who sent a file, or started a run of one, in which this source id said exactly this."""
        ...

    def attest(self, attestation: Attestation, *, four_eyes: bool) -> bool:
        """False if the same was confirmed before. The database refuses a second pair of the same eyes."""
        ...

    def attested(self, record: QuarantineRecord) -> list[Attestation]:
        """What people have confirmed for exactly this record."""
        ...

    def attestations(self, feed: str) -> Mapping[str, frozenset[str]]:
        """Hash of a payload → codes that people have confirmed for it."""
        ...

    def resubmit(self, run_id: str, records: Iterable[QuarantineRecord]) -> None:
        """Note which records a run is meant to mend."""
        ...

    def resubmissions(self, run_id: str) -> list[Resubmission]: ...
    def set_outcomes(self, run_id: str, outcomes: Mapping[str, ResubmissionOutcome]) -> None:
        """Record id → what the run came to for it."""
        ...

    def resolve(self, run_id: str) -> dict[str, QuarantineState]:
        """Resolve open records of earlier runs whose source ids this run applied or found unchanged.

        Returns:
            Id → where it stood.
        """
        ...

    def overdue(self, today: date) -> list[QuarantineRecord]:
        """Open records past their due date, oldest first."""
        ...

    def mark_overdue(self, today: date) -> list[str]:
        """Ids of those that nobody has been told of yet; from now on somebody has."""
        ...
