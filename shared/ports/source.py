"""The file that a feed's schedule takes, wherever somebody else puts it."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import BinaryIO, Protocol


class Source(Protocol):
    """One declared file; it may be missing, old, or half written."""

    @property
    def name(self) -> str:
        """What it is called; shown, never used as a path."""
        ...

    def modified_at(self) -> datetime:
        """When it was written last.

        Raises:
            InputInvalid: `source_missing` or `source_unreadable`.
        """
        ...

    def open(self) -> AbstractContextManager[BinaryIO]:
        """A stream whose last read fails if the file changed meanwhile: land it inside the block.

        Raises:
            InputInvalid: it isn't there, can't be read, or is nothing to be read. Nothing was stored.
            Conflict: it is being written (`unsettled`); ask again later.
        """
        ...
