"""The only retry of calls to the LMS (tenacity): bounded by attempts, time and a shared budget."""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from shared.domain.errors import Transient
from shared.ports.target import Trouble

T = TypeVar("T")

Sleep = Callable[[float], Awaitable[None]]

#: Nobody waits longer inside a call: the work is put back and comes again when the time is over.
PATIENCE_S = 30.0
#: Errors that say so: asking again from inside the same work can't help.
LATER = frozenset({Trouble.THROTTLED.value, Trouble.BREAKER_OPEN.value, Trouble.LEASE_OVER.value})


@dataclass(frozen=True, slots=True)
class _Piece:
    """The piece of work that is under way: its end, the clock that tells it, and whose it is."""

    end: float
    clock: Callable[[], float]
    may_send: Callable[[], bool]


_PIECE: ContextVar[_Piece | None] = ContextVar("piece", default=None)


def throttled(wait_s: float | None) -> Transient:
    """The error for a wait that nobody should sit out; None where its length isn't known."""
    what = "wait" if wait_s is None else f"wait {wait_s:.0f} s"
    advice = f"ASCIP makes us {what}: the run goes on after that"
    return Transient(advice, code=Trouble.THROTTLED.value, retry_after_s=wait_s)


@contextmanager
def piece(
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    *,
    may_send: Callable[[], bool] = lambda: True,
) -> Iterator[None]:
    """Bound the calls made inside, all together: after ``seconds`` none is begun or waited for.

    Nor is one sent once ``may_send`` says no.
    """
    token = _PIECE.set(_Piece(clock() + seconds, clock, may_send))
    try:
        yield
    finally:
        _PIECE.reset(token)


def time_left_s() -> float:
    """Seconds left of the piece of work that is under way; infinite outside of one."""
    under_way = _PIECE.get()
    return math.inf if under_way is None else under_way.end - under_way.clock()


def require_owner() -> None:
    """Before anything is sent. Raises `Transient` (`lease_over`) when the piece may be another's by now."""
    under_way = _PIECE.get()
    if under_way is not None and not under_way.may_send():
        advice = "this worker was away for too long and another may go on with its work: nothing was sent"
        raise Transient(advice, code=Trouble.LEASE_OVER.value)


@dataclass(slots=True)
class Budget:
    """Keeps retries a fraction of a process's calls: an ailing LMS is not asked twice as often.

    What is saved up brings the pages of a list through, which fails as a whole if one does.
    429s are apart, the limiter spaces those.
    """

    share: float = 0.4
    tokens: float = 30.0
    most: float = 30.0

    def earn(self) -> None:
        """Count a first attempt."""
        self.tokens = min(self.most, self.tokens + self.share)

    def spend(self) -> bool:
        """Whether one more retry is within the budget; takes it."""
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass(slots=True, kw_only=True)
class Retry:
    """Repeats a call that ended `Transient`: it did not happen, or reading again does no harm.

    `OutcomeUnknown` and `Permanent` pass at once. A 429 costs no attempt: the limiter's hold
    spaces it, and only ``time_s`` bounds it. A wait beyond the time left ends the call, and so
    does one beyond ``patience_s``; for a 429 that is `throttled`.
    """

    attempts: int = 4
    time_s: float = 60.0
    base_s: float = 0.25
    cap_s: float = 8.0
    patience_s: float = PATIENCE_S
    budget: Budget = field(default_factory=Budget)
    sleep: Sleep = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    #: Uniform from 0 to 1; full jitter spreads the processes.
    jitter: Callable[[], float] = random.random

    async def __call__(self, call: Callable[[], Awaitable[T]], attempts: int | None = None) -> T:
        """Await ``call`` until it succeeds; raises its last error when the bounds are reached."""
        started_at = self.clock()
        self.budget.earn()
        failed: Transient | None = None
        try:
            return await call()
        except Transient as error:
            failed = error

        # tenacity takes over after the first failure only: it costs a tenth of a call's time.
        async def attempt() -> T:
            nonlocal failed
            if failed is not None:
                first, failed = failed, None
                raise first
            return await call()

        course = _Course(self, attempts or self.attempts, started_at)
        retrying = AsyncRetrying(
            sleep=self.sleep,
            retry=retry_if_exception_type(Transient),
            stop=course.over,
            wait=course.wait_s,
            reraise=True,
        )
        try:
            return await retrying(attempt)
        except Transient as error:
            wait_s = error.retry_after_s or 0.0
            if _turned_away(error) and wait_s > self.patience_s:
                raise throttled(wait_s) from None
            raise


@dataclass(slots=True)
class _Course:
    """One call's way through its attempts."""

    retry: Retry
    attempts: int
    started_at: float
    counted: int = 0
    last: bool = False

    def wait_s(self, state: RetryCallState) -> float:
        """Seconds until the next attempt; tenacity asks this before `over`."""
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, Transient):
            return 0.0
        turned_away = _turned_away(error)
        self.counted += not turned_away
        wait_s = self._wait_s(error)
        left_s = self.retry.time_s - (self.retry.clock() - self.started_at)
        self.last = (
            self.counted >= self.attempts
            or error.code in LATER
            or (error.retry_after_s or 0.0) > self.retry.patience_s
            or wait_s > min(left_s, time_left_s())
        )
        if not (self.last or turned_away):
            self.last = not self.retry.budget.spend()
        return wait_s

    def over(self, _state: RetryCallState) -> bool:
        """Whether the failed attempt was the last one."""
        return self.last

    def _wait_s(self, error: Transient) -> float:
        growth = 2.0 ** min(max(self.counted - 1, 0), 16)
        most_s = min(self.retry.cap_s, self.retry.base_s * growth)
        return (error.retry_after_s or 0.0) + self.retry.jitter() * most_s


def _turned_away(error: Transient) -> bool:
    return error.status == HTTPStatus.TOO_MANY_REQUESTS
