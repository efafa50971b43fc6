"""argon2id (RFC 9106), a few at a time: each takes memory."""

import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from shared.domain.password import as_typed

#: At 64 MiB each: more who sign in at once wait for their turn.
AT_ONCE = 2


class Argon2Passwords:
    """See `shared.ports.passwords.Passwords`; by default RFC 9106's second recommendation."""

    def __init__(
        self,
        *,
        passes: int = RFC_9106_LOW_MEMORY.time_cost,
        memory_kib: int = RFC_9106_LOW_MEMORY.memory_cost,
    ) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib)
        self._turn = BoundedSemaphore(AT_ONCE)
        # Now, so that the first unknown user doesn't take longer than others.
        self._decoy = self.hash(secrets.token_urlsafe(32))

    @property
    def decoy(self) -> str:
        """See the port."""
        return self._decoy

    def hash(self, password: str) -> str:
        """With a fresh salt."""
        with self._turn:
            return self._hasher.hash(_octets(password))

    def fits(self, stored: str, password: str) -> bool:
        """In constant time."""
        try:
            with self._turn:
                return self._hasher.verify(stored, _octets(password))
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, stored: str) -> bool:
        """See the port."""
        return self._hasher.check_needs_rehash(stored)


def _octets(password: str) -> bytes:
    return as_typed(password).encode(errors="surrogatepass")
