"""Keeps the check below the rate that the LMS names, so that no rule is judged by a 429."""

import time
from collections.abc import Callable, Mapping

#: Until the LMS names another one, and where what it names is not a number above zero.
DEFAULT_PER_S = 10.0
#: A limit without bursts would refuse every request that comes a moment early.
_SHARE = 0.9


class Pace:
    """Spaces requests evenly; ``clock`` and ``sleep`` are given by tests."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._next_s = clock()
        self.per_s = DEFAULT_PER_S

    def turn(self) -> None:
        """Wait until the next request may leave."""
        wait_s = self._next_s - self._clock()
        if wait_s > 0:
            self._sleep(wait_s)
        self._next_s = max(self._next_s, self._clock()) + 1 / (_SHARE * self.per_s)

    def hold(self, seconds: float) -> None:
        """Let nothing leave for so long."""
        self._next_s = max(self._next_s, self._clock() + seconds)

    def note(self, headers: Mapping[str, str]) -> None:
        """Take over the limit that an answer names."""
        try:
            named = float(headers.get("x-ratelimit-limit", ""))
        except ValueError:
            return
        if 0 < named < float("inf"):
            self.per_s = named
