"""Waits for news of work items: LISTEN on a connection of its own."""

from types import TracebackType
from typing import Self

import psycopg

from shared.adapters.db.work import CHANNEL


class WorkSignal:
    """Wakes the relay when a transaction that made work has committed."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute(f"LISTEN {CHANNEL}")

    def wait(self, timeout_s: float) -> bool:
        """Wait for news; False if none came. More news at once count as one."""
        news = self._connection.notifies(timeout=timeout_s, stop_after=1)
        return any(True for _ in news)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
