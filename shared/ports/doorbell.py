"""The doorbell: tells workers that an item is due. A lost or doubled ring does no harm."""

from collections.abc import Iterable
from typing import Protocol


class Doorbell(Protocol):
    """Sends item ids to whoever works."""

    def ring(self, item_ids: Iterable[int]) -> None:
        """Send one message per item. Raises `Transient` if the broker can't be reached."""
        ...

    def waiting(self) -> int:
        """Messages that nobody has taken yet. Raises `Transient` as `ring` does."""
        ...
