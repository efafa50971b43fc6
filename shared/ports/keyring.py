"""The installation's keys, for what must be found again without being kept."""

from typing import Protocol


class Keyring(Protocol):
    """Master keys, newest first; none of them leaves it."""

    def lookups(self, secret: str) -> list[bytes]:
        """Under which values a secret may be stored: one for each master key, newest first."""
        ...

    @property
    def newest_id(self) -> bytes:
        """Names the key that is used for what is made now."""
        ...

    def bound(self, secret: bytes, key_id: bytes | None) -> bytes:
        """A stored secret as it counts: with the master key it names, if it names one.

        Raises:
            ConfigInvalid: `master_key_missing`.
        """
        ...

    def require(self, key_id: bytes) -> None:
        """See that a master key is at hand.

        Raises:
            ConfigInvalid: `master_key_missing`.
        """
        ...
