"""The only retry of calls to the LMS (tenacity): bounded by attempts, time and a shared budget."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from shared.domain.errors import Transient

T = TypeVar("T")

Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class Budget:
    """Keeps retries a fraction of a process's calls: an ailing LMS is not asked twice as often.

    See reliability.md, F30; 429s are apart, the limiter spaces those.
    """

    share: float = 0.4
    tokens: float = 10.0
    most: float = 10.0

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
    spaces it, and only ``time_s`` bounds it. ``retry_after_s`` beyond the time left ends the call.
    """

    attempts: int = 4
    time_s: float = 60.0
    base_s: float = 0.25
    cap_s: float = 8.0
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
        return await retrying(attempt)


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
        throttled = error.status == HTTPStatus.TOO_MANY_REQUESTS
        self.counted += not throttled
        wait_s = self._wait_s(error, state.attempt_number)
        left_s = self.retry.time_s - (self.retry.clock() - self.started_at)
        self.last = self.counted >= self.attempts or wait_s > left_s
        if not (self.last or throttled):
            self.last = not self.retry.budget.spend()
        return wait_s

    def over(self, _state: RetryCallState) -> bool:
        """Whether the failed attempt was the last one."""
        return self.last

    def _wait_s(self, error: Transient, attempt: int) -> float:
        most_s = min(self.retry.cap_s, self.retry.base_s * 2.0 ** min(attempt - 1, 16))
        return (error.retry_after_s or 0.0) + self.retry.jitter() * most_s
