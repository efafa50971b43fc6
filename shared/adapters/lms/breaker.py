"""Stops asking an LMS that doesn't answer, and finds out with single calls when it does. Of `Wire`."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from shared.adapters.lms.retry import PATIENCE_S, Sleep
from shared.domain.errors import TargetError, Transient
from shared.ports.target import Trouble

#: Failed attempts in a row after which nothing is sent for a while.
FAILURES = 10
#: Until the first probe; doubled by each that fails, up to the longest.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
#: An answer all the same, but none that tells whether the LMS is well.
_NO_VERDICT = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
)


class Breaker:
    """Open, it lets one call at a time through, the probe; the others wait for what becomes of it.

    Once it has been open for ``patience_s``, who isn't the probe no longer waits for another one:
    `breaker_open`. Belongs to one event loop.
    """

    def __init__(
        self,
        *,
        patience_s: float = PATIENCE_S,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._patience_s = patience_s
        self._sleep = sleep
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._pause_s = FIRST_PAUSE_S
        self._probe_at = 0.0
        self._probe: object | None = None
        self._changed = asyncio.Event()

    @property
    def open(self) -> bool:
        """Whether calls have to wait."""
        return self._opened_at is not None

    async def admit(self) -> object | None:
        """Return when the caller may go on; what it gets goes to `watched`, or back by `let_go`.

        Raises:
            Transient: with code `breaker_open` and the seconds until the next probe.
        """
        while self._opened_at is not None:
            now = self._clock()
            if self._probe is not None:
                # Its call has a time limit, so this has one too.
                await self._changed.wait()
            elif now >= self._probe_at:
                self._probe = object()
                return self._probe
            elif (left_s := self._opened_at + self._patience_s - now) > 0:
                await self._wait(min(left_s, self._probe_at - now))
            else:
                raise _breaker_open(self._probe_at - now)
        return None

    @contextmanager
    def watched(self, probe: object | None, *, suspect: bool = False) -> Iterator[None]:
        """Learn from how the one attempt in the block ends; an error answered to a suspect tells nothing."""
        failed: bool | None = None
        try:
            yield
            failed = False
        except TargetError as error:
            failed = None if suspect and error.status is not None else _verdict(error)
            raise
        finally:
            if failed is None:
                self.let_go(probe)
            elif failed:
                self._note_failure(probe)
            else:
                self._note_answer()

    def let_go(self, probe: object | None) -> None:
        """The attempt told nothing, or was never made: the next caller is the probe."""
        if probe is not None and probe is self._probe:
            self._probe = None
            self._wake()

    def _note_answer(self) -> None:
        self._failures = 0
        if self._opened_at is not None:
            self._opened_at = self._probe = None
            self._wake()

    def _note_failure(self, probe: object | None) -> None:
        if self._opened_at is None:
            self._failures += 1
            if self._failures >= FAILURES:
                self._opened_at = self._clock()
                self._pause_s = FIRST_PAUSE_S
                self._probe_at = self._opened_at + self._pause_s
        elif probe is not None and probe is self._probe:
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
            self._probe_at = self._clock() + self._pause_s
            self.let_go(probe)

    async def _wait(self, seconds: float) -> None:
        """Sleep, but not beyond the next change."""
        ends = [
            asyncio.ensure_future(self._sleep(seconds)),
            asyncio.ensure_future(self._changed.wait()),
        ]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _verdict(error: TargetError) -> bool | None:
    """Whether an attempt failed; None if that can't be said."""
    if error.code == Trouble.LEASE_OVER:
        return None
    if error.status is None:
        return True
    if error.status in _NO_VERDICT:
        return None
    return error.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _breaker_open(wait_s: float) -> Transient:
    advice = f"ASCIP hasn't answered for a while: it is tried again in {wait_s:.0f} s"
    return Transient(advice, code=Trouble.BREAKER_OPEN.value, retry_after_s=wait_s)
