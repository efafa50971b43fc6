"""Work on a chunk of approved actions: intent, call, outcome with its audit entry; wave after wave."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

from shared.domain.action import MEMBERSHIPS, ActionStatus, Kind
from shared.domain.canonical import words
from shared.domain.rates import too_many
from shared.domain.run import PausedReason, RunState
from shared.domain.work import WorkItem
from shared.pipeline.audit_actions import audit_actions
from shared.pipeline.carry_out import MAX_ATTEMPTS, go_on_when_done, pause
from shared.pipeline.tools import Tools
from shared.pipeline.waiting import LOOK_AGAIN_S, park
from shared.ports.plans import StoredAction
from shared.ports.target import Attempt, Outcome, Trouble
from shared.ports.unit_of_work import UnitOfWork

#: Waves under way at a time: while one is recorded the other keeps the target busy.
_AT_ONCE = 2
#: Before an action is tried again where the target names no time, in seconds.
ASK_AGAIN_S = 1.0
_OPEN = frozenset({ActionStatus.PLANNED, ActionStatus.UNKNOWN})
_GONE_WRONG = frozenset({ActionStatus.FAILED, ActionStatus.CONFLICT})
#: A wave of nothing else means that nobody answers.
_UNREACHABLE = (Trouble.LIMITER_UNAVAILABLE, Trouble.UNREACHABLE)
_AUTH = "ASCIP refuses our key. Nothing is marked failed. Correct the key"

#: Stops a run; called in the transaction in which nothing is under way any more.
_Stop = Callable[[UnitOfWork], None]


def apply_chunk(tools: Tools, item: WorkItem) -> None:
    """Carry out the chunk's actions in waves; one is recorded while another is under way.

    The intent of a wave is committed before its calls, its outcomes with their audit entries after
    them; both check the epoch. A worker killed in between leaves `attempting` actions: whoever takes
    the item over settles them by reading back before anything is sent again. Nothing is sent once the
    lease is over, and nothing of a wave that is under way when another one can't be recorded.
    """
    chunk = _Chunk(tools, item)
    under_way: deque[Future[list[Outcome]]] = deque()
    outcomes: list[Outcome] = []
    with (
        ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="wave") as calls,
        _until_left(tools.may_send) as may_send,
    ):
        while True:
            attempts = chunk.next_wave(outcomes, busy=bool(under_way))
            if attempts:
                under_way.append(calls.submit(tools.target.apply, attempts, may_send=may_send))
            elif not under_way:
                return
            full = len(under_way) == chunk.at_once or not chunk.waves
            outcomes = under_way.popleft().result() if full or not attempts else []


@contextmanager
def _until_left(may_send: Callable[[], bool]) -> Iterator[Callable[[], bool]]:
    """What says no once the block has been left, too: the pool waits for calls then."""
    left = Event()
    try:
        yield lambda: not left.is_set() and may_send()
    finally:
        left.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What a transaction of a chunk has brought."""

    attempts: list[Attempt]
    #: Waves taken off the list, those with nothing left to do included.
    begun: int
    delays: list[float]
    stop: _Stop | None


