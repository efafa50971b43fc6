"""A limiter that does what it is told."""

import asyncio

from shared.domain.errors import Transient
from tests.unit.adapters.lms.fake_time import FakeTime


class FakeLimiter:
    """Hands out slots ``1 / rate_per_s`` apart and remembers what it was asked."""

    def __init__(self, time: FakeTime, rate_per_s: float) -> None:
        self.time = time
        self.spacing_s = 1 / rate_per_s
        self.next_s = time.now_s
        self.reserved: list[int] = []
        self.holds: list[tuple[float | None, bool]] = []
        self.held_until_s = 0.0
        self.asked = 0
        self.gone = False

    async def reserve(self, slots: int = 1) -> float:
        self.reserved.append(slots)
        await asyncio.sleep(0)  # others queue up in the meantime
        first = max(self.next_s, self.time.now_s)
        self.next_s = first + slots * self.spacing_s
        return first - self.time.now_s

    async def held_s(self) -> float:
        self.asked += 1
        return max(0.0, self.held_until_s - self.time.now_s)

    async def hold(self, seconds: float | None, *, refused: bool) -> float:
        if self.gone:
            raise Transient("no Valkey", code="limiter_unavailable")
        self.holds.append((seconds, refused))
        held_s = 2.0 if seconds is None else seconds
        self.next_s = max(self.next_s, self.time.now_s + held_s)
        return held_s
