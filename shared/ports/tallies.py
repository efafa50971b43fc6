"""Sums over runs, plans and calls, for metrics. Cheap to read however much has been stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from shared.domain.action import ActionClass, ActionStatus
from shared.domain.canonical import Json
from shared.domain.run import Phase, RunState
from shared.domain.work import MessageFault
from shared.ports.target import CallCount


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseTime:
    """How long a phase took the last time it ended, and all the times together, in seconds."""

    phase: Phase
    last_s: float
    total_s: float
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestPlan:
    """The plan that was made last: its gates as in its header, and what is held."""

    gates: tuple[Mapping[str, Json], ...]
    held: Mapping[ActionClass, int]


class Tallies(Protocol):
    """What is counted."""

    def add_calls(self, target: str, counts: Iterable[CallCount]) -> None:
        """Add requests to the sums of a target."""
        ...

    def calls(self) -> list[CallCount]:
        """Requests to the target so far."""
        ...

    def add_refused(self, counts: Mapping[MessageFault, int]) -> None:
        """Add messages that workers refused to the sums."""
        ...

    def refused(self) -> Mapping[MessageFault, int]:
        """Messages refused so far."""
        ...

    def runs(self) -> dict[RunState, int]:
        """All runs by the state they are in."""
        ...

    def phases(self) -> list[PhaseTime]: ...

    def newest_plan(self) -> NewestPlan | None: ...

    def books(self) -> Mapping[str, Json] | None:
        """The books of the newest run that has any."""
        ...

    def applying(self) -> dict[ActionStatus, int]:
        """Actions by status of the run that is being applied or is paused; empty if there is none."""
        ...

    def uploads(self) -> int:
        """Files that were taken; the same bytes count once."""
        ...
