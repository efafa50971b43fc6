"""Where raw extracts and a run's archive are kept, out of the database."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Deposit:
    """A stored file."""

    location: str
    sha256: str
    size_bytes: int


class Incoming(Protocol):
    """A file on its way in, as its sender's pace allows; nothing of it stays unless it is kept."""

    @property
    def size_bytes(self) -> int:
        """What has arrived so far."""
        ...

    def write(self, chunk: bytes) -> None: ...
    def keep(self) -> Deposit:
        """The file is whole: durable when this returns."""
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
        """Copy a stream in, hashing it; durable when this returns."""
        ...

    def path(self, deposit_location: str) -> Path:
        """A readable file with the content of a deposit."""
        ...

    def remove(self, deposit_location: str) -> None:
        """Take a deposit away; no harm if it is gone."""
        ...

    def archive(self, run_id: str) -> Path:
        """The folder of a run's reports, made if need be."""
        ...
