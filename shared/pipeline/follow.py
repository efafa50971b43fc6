"""Follow a run: successive `Progress` values become events, for the event stream and the command line.

    follower = Follower.after(last_event_id)          # None on a first connection
    for event in follower.events(progress(tools, run_id), at=time.monotonic()): ...
    if at_rest(now): end the stream                   # its last event was `done`

The first call gives the whole picture (`phase`, `counts`, `state`, the newest errors), later ones
only what is new. No IO, no clock: who follows asks `progress` about twice a second.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shared.domain.canonical import Json
from shared.domain.run import RESTING, RunState
from shared.pipeline.documents import moment
from shared.pipeline.look import Progress
from shared.ports.views import ActionError

#: The rate is that of the last so many seconds.
RATE_S = 15.0
#: A rate over less says nothing.
SHORTEST_S = 1.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = 18

#: States in which a run rests before its reports are written.
_FOR_PEOPLE = frozenset(
    {RunState.AWAITING_APPROVAL, RunState.HELD, RunState.APPROVED, RunState.PAUSED}
)


class EventType(StrEnum):
    """What an event tells."""

    PHASE = "phase"  # another state of work began
    COUNTS = "counts"  # how far it is; never goes back within a phase
    ERROR = "error"  # actions that ended otherwise than well
    STATE = "state"  # where the run stands, and who acts next
    DONE = "done"  # nothing moves any more: the last event


@dataclass(frozen=True, slots=True)
class Event:
    """One event. Its ``id`` says what has been told; the number before the hyphen rises with each."""

    id: str
    type: EventType
    data: dict[str, Json]


def at_rest(now: Progress) -> bool:
    """Whether nothing moves any more until somebody acts; the reports are written by then."""
    state = now.run.state
    if now.run.goes_on_at:
        return False
    return state in RESTING and (state in _FOR_PEOPLE or now.reported)


@dataclass(slots=True, kw_only=True)
class Follower:
    """What one client has been told of one run."""

    #: Number of the last event.
    number: int = 0
    #: Time of the newest error told, in microseconds since 1970.
    told_until: int = 0
    _resumed_at: int = 0
    _told: frozenset[tuple[str, int]] = frozenset()
    _phase: RunState | None = None
    _counts: tuple[int, int, dict[str, int]] | None = None
    _counted: RunState | None = None
    _state: tuple[object, ...] | None = None
    _marks: deque[tuple[float, int]] = field(default_factory=deque)
    _ended: bool = False

    @classmethod
    def after(cls, event_id: str | None) -> "Follower":
        """Go on after an event: no error is told twice. What isn't an id of ours begins anew."""
        number, _, until = (event_id or "").partition("-")
        if not all(p.isascii() and p.isdigit() and len(p) <= _DIGITS for p in (number, until)):
            return cls()
        return cls(number=int(number), told_until=int(until), _resumed_at=int(until))

    def events(self, now: Progress, *, at: float) -> Iterator[Event]:
        """What is new; ``at`` is seconds of a clock that only goes forward. Nothing after `done`."""
        if self._ended:
            return
        state = now.run.state
        if state not in RESTING and state is not self._phase:
            self._phase, self._counts = state, None
            self._marks.clear()
            yield self._event(EventType.PHASE, {"phase": state.value})
        yield from self._errors(now)
        yield from self._progress(now, at)
        yield from self._standing(now)
        if at_rest(now):
            self._ended = True
            yield self._event(EventType.DONE, {"state": state.value})

    def _errors(self, now: Progress) -> Iterator[Event]:
        """Errors are compared one by one, not by time alone: transactions end in any order."""
        listed = {(error.action_id, _micros(error)): error for error in now.errors}
        new = {
            key: error
            for key, error in listed.items()
            if key not in self._told and key[1] > self._resumed_at
        }
        self._told = frozenset(listed)
        if new:
            self.told_until = max(self.told_until, *(micros for _, micros in new))
            yield self._event(EventType.ERROR, {"errors": [_error(e) for e in new.values()]})

    def _progress(self, now: Progress, at: float) -> Iterator[Event]:
        if not now.total:
            return
        if now.run.state is not self._counted:
            # Another thing is counted: people read, then actions done.
            self._counted, self._counts = now.run.state, None
        done = max(now.done, self._counts[0]) if self._counts else now.done
        counts = (done, now.total, {s.value: n for s, n in now.statuses.items()})
        rate = self._rate(done, at)
        if counts == self._counts:
            return
        self._counts = counts
        left = max(0, now.total - done)
        yield self._event(
            EventType.COUNTS,
            {
                "done": done, "total": now.total, "statuses": counts[2],
                "rate_per_s": f"{rate:.1f}" if rate is not None else None,
                "eta_s": round(left / rate) if rate else None,
            },
        )  # fmt: skip

    def _rate(self, done: int, at: float) -> float | None:
        """Per second over the last seconds; None while too little is known."""
        self._marks.append((at, done))
        while self._marks[0][0] < at - RATE_S:
            self._marks.popleft()
        since, before = self._marks[0]
        return (done - before) / (at - since) if at - since >= SHORTEST_S else None

    def _standing(self, now: Progress) -> Iterator[Event]:
        run = now.run
        standing = (run.state, run.reason, run.detail)
        if standing != self._state:
            self._state = standing
            yield self._event(
                EventType.STATE,
                {
                    "state": run.state.value, "reason": run.reason, "detail": run.detail,
                    "next_actor": run.next.actor, "next_step": run.next.step,
                },
            )  # fmt: skip

    def _event(self, type_: EventType, data: dict[str, Json]) -> Event:
        self.number += 1
        return Event(f"{self.number}-{self.told_until}", type_, data)


def _micros(error: ActionError) -> int:
    return (error.at - _EPOCH) // timedelta(microseconds=1)


def _error(error: ActionError) -> dict[str, Json]:
    return {
        "action_id": error.action_id,
        "kind": error.kind.value,
        "person_key": error.person_key,
        "status": error.status.value,
        "code": error.code,
        "at": moment(error.at),
    }
