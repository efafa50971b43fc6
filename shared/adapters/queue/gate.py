"""Kombu's way to Redis with a gate: what isn't a message of ours doesn't get in (see `judge`)."""

from queue import Empty
from typing import Any

from celery.app.amqp import AMQP
from celery.signals import task_rejected
from kombu.connection import Connection
from kombu.transport.redis import Channel, Transport

from shared.adapters.queue.acknowledging import FreeingQoS
from shared.adapters.queue.judge import RefusedMessageError, sound
from shared.domain.work import MessageFault


class GatedChannel(Channel):
    """Goes on where kombu's own gives up: after a message that can't even be read, or acknowledged."""

    QoS = FreeingQoS

    def _brpop_read(self, **options: object) -> object:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]  # of kombu
        except (ValueError, RecursionError):
            # It is out of the queue, and in no other place of kombu's yet.
            _tell(self, RefusedMessageError(MessageFault.UNREADABLE))
            raise Empty from None


class GatedTransport(Transport):
    """Delivers sound messages."""

    Channel = GatedChannel

    def _deliver(self, message: object, queue: str) -> None:
        try:
            known = sound(message, queue)
        except RefusedMessageError as refused:
            _tell(self, refused)
            return
        super()._deliver(known, queue)  # type: ignore[no-untyped-call]  # of kombu


class GatedConnection(Connection):
    """Kombu chooses a transport by the URL, which says nothing of gates."""

    def get_transport_cls(self) -> type[Any]:
        """Ours, whatever the URL's scheme."""
        return GatedTransport


class GatedAmqp(AMQP):  # type: ignore[misc]  # celery has no annotations
    """For `Celery(amqp=…)`."""

    Connection = GatedConnection


def _tell(sender: object, refused: RefusedMessageError) -> None:
    """Celery's signal for this; of the message itself nothing is told."""
    task_rejected.send(sender=sender, message=None, exc=refused)
