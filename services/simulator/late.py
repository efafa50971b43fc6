"""Effects still to come, after a time or just before a later request. Used by most modules here."""

import asyncio
from collections.abc import Callable


class LateEffects:
    def __init__(self) -> None:
        #: requests still to arrive, and what happens just before the last of them
        self._by_request: list[tuple[int, Callable[[], None]]] = []
        self._timers: set[asyncio.TimerHandle] = set()

    def after_requests(self, count: int, act: Callable[[], None]) -> None:
        self._by_request.append((count, act))

    def after_s(self, delay_s: float, act: Callable[[], None]) -> None:
        def due() -> None:
            self._timers.discard(timer)
            act()

        timer = asyncio.get_running_loop().call_later(delay_s, due)
        self._timers.add(timer)

    def request_arrived(self) -> None:
        """What is due happens now, in the order in which it was asked for."""
        if not self._by_request:
            return
        waiting = [(count - 1, act) for count, act in self._by_request]
        self._by_request = [each for each in waiting if each[0] > 0]
        for count, act in waiting:
            if count <= 0:
                act()

    def clear(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._by_request.clear()
