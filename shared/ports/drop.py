"""The drop folder, and the safe way to open one file that somebody else wrote.

For a single declared file (a schedule's source) `bootstrap.open_source(loaded)` gives an `OpenSource`.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol

from shared.domain.drop import ANYTHING, Expected, Found, Place


class OpenSource(Protocol):
    """Opens a file by its path, with the checks of the drop folder."""

    def __call__(self, path: Path) -> AbstractContextManager[BinaryIO]:
        """A stream whose last read fails if the file changed meanwhile: land it inside the block.

        Raises:
            InputInvalid: a link, a device, a foreign owner, empty, too large. Nothing was stored.
            Conflict: it is being written (`unsettled`); ask again later.
            OSError: it isn't there or can't be read.
        """
        ...


class DropFolder(Protocol):
    """A folder into which others put files; all names are theirs, no link is ever followed."""

    def look(self) -> Mapping[Place, Sequence[Found]]:
        """What lies in each place now.

        Raises:
            ConfigInvalid: the folder is not there or not safe; nothing may be taken.
            Conflict: another watcher works on it.
        """
        ...

    def open(self, found: Found, expected: Expected = ANYTHING) -> AbstractContextManager[BinaryIO]:
        """As `OpenSource`; the last read also fails if the content isn't what is expected."""
        ...

    def move(self, found: Found, to: Place, name: str, *, reason: str | None = None) -> None:
        """Rename, durably; with ``reason`` that text is put beside it as `NAME.reason.txt`."""
        ...

    def remove(self, found: Found) -> None:
        """Delete; no harm if it is gone."""
        ...
