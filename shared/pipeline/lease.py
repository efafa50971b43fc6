"""A lease as its owner knows it: kept alive while it works, and over for it before others may have it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shared.domain.errors import Fenced
from shared.domain.work import WorkItem
from shared.pipeline.tools import Tools
from shared.ports.clock import Clock

#: Shares of a lease: between two renewals; before one that failed is tried again; and of its end,
#: in which nothing more is sent. A call that waits for its connection is on its way by then.
RENEWED, AGAIN, MARGIN = 1 / 3, 1 / 12, 1 / 6
#: So long is waited for a renewal that is under way when the work is done: it can do no harm.
_JOIN_S = 1.0


class Lease:
    """How long an item is sure to be ours, by a clock that nobody sets.

    It is the database that grants a lease and lets it end, by its own clock. Its length, counted from
    before it was asked for, ends here no later than there, whatever time either takes it to be.
    """

    def __init__(self, clock: Clock, item: WorkItem, asked_s: float) -> None:
        """``asked_s`` is `Clock.elapsed` from before the item was claimed."""
        self._clock = clock
        self._length_s = item.lease_s
        self._asked_s: float | None = asked_s

    def stands(self) -> bool:
        """Whether nobody else can have the item yet."""
        asked_s = self._asked_s  # once: the keeper may change it
        return (
            asked_s is not None and self._clock.elapsed() - asked_s < (1 - MARGIN) * self._length_s
        )

    def renewed(self, length_s: float, asked_s: float) -> None:
        """It was granted anew."""
        self._length_s, self._asked_s = length_s, asked_s

    def lost(self) -> None:
        """Somebody else has the item."""
        self._asked_s = None

    @property
    def length_s(self) -> float:
        """How long it was granted for."""
        return self._length_s


@contextmanager
def kept(tools: Tools, item: WorkItem, lease: Lease) -> Iterator[None]:
    """Renew the item's lease while the block runs, since one slow call may take longer than it.

    A worker that is killed or frozen renews no more, since this runs in its process. One that hangs is
    ended by its task's time limit. When the database doesn't answer it is asked again and again: if
    nobody else has taken the item it is still ours. When somebody has, the lease is lost at once; the
    block meets the same at its next transaction.
    """
    done = threading.Event()

    def renew() -> None:
        share = RENEWED
        while not done.wait(share * lease.length_s):
            asked_s = tools.clock.elapsed()
            try:
                with tools.transactions.begin() as uow:
                    length_s = uow.work.renew(item)
            except Fenced:
                lease.lost()
                return
            except Exception:  # noqa: BLE001  # whatever the driver raises
                share = AGAIN
            else:
                lease.renewed(length_s, asked_s)
                share = RENEWED

    thread = threading.Thread(target=renew, name=f"lease-{item.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(_JOIN_S)
