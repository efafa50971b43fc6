"""Counts the requests that were sent, by kind and outcome. Filled by `Wire`, taken by the worker."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.domain.errors import TargetError
from shared.ports.target import CallCount

_ID = re.compile(r"/\d+(?=/|$)")


class Tally:
    """Sums since they were last taken. Written by the loop's thread, read by another."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sums: dict[tuple[str, str], tuple[int, float]] = {}

    @contextmanager
    def timed(self, method: str, path: str) -> Iterator[None]:
        """Count the one request that is sent in the block; what it raises says how it ended."""
        since, outcome = self._clock(), "canceled"
        try:
            yield
            outcome = "ok"
        except TargetError as error:
            # The LMS' own code could be anything, even a name: its status says enough.
            outcome = error.code if error.status is None else f"http_{error.status}"
            raise
        finally:
            self._add((f"{method} {_ID.sub('/{id}', path)}", outcome), self._clock() - since)

    def take(self) -> list[CallCount]:
        """What was counted since the last time, in a fixed order."""
        with self._lock:
            taken, self._sums = self._sums, {}
        return [
            CallCount(call=call, outcome=outcome, calls=calls, seconds=seconds)
            for (call, outcome), (calls, seconds) in sorted(taken.items())
        ]

    def _add(self, key: tuple[str, str], seconds: float) -> None:
        with self._lock:
            calls, before = self._sums.get(key, (0, 0.0))
            self._sums[key] = (calls + 1, before + seconds)