class _Chunk:
    """What is left of a chunk, and what has come of it so far."""

    def __init__(self, tools: Tools, item: WorkItem) -> None:
        self._tools, self._item = tools, item
        self._plan_id = str(item.chunk["plan_id"])
        ids, kind = words(item.chunk["ids"]), Kind(str(item.chunk["kind"]))
        self.at_once, size = _waves(tools, kind)
        size = size or len(ids)
        self.waves = deque(ids[first : first + size] for first in range(0, len(ids), size))
        self._begun_s = tools.clock.elapsed()
        self._delays: list[float] = []
        self._stop: _Stop | None = None

    def next_wave(self, outcomes: Sequence[Outcome], *, busy: bool) -> list[Attempt]:
        """Record outcomes and the next intents in one transaction; the item ends with the last of them.

        With ``busy`` another wave is under way: the item is kept until that has come back.
        """
        found = self._tools.transactions.repeat(lambda uow: self._step(uow, outcomes, busy=busy))
        for _ in range(found.begun):
            self.waves.popleft()
        self._delays, self._stop = found.delays, found.stop
        return found.attempts

    def _step(self, uow: UnitOfWork, outcomes: Sequence[Outcome], *, busy: bool) -> _Step:
        """Changes nothing here: it is done again if the database takes it back.

        Done twice because nobody knew of its end, it finds no action that waits for these outcomes, and takes
        its own intents for some that may have been sent.
        """
        uow.work.renew(self._item)
        recorded = self._record(uow, outcomes)
        delays = [*self._delays, *_waits(outcomes, recorded)]
        stop = self._stop or self._why_stop(uow, outcomes, recorded)
        attempts: list[Attempt] = []
        begun = 0
        while begun < len(self.waves) and not attempts and not stop and self._goes_on(uow):
            attempts = uow.plans.intend(self._plan_id, self.waves[begun], self._item.id)
            begun += 1
        step = _Step(attempts=attempts, begun=begun, delays=delays, stop=stop)
        if not attempts and not busy:
            self._end(uow, step)
        return step

    def _goes_on(self, uow: UnitOfWork) -> bool:
        tools = self._tools
        enough = tools.enough(self._begun_s)
        return not enough and self._is_applying(uow)

    def _is_applying(self, uow: UnitOfWork) -> bool:
        return uow.runs.get(self._item.run_id).state is RunState.APPLYING

    def _end(self, uow: UnitOfWork, step: _Step) -> None:
        """Stop the run, give the rest back, or go on to what comes next."""
        item = self._item
        # Whoever goes on with a run that was stopped cuts what is left anew.
        if step.stop:
            uow.work.finish(item)
            step.stop(uow)
            go_on_when_done(self._tools, uow, item.run_id, self._plan_id)  # if it was canceled
        elif len(self.waves) > step.begun and self._is_applying(uow):
            uow.work.postpone(item, delay_s=0)
        elif step.delays and self._is_applying(uow):
            uow.work.postpone(item, delay_s=max(step.delays), error="transient")
        else:
            uow.work.finish(item)
            go_on_when_done(self._tools, uow, item.run_id, self._plan_id)

    def _record(self, uow: UnitOfWork, outcomes: Sequence[Outcome]) -> list[StoredAction]:
        """Record outcomes, audit those that are final."""
        recorded = uow.plans.record(self._plan_id, outcomes, max_attempts=MAX_ATTEMPTS)
        final = [stored for stored in recorded if _is_final(stored)]
        audit_actions(self._tools, uow, self._item.run_id, self._plan_id, final)
        return recorded

    def _why_stop(
        self, uow: UnitOfWork, outcomes: Sequence[Outcome], recorded: Sequence[StoredAction]
    ) -> _Stop | None:
        """Whether the target, not an action, is the matter, or somebody should look at what goes wrong."""
        codes = {outcome.code for outcome in outcomes}
        if Trouble.KEY_REFUSED in codes:
            return self._paused(PausedReason.AUTH, _AUTH)
        if Trouble.THROTTLED in codes:
            asked_s = max((o.retry_after_s or 0 for o in outcomes), default=0)
            return self._parked(Trouble.THROTTLED, asked_s or LOOK_AGAIN_S)
        if Trouble.BREAKER_OPEN in codes:
            return self._parked(Trouble.BREAKER_OPEN, LOOK_AGAIN_S)
        if codes and codes <= set(_UNREACHABLE):
            nobody = next(trouble for trouble in _UNREACHABLE if trouble in codes)
            return self._parked(nobody, LOOK_AGAIN_S)
        if not any(stored.status in _GONE_WRONG for stored in recorded):
            return None
        found = too_many(uow.plans.ended(self._plan_id), self._tools.policy.limits)
        if found is None:
            return None
        reason, told = found
        return self._paused(reason, f"{told}. Look at them, then go on or cancel the run")

    def _paused(self, reason: PausedReason, detail: str) -> _Stop:
        run_id = self._item.run_id
        return lambda uow: pause(self._tools, uow, run_id, reason=reason, detail=detail)

    def _parked(self, trouble: Trouble, delay_s: float) -> _Stop:
        run_id = self._item.run_id
        return lambda uow: park(self._tools, uow, run_id, trouble=trouble, delay_s=delay_s)


def _waves(tools: Tools, kind: Kind) -> tuple[int, int]:
    """How many waves are under way at a time, and the actions of each; 0 for all, in one call.

    Each has as many as may be in flight, so that always so many are; together they are no more than two
    seconds of calls at a low rate.
    """
    if kind in MEMBERSHIPS:
        return 1, 0
    pace = round(tools.rate_per_s)
    if min(tools.concurrency, pace) < _AT_ONCE:
        return 1, 1
    return _AT_ONCE, min(tools.concurrency, pace // _AT_ONCE)


def _waits(outcomes: Sequence[Outcome], recorded: Sequence[StoredAction]) -> list[float]:
    """What those that aren't final want before a new attempt."""
    again = {stored.action.id for stored in recorded if not _is_final(stored)}
    return [o.retry_after_s or ASK_AGAIN_S for o in outcomes if o.action_id in again]


def _is_final(stored: StoredAction) -> bool:
    return stored.status not in _OPEN or stored.attempts >= MAX_ATTEMPTS
