"""What the engine's own tables say about how it is doing: for health and metrics. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """Work items that are not done; ages by the database's clock."""

    #: Nobody has them and they may be taken now; an item whose owner's lease ran out is one of them.
    due: int
    #: Due later: retries, runs that wait for their turn.
    later: int
    #: Somebody works on them.
    leased: int
    #: Of those that are due later: they wait because the database took nothing of what they had to record.
    unrecorded: int
    #: Given up since `DEAD_S`, and not led on since; of these runs, or of these and others.
    dead: int
    dead_runs: Sequence[str]
    #: How long the oldest due item has waited.
    oldest_due_s: float | None
    #: How long the oldest due item has waited for its message to be sent.
    oldest_unsent_s: float | None
    #: Since an item was last taken, renewed or ended; None if that never happened.
    idle_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRuns:
    """Runs in one state in which nothing moves until somebody acts."""

    state: str
    reason: str | None
    count: int
    oldest_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """How a feed is doing; None for what never happened."""

    last_file_s: float | None
    last_success_s: float | None
    #: Whether the books of the newest run that has ended balance.
    balanced: bool | None


class State(Protocol):
    """Figures over everything that is stored."""

    def queue(self) -> QueueState: ...
    def waiting(self) -> list[WaitingRuns]: ...
    def runs_ahead(self) -> int:
        """Runs that workers are busy with or haven't got to; not those that wait for people or a date."""
        ...

    def feed(self, name: str) -> FeedState: ...
