"""The relay and the sweep: messages go out after their transaction; what was lost is rung again."""

from shared.pipeline.tools import Tools
from shared.ports.doorbell import Doorbell

_BATCH = 200


def relay(tools: Tools, doorbell: Doorbell) -> int:
    """Send what is due; returns how many.

    The messages go out before the transaction that marks them commits: a crash in between sends them
    twice, which a claim makes harmless; the other way round they would be lost until the sweep.
    """
    sent = 0
    while True:
        with tools.transactions.begin() as uow:
            due = uow.work.take_due(_BATCH)
            doorbell.ring(due)
        sent += len(due)
        if len(due) < _BATCH:
            return sent


def sweep(tools: Tools) -> int:
    """Free what dead workers leased, and forget messages that nobody answered."""
    with tools.transactions.begin() as uow:
        return uow.work.ring_again()
