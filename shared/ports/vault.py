"""Where raw extracts and the archives of runs are kept, out of the database, encrypted."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from shared.ports.shelf import Archive


@dataclass(frozen=True, slots=True)
class Deposit:
    """A stored file; size and hash are of its content in clear."""

    location: str
    sha256: str
    size_bytes: int


class Incoming(Protocol):
    """A file on its way in, as its sender's pace allows; nothing of it stays unless it is kept."""

    @property
    def size_bytes(self) -> int:
        """What has arrived so far."""
        ...

    def write(self, chunk: bytes) -> None:
        """Append.

        Raises:
            StorageFull: no room is left; nothing of it stays.
        """
        ...

    def keep(self) -> Deposit:
        """The file is whole: durable when this returns.

        Raises:
            StorageFull: no room is left; nothing of it stays.
        """
        ...

    def drop(self) -> None:
        """Forget it; no harm after `keep`."""
        ...


class Vault(Protocol):
    """Files by location; a location is made by the vault, never by a sender's file name."""

    def incoming(self, key: str) -> Incoming:
        """Begin a file whose content is pushed in."""
        ...

    def deposit(self, source: BinaryIO, *, key: str) -> Deposit:
        """Copy a stream in, hashing it; durable when this returns. Raises `StorageFull`."""
        ...

    def open(self, deposit_location: str) -> BinaryIO:
        """The content of a deposit, to be read once from its beginning.

        Raises:
            VaultDamaged: it is gone, cut or changed. Reads raise it too, where only a later part is:
                what came before is right but not all, so nothing may be made of it.
            ConfigInvalid: `master_key_missing`.
        """
        ...

    def remove(self, deposit_location: str) -> None:
        """Take a deposit away; no harm if it is gone."""
        ...

    def sweep(self, known: Collection[str]) -> int:
        """Remove what killed processes left, and old deposits not in ``known``; how many files."""
        ...

    def archive(self, run_id: str) -> Archive:
        """The shelf of a run's reports."""
        ...
