"""Versions of the mapping file, as they were used or accepted, and the file itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.mapping import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingVersion:
    """A version that was kept; the hash names it, the number is what its author wrote."""

    sha256: str
    version: int
    author: str
    recorded_at: datetime
    #: Runs that were started with it, and the newest of them.
    runs: int = 0
    last_run: str | None = None


class Mappings(Protocol):
    """Kept versions. Nothing of one is ever changed."""

    def record(self, mapping: Mapping, body: str, author: str) -> bool:
        """Keep a version; False if it was kept before."""
        ...

    def body(self, sha256: str) -> str:
        """The text of a kept version."""
        ...

    def author(self, sha256: str) -> str:
        """Who brought a version in."""
        ...

    def history(self) -> list[MappingVersion]:
        """Every version, newest first."""
        ...


class MappingFile(Protocol):
    """The file that `staff.mapping` names."""

    def replace(self, expected: str, text: str) -> None:
        """Put ``text`` in the place of ``expected``, whole or not at all.

        Raises:
            Conflict: the file holds something else by now; it was not changed.
            ConfigInvalid: it can't be written.
        """
        ...
