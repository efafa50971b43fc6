"""An event loop in its own thread: the synchronous port keeps many calls in flight with it."""

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Starts with the first `run`, so that it can be made before a fork (Celery's prefork)."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pid = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` on the loop and return its result; an interrupt of the caller cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, self._started())
        try:
            return future.result()
        finally:
            future.cancel()  # without effect on one that is done

    @property
    def running(self) -> bool:
        """Whether this very process has started the loop."""
        return self._loop is not None and self._pid == os.getpid()

    def close(self) -> None:
        """Stop the loop and wait for its thread."""
        if self.running and self._loop is not None and self._thread is not None:
            asyncio.run_coroutine_threadsafe(wind_up(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
        self._loop = self._thread = None

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None or not self.running:
            # After a fork the parent's loop is a shell without its thread: leave it alone.
            self._loop, self._pid = asyncio.new_event_loop(), os.getpid()
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="ascip-lms", daemon=True
            )
            self._thread.start()
        return self._loop


async def wind_up() -> None:
    """Let tasks that were cancelled come to their end, or their generators outlive the loop."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()


async def together(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run all at once and return their results in order; the first error cancels the rest.

    `asyncio.TaskGroup` would wrap the error in a group, and callers decide by its type.
    """
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
