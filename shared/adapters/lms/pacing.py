"""Lets the calls of one process go at the times the shared limiter gave it. Used by `Wire`."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from shared.adapters.lms.retry import Sleep
from shared.domain.errors import Transient
from shared.ports.limiter import Limiter


class Pacer:
    """A local queue of reserved times: callers get them one after another, first come first served.

    Slots are reserved ``rate_per_s / 20`` at a time (at least one), so one round trip serves 50 ms.
    Only one such batch is ever outstanding in a process: a hold set by another process takes hold
    after at most that many calls, and a slot unused for 50 ms is thrown away, not saved up.
    """

    def __init__(
        self,
        limiter: Limiter,
        rate_per_s: float,
        *,
        patience_s: float = 60.0,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limiter = limiter
        self._batch = max(1, int(rate_per_s / 20))
        self._spacing_s = 1 / rate_per_s
        self._patience_s = patience_s
        self._sleep = sleep
        self._clock = clock
        self._lock = asyncio.Lock()
        self._times: deque[float] = deque()
        self._held_until = 0.0

    async def turn(self) -> None:
        """Return when the caller may send one request.

        Raises:
            Transient: with code `throttled` when a hold lasts longer than ``patience_s``.
        """
        async with self._lock:
            while True:
                self._refuse_long_hold()
                due = await self._next()
                delay_s = due - self._clock()
                if delay_s > 0:
                    await self._sleep(delay_s)
                if due >= self._held_until:
                    return

    async def hold(self, seconds: float) -> None:
        """Stop this process at once and the others through the limiter."""
        self._held_until = max(self._held_until, self._clock() + seconds)
        await self._limiter.hold(seconds)

    async def _next(self) -> float:
        stale = self._clock() - self._batch * self._spacing_s
        while self._times and self._times[0] < max(stale, self._held_until):
            self._times.popleft()
        if not self._times:
            wait_s = await self._limiter.reserve(self._batch)
            first = self._clock() + wait_s
            if wait_s > self._patience_s:
                self._held_until = first
                self._refuse_long_hold()
            self._times.extend(first + i * self._spacing_s for i in range(self._batch))
        return self._times.popleft()

    def _refuse_long_hold(self) -> None:
        left_s = self._held_until - self._clock()
        if left_s > self._patience_s:
            advice = f"ASCIP asked to wait {left_s:.0f} s: the run goes on after that"
            raise Transient(advice, code="throttled", retry_after_s=left_s)
