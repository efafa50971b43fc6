"""The real clock and fresh ids."""

import secrets
from datetime import UTC, datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U


class SystemClock:
    """See `shared.ports.clock.Clock`."""

    def now(self) -> datetime:
        """The present time in UTC."""
        return datetime.now(UTC)


class RandomIds:
    """See `shared.ports.clock.Ids`: 60 random bits, so that an id can't be guessed."""

    def new(self, prefix: str) -> str:
        """A fresh id."""
        return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(12))

    def secret(self) -> str:
        """256 random bits."""
        return secrets.token_urlsafe(32)
