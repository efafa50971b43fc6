"""Clocks for tests: one that sleeping moves, one that the test moves."""

import asyncio
import heapq


class FakeTime:
    """`sleep` takes no time and moves the clock."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds
        await asyncio.sleep(0)


class PassingTime:
    """Many may sleep at once; the clock moves when the test lets time pass."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.slept = 0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def clock(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.slept += 1
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now_s + seconds, self.slept, woken))
        await woken

    async def pass_by(self, seconds: float) -> None:
        """Wake sleepers one by one as their time comes, and let everybody go on."""
        until = self.now_s + seconds
        await self._settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            self.now_s, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
            await self._settle()
        self.now_s = until

    @staticmethod
    async def _settle() -> None:
        for _ in range(20):
            await asyncio.sleep(0)
