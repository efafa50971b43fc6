"""The relay and the sweep: messages go out after their transaction; what was lost is rung again."""

from shared.domain.errors import Transient
from shared.domain.run import BROKER_DOWN
from shared.pipeline.tools import Tools
from shared.ports.doorbell import Doorbell

_BATCH = 200
#: So many messages are out at a time, however much is due: enough for many workers until the relay looks
#: again, and little for Redis to hold or to lose.
MOST_OUT = 256
#: A message unanswered for so long is taken for lost and sent again: if the queue holds fewer than are
#: unanswered, or anyhow.
LOST_S, SURELY_LOST_S = 30.0, 600.0
_AWAY = (
    "Redis can't be reached or takes nothing, so no worker can be told; nothing is lost, and it goes on by"
    " itself when Redis is back"
)


def relay(tools: Tools, doorbell: Doorbell) -> int:
    """Send what is due; returns how many.

    The messages go out before the transaction that marks them commits: a crash in between sends them
    twice, which a claim makes harmless; the other way round they would be lost until the sweep.
    """
    sent = 0
    while True:
        with tools.transactions.begin() as uow:
            due = uow.work.take_due(_BATCH, most_out=MOST_OUT)
            doorbell.ring(due)
        sent += len(due)
        if len(due) < _BATCH:
            return sent


def tell_outage(tools: Tools) -> None:
    """Runs that wait for their turn say that nobody can be told of them."""
    with tools.transactions.begin() as uow:
        uow.work.tell_unsent(BROKER_DOWN, _AWAY)


def untell_outage(tools: Tools) -> None:
    """It is over."""
    with tools.transactions.begin() as uow:
        uow.work.untell_unsent(BROKER_DOWN)


def sweep(tools: Tools, doorbell: Doorbell) -> int:
    """Free what dead workers leased, and forget messages that nobody answered; how many.

    While the queue holds all that are unanswered none is lost: an old one waits there, and isn't sent a
    second time.

    Raises:
        Transient: the broker can't be reached; leases are freed all the same.
    """
    try:
        waiting = doorbell.waiting()
    except Transient:
        with tools.transactions.begin() as uow:
            uow.work.ring_again(unanswered_s=SURELY_LOST_S)
        raise
    with tools.transactions.begin() as uow:
        missing = uow.work.unanswered() > waiting
        return uow.work.ring_again(unanswered_s=LOST_S if missing else SURELY_LOST_S)
