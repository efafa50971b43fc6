"""Where the files of a report go: the archive of a run, or a folder somebody named."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

#: The list of all others, written last: where it is missing, nothing is complete.
MANIFEST = "manifest.json"
#: What the audit says of a run, as `audit export` has it.
AUDIT = "audit.ndjson"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A file on a shelf; size and hash are of its content in clear."""

    name: str
    size_bytes: int
    sha256: str


class Sink(Protocol):
    """Takes the bytes of a file."""

    def write(self, data: bytes, /) -> object:
        """Append all of them."""
        ...


class Shelf(Protocol):
    """Files by name, such as `exceptions/held.csv`; one file is there whole or not at all."""

    def create(self, name: str) -> AbstractContextManager[Sink]:
        """A file to write; it appears, or takes the place of an older one, when the block ends well.

        Raises:
            StorageFull: no room is left; nothing of the file stays.
        """
        ...


class Filled(Protocol):
    """Files that somebody wrote to a shelf, wherever they are now."""

    def names(self) -> list[str]:
        """All files that are there, as often as they are."""
        ...

    def open(self, name: str) -> BinaryIO:
        """The content of a file, to be read once from its beginning; errors as in `Vault.open`."""
        ...


class Archive(Shelf, Filled, Protocol):
    """The shelf of a run: what is on it can be read again."""
