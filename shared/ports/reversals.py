"""Storage of what taking runs back needs: before-images of records, and whom a plan leaves out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.domain.reversal import Image, LeftOut, LeftOutReason
from shared.domain.run import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """A run that takes another one back, or was to."""

    run_id: str
    state: RunState


#: Of those whom a run leaves out for one reason, so many stand in its plan; its reports have all.
MOST_LEFT_OUT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutFor:
    """Whom a run leaves out for one reason: how many, and the first by key."""

    reason: LeftOutReason
    count: int
    first: Sequence[LeftOut]


class Reversals(Protocol):
    """Runs that take others back."""

    def anything_done(self, run_id: str) -> bool:
        """Whether a run has written something, or may have."""
        ...

    def groups(self, run_id: str) -> Mapping[int, str]:
        """Group id → name of the groups whose members a run has changed."""
        ...

    def images(self, run_id: str, feed: str) -> Iterator[Sequence[Image]]:
        """What a run made of governed records, in portions and in the order of its plan."""
        ...

    def leave_out(self, run_id: str, left_out: Iterable[LeftOut]) -> None:
        """Keep whom the run leaves out; whom it names already stays."""
        ...

    def left_out(self, run_id: str) -> Iterator[LeftOut]:
        """By reason and key, streaming."""
        ...

    def left_out_by_reason(self, run_id: str) -> Sequence[LeftOutFor]:
        """The most frequent reason first, each with at most `MOST_LEFT_OUT` of those concerned."""
        ...

    def left_out_person(self, run_id: str, ascip_id: int) -> LeftOut | None:
        """Why nothing of somebody is taken back; None if they are not left out."""
        ...

    def of(self, run_id: str) -> Sequence[TakenBack]:
        """Runs that take this one back, oldest first."""
        ...
