"""Time and ids come from outside, so that the engine itself is deterministic."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The wall clock. Leases never use it: they run on the database's clock."""

    def now(self) -> datetime:
        """The present time, aware, in UTC."""
        ...


class Ids(Protocol):
    """New identifiers."""

    def new(self, prefix: str) -> str:
        """A fresh id such as ``run_7QK2M0XW3F9A``: prefix, underscore, 12 characters of Crockford base32."""
        ...

    def secret(self) -> str:
        """32 random bytes as URL-safe text, for a key."""
        ...
