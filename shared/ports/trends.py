"""What the last runs came to, from counts that are stored with them: for pictures and the overview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from shared.domain.action import ActionStatus, Kind
from shared.domain.gates import Gate
from shared.domain.run import RunMode, RunState

#: Runs of an extract: neither to look for drift nor to take one back.
OF_EXTRACT = (RunMode.PLAN, RunMode.PLAN_AND_APPLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFigures:
    """Rows of an extract as they were read."""

    rows_in: int
    accepted: int
    quarantined: int
    #: Damaged ones that name nobody.
    unidentified: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run in figures."""

    id: str
    feed: str
    mode: RunMode
    state: RunState
    reason: str | None = None
    detail: str | None = None
    file_name: str | None = None
    #: Of the file.
    sha256: str | None = None
    plan_id: str | None = None
    created_at: datetime
    ended_at: datetime | None = None
    #: Seconds in its phases, without the time it waited for people.
    worked_s: float = 0.0
    #: Of the plan, what is held included; empty without one.
    planned: Mapping[Kind, int] = field(default_factory=dict)
    #: Of these, what the plan holds.
    held: int = 0
    #: Who decided about the plan.
    reviewed_by: str | None = None
    #: Of the books: actions by how they ended; None until they are closed.
    ended: Mapping[ActionStatus, int] | None = None
    #: None of a run whose rows were not counted.
    rows: RowFigures | None = None
    #: The limit of removals as it was judged; None without a plan.
    removals: Gate | None = None

    @property
    def actions(self) -> int:
        """All that were planned."""
        return sum(self.planned.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCount:
    """Actions that ended alike, otherwise than well."""

    status: ActionStatus
    #: The target's word or ours.
    code: str | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """When the target was last called by a worker, and what it answered."""

    #: The newest usable answer; None if there never was one.
    answered_at: datetime | None = None
    #: The newest call that ended otherwise.
    failed_at: datetime | None = None
    #: How that one ended: `unreachable`, `no_answer`, `http_503`.
    failed_with: str | None = None

    @property
    def trouble(self) -> str | None:
        """How the last call ended, if it ended otherwise than well."""
        if self.failed_at is None:
            return None
        later = self.answered_at is None or self.failed_at > self.answered_at
        return self.failed_with if later else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRecords:
    """Quarantined records of a governed feed that wait since one day."""

    feed: str
    opened_on: date
    records: int
    #: Of these, past their due date.
    overdue: int


class Trends(Protocol):
    """One statement each; all but `reasons` over counts that are stored, however many actions there are."""

    def runs(self, feed: str, modes: Sequence[RunMode], *, most: int) -> list[PastRun]:
        """The newest runs of a feed in these modes, oldest first."""
        ...

    def of(self, run_ids: Sequence[str]) -> Mapping[str, PastRun]:
        """These runs by their ids, whatever feed and mode."""
        ...

    def last(self, feed: str, states: Sequence[RunState]) -> PastRun | None:
        """The newest run of an extract in one of these states."""
        ...

    def reasons(self, plan_id: str) -> list[ReasonCount]:
        """Why actions of a plan failed, conflicted or are unknown, most frequent first."""
        ...

    def contact(self, target: str) -> Contact:
        """When a target last answered."""
        ...

    def open_records(self, today: date) -> list[OpenRecords]:
        """Quarantined records of governed feeds that wait for somebody, by feed and day."""
        ...
