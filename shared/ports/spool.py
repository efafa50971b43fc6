"""A place for more rows than memory should hold, until it is known what becomes of them."""

from collections.abc import Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")


class Spool(Protocol[T]):
    """Items in the order they came; read once all are in, as often as wanted."""

    def add(self, item: T) -> None:
        """Append.

        Raises:
            StorageFull: there is no room for it.
        """
        ...

    def __iter__(self) -> Iterator[T]:
        """From the first on."""
        ...
