"""Time and ids come from outside, so that the engine itself is deterministic."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is, and how much has passed; who may set the one can't touch the other."""

    def now(self) -> datetime:
        """The present time, aware, in UTC; somebody may set it forth or back."""
        ...

    def elapsed(self) -> float:
        """Seconds since some moment, those included in which this process or the machine slept.

        Nobody sets it, so what lasts is measured with it; it means nothing to another process.
        """
        ...


class Ids(Protocol):
    """New identifiers."""

    def new(self, prefix: str) -> str:
        """A fresh id such as ``run_7QK2M0XW3F9A``: prefix, underscore, 12 characters of Crockford base32."""
        ...

    def secret(self) -> str:
        """32 random bytes as URL-safe text, for a key."""
        ...
