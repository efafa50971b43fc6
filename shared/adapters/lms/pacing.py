"""Lets the calls of one process go at the times the shared limiter gave it. Used by `Wire`."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from shared.adapters.lms.answers import DEFAULT_HOLD_S
from shared.adapters.lms.retry import PATIENCE_S, Sleep, throttled
from shared.domain.errors import Transient
from shared.ports.limiter import Limiter

#: One round trip to the limiter serves so long.
_SPAN_S = 0.05


class Pacer:
    """A local queue of reserved times: callers get them one after another, first come first served.

    Slots are reserved for 50 ms at a time, so that a round trip serves many calls: as many as wait or
    as were used in the 50 ms before, but at least one and at most ``rate_per_s / 20``. More would be
    taken from other processes and thrown away; where slots are scarce, processes share them by how many
    callers they have. Only one such batch is ever outstanding in a process.
    Who had to wait for it asks again whether a hold was set in the meantime, so another process's hold
    is met after 50 ms at most; a slot unused for 50 ms is thrown away, not saved up.
    """

    def __init__(
        self,
        limiter: Limiter,
        rate_per_s: float,
        *,
        patience_s: float = PATIENCE_S,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limiter = limiter
        self._most = max(1, int(rate_per_s * _SPAN_S))
        self._spacing_s = 1 / rate_per_s
        self._patience_s = patience_s
        self._sleep = sleep
        self._clock = clock
        self._lock = asyncio.Lock()
        self._times: deque[float] = deque()
        self._held_until = 0.0
        self._waiting = 0
        self._used, self._used_since, self._usual = 0, clock(), 0

    async def turn(self) -> None:
        """Return when the caller may send one request.

        Raises:
            Transient: with code `throttled` when a hold lasts longer than ``patience_s``.
        """
        self._waiting += 1
        try:
            async with self._lock:
                await self._turn()
        finally:
            self._waiting -= 1
        self._used += 1

    async def _turn(self) -> None:
        while True:
            self._refuse_long_hold()
            due, first = await self._next()
            delay_s = due - self._clock()
            if delay_s > 0:
                try:
                    await self._sleep(delay_s)
                except asyncio.CancelledError:
                    self._times.appendleft(due)  # the next caller's
                    raise
                if first:
                    self._hold_here(await self._limiter.held_s())
            if due >= self._held_until:
                return

    async def hold(self, seconds: float | None, *, refused: bool) -> float:
        """Stop this process at once and the others through the limiter; see `Limiter.hold`.

        Without the limiter this process alone holds: what the answer said must not be lost over it.
        """
        self._hold_here(seconds or 0.0)
        try:
            held_s = await self._limiter.hold(seconds, refused=refused)
        except Transient:
            held_s = DEFAULT_HOLD_S if seconds is None else seconds
        self._held_until = self._clock() + held_s
        return held_s

    def _hold_here(self, seconds: float) -> None:
        if seconds > 0:
            self._held_until = max(self._held_until, self._clock() + seconds)

    async def _next(self) -> tuple[float, bool]:
        """The next reserved time, and whether it is the first of its batch."""
        stale = self._clock() - self._most * self._spacing_s
        while self._times and self._times[0] < max(stale, self._held_until):
            self._times.popleft()
        first = not self._times
        if first:
            slots = self._wanted()
            wait_s = await self._limiter.reserve(slots)
            start = self._clock() + wait_s
            if wait_s > self._patience_s:
                self._held_until = start
                self._refuse_long_hold()
            self._times.extend(start + i * self._spacing_s for i in range(slots))
        return self._times.popleft(), first

    def _wanted(self) -> int:
        """How many slots to reserve."""
        passed_s = self._clock() - self._used_since
        if passed_s >= _SPAN_S:
            self._usual = round(self._used * _SPAN_S / passed_s)
            self._used, self._used_since = 0, self._clock()
        return min(max(self._waiting, self._usual), self._most)

    def _refuse_long_hold(self) -> None:
        left_s = self._held_until - self._clock()
        if left_s > self._patience_s:
            raise throttled(left_s)
