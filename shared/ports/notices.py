"""Storage of notices until their mail is sent, and the figures that mails show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from shared.domain.action import ActionClass, ActionStatus
from shared.domain.notice import Earlier, News, Notice, NoticeState, Topic
from shared.domain.run import Phase


class Undecided(NamedTuple):
    """A run whose plan waits for its review."""

    run_id: str
    waited_h: float


class PhaseTime(NamedTuple):
    """How long a phase of a run took, beside the median of the runs before it."""

    phase: Phase
    seconds: float
    #: None for the first run.
    median_s: float | None
    #: How many runs the median is of, at most ten.
    runs: int


class Backlog(NamedTuple):
    """Mails that were tried and not sent."""

    waiting: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """What a mail shows of a run: counts, codes and times."""

    #: Actions of its plan.
    actions: Mapping[tuple[ActionClass, ActionStatus], int] = field(default_factory=dict)
    #: Those of the last plan of the feed before it.
    last_planned: Mapping[ActionClass, int] = field(default_factory=dict)
    #: Why actions did not succeed, the most frequent first.
    reasons: Sequence[tuple[str, int]] = ()
    #: What is wrong with rows that were not taken, the most frequent first.
    violations: Sequence[tuple[str, int]] = ()
    phases: Sequence[PhaseTime] = ()
    mapping_version: int | None = None


class Notices(Protocol):
    """Notices: made in the transaction of what they tell of, sent outside of any."""

    def add(self, topic: Topic, about: str, *, stage: str, at: datetime) -> None:
        """Make a notice; one that is not about a run is made once for its stage."""
        ...

    def claim(self, now: datetime) -> Notice | None:
        """The oldest that is due, counted as an attempt.

        None while another is being sent, so that each is judged knowing what the one before it came
        to. A run is told of once its reports are written.
        """
        ...

    def end(
        self, notice: Notice, state: NoticeState, *, at: datetime, news: News | None = None
    ) -> None:
        """Close it; ``news`` is what later ones are compared with."""
        ...

    def postpone(self, notice: Notice, *, until: datetime, error: str | None = None) -> None:
        """Try again later; without an ``error`` nothing was tried."""
        ...

    def earlier(self, news: News, *, since: datetime) -> Earlier:
        """What was said last in a series of news, and since when it counts as said today."""
        ...

    def backlog(self) -> Backlog:
        """What waits because it could not be sent."""
        ...

    def undecided(self) -> list[Undecided]:
        """Runs whose plan waits for its review."""
        ...

    def figures(self, run_id: str, *, most: int) -> RunFigures:
        """What a mail shows of a run, with at most so many reasons and violations. Raises `NotFound`."""
        ...

    def phases(self, run_id: str) -> list[PhaseTime]:
        """How long each took, in order."""
        ...

    def recent_runs(self, hours: int) -> list[str]:
        """Runs that were started in the last hours, oldest first."""
        ...
