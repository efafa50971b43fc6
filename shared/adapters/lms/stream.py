"""The fan-out of detail calls: batches flow to the caller while more calls are in flight."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

BATCH = 200
#: Under a low rate limit a batch fills slowly; what was read is handed over anyway.
_FLUSH_S = 2.0
_WAITING_BATCHES = 4


class Stream(Generic[T]):
    """Fetches ``ids`` in ``width`` parallel chains; stalls when nobody takes batches."""

    def __init__(
        self, ids: Sequence[int], fetch: Callable[[int], Awaitable[T]], width: int
    ) -> None:
        self._ids = iter(dict.fromkeys(ids))
        self._fetch = fetch
        self._batch: list[T] = []
        self._since_s = time.monotonic()
        self._batches: asyncio.Queue[list[T] | Exception | None] = asyncio.Queue(_WAITING_BATCHES)
        self._task = asyncio.ensure_future(self._run(min(width, len(ids))))

    async def take(self) -> list[T] | None:
        """The next batch, None at the end.

        Raises:
            Exception: what stopped the fan-out, after everything read before it was taken.
        """
        item = await self._batches.get()
        if isinstance(item, Exception):
            raise item
        return item

    async def stop(self) -> None:
        """Give up what is still in flight."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self, width: int) -> None:
        chains = [asyncio.ensure_future(self._chain()) for _ in range(width)]
        end: Exception | None = None
        try:
            await asyncio.gather(*chains)
        except Exception as error:  # noqa: BLE001  # raised by `take`: who waits would wait for ever
            end = error
        finally:
            for chain in chains:
                chain.cancel()
        if self._batch:
            await self._batches.put(self._batch)
        await self._batches.put(end)

    async def _chain(self) -> None:
        for number in self._ids:
            # First the answer, then the list: other chains replace it in the meantime.
            result = await self._fetch(number)
            self._batch.append(result)
            now = time.monotonic()
            if len(self._batch) >= BATCH or now - self._since_s >= _FLUSH_S:
                full, self._batch, self._since_s = self._batch, [], now
                await self._batches.put(full)
