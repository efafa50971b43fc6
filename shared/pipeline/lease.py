"""Keeps a lease alive while its owner works: one slow call may take longer than the lease."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shared.domain.work import LEASE_S, WorkItem
from shared.pipeline.tools import Tools


@contextmanager
def kept(tools: Tools, item: WorkItem, *, every_s: float = LEASE_S / 3) -> Iterator[None]:
    """Renew the item's lease every ``every_s`` seconds while the block runs.

    A worker that is killed or frozen renews no more, since this runs in its process. One that hangs is
    ended by its task's time limit. When the item has another owner, or the database doesn't answer,
    renewing stops: the block meets the same at its next transaction.
    """
    done = threading.Event()

    def renew() -> None:
        while not done.wait(every_s):
            try:
                with tools.transactions.begin() as uow:
                    uow.work.renew(item)
            except Exception:  # noqa: BLE001  # `Fenced`, or whatever the driver raises
                return

    thread = threading.Thread(target=renew, name=f"lease-{item.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
