"""Hashing of passwords: slow on purpose."""

from typing import Protocol


class Passwords(Protocol):
    """Makes and checks hashes that hold their own salt and parameters.

    Where too many want one at once it raises `EngineError` (`unavailable`), whoever they are.
    """

    @property
    def decoy(self) -> str:
        """A hash of a password that nobody has: to take as long where there is no account."""
        ...

    def hash(self, password: str) -> str: ...

    def fits(self, stored: str, password: str) -> bool:
        """Whether a hash is of this password."""
        ...

    def outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        ...
