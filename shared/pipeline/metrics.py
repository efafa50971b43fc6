"""What monitoring watches, as plain values read in one transaction. Writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.action import ActionStatus
from shared.domain.canonical import Json
from shared.domain.run import RunState
from shared.domain.work import MessageFault
from shared.pipeline.overdue import FEED, last_arrival, overdue
from shared.pipeline.tools import Tools
from shared.ports.state import QueueState
from shared.ports.tallies import NewestPlan, PhaseTime
from shared.ports.target import CallCount

#: States in which a plan waits for a person who decides.
_UNDECIDED = frozenset({RunState.HELD, RunState.AWAITING_APPROVAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedMetrics:
    """A feed; None for what never happened."""

    last_file_at: datetime | None
    last_success_at: datetime | None
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Every figure there is, counted by states, kinds and codes only: nothing is about a person."""

    version: str
    runs: Mapping[RunState, int]
    phases: tuple[PhaseTime, ...]
    feeds: Mapping[str, FeedMetrics]
    queue: QueueState
    #: Messages that workers refused.
    refused: Mapping[MessageFault, int]
    #: When an item was last taken, renewed or ended.
    last_progress_at: datetime | None
    calls: tuple[CallCount, ...]
    plan: NewestPlan | None
    #: How long the oldest plan that nobody has decided about has waited.
    undecided_s: float
    books: Mapping[str, Json] | None
    applying: Mapping[ActionStatus, int]
    uploads: int


def metrics(tools: Tools) -> Metrics:
    """Read them all."""
    with tools.transactions.begin() as uow:
        queue, success = uow.state.queue(), uow.runs.last_success(FEED)
        staff = FeedMetrics(
            last_file_at=last_arrival(uow, FEED),
            last_success_at=success.ended_at if success else None,
            overdue=overdue(tools, uow) is not None,
        )
        undecided = (w.oldest_s for w in uow.state.waiting() if w.state in _UNDECIDED)
        return Metrics(
            version=tools.engine_version,
            runs=uow.tallies.runs(),
            phases=tuple(uow.tallies.phases()),
            feeds={FEED: staff},
            queue=queue,
            refused=uow.tallies.refused(),
            last_progress_at=_before(tools.clock.now(), queue.idle_s),
            calls=tuple(uow.tallies.calls()),
            plan=uow.tallies.newest_plan(),
            undecided_s=max(undecided, default=0.0),
            books=uow.tallies.books(),
            applying=uow.tallies.applying(),
            uploads=uow.tallies.uploads(),
        )


def _before(now: datetime, age_s: float | None) -> datetime | None:
    return None if age_s is None else now - timedelta(seconds=age_s)
