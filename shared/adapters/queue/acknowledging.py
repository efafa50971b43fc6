"""Kombu's account of messages that a worker has in hand, with the place free whatever becomes of its answer.

A worker takes one message at a time. Kombu's own keeps the place of a message that could not be
acknowledged: if the connection to Redis breaks at that moment, the worker waits for ever for a place and,
asking for nothing, never finds out that its connection is gone.
"""

from kombu.transport.redis import QoS


class FreeingQoS(QoS):
    """What Redis wasn't told comes again after `VISIBILITY_S`, and finds its work done."""

    def ack(self, delivery_tag: str) -> None:
        """Free the place; raises what Redis's client does."""
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]  # of kombu
        except Exception:
            self._quick_ack(delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002  # kombu's own signature
        """The same for one that is given back."""
        try:
            super().reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call]  # of kombu
        except Exception:
            self._quick_ack(delivery_tag)
            raise
