"""The real clock and fresh ids."""

import secrets
import time
from datetime import UTC, datetime

#: `time.monotonic` stands still while a machine is suspended.
_BOOT: int | None = getattr(time, "CLOCK_BOOTTIME", None)
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U


class SystemClock:
    """See `shared.ports.clock.Clock`."""

    def now(self) -> datetime:
        """The present time in UTC."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """The time since the machine was started; on Linux it goes on while that is suspended."""
        return time.clock_gettime(_BOOT) if _BOOT is not None else time.monotonic()


class RandomIds:
    """See `shared.ports.clock.Ids`: 60 random bits, so that an id can't be guessed."""

    def new(self, prefix: str) -> str:
        """A fresh id."""
        return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(12))

    def secret(self) -> str:
        """256 random bits."""
        return secrets.token_urlsafe(32)
