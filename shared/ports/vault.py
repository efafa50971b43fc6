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


class Vault(Protocol):
    """Files by location; a location is made by the vault, never by a sender's file name."""

    def deposit(self, source: BinaryIO, *, key: str) -> Deposit:
        """Copy a stream in, hashing it; durable when this returns."""
        ...

    def path(self, deposit_location: str) -> Path:
        """A readable file with the content of a deposit."""
        ...

    def archive(self, run_id: str) -> Path:
        """The folder of a run's reports, made if need be."""
        ...
