"""The installation's keys, for what must be found again without being kept."""

from typing import Protocol


class Keyring(Protocol):
    """Master keys, newest first; none of them leaves it."""

    def lookups(self, secret: str) -> list[bytes]:
        """Under which values a secret may be stored: one for each master key, newest first."""
        ...
