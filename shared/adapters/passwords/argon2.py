"""argon2id (RFC 9106), a few at a time: each takes memory."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from shared.domain.errors import EngineError
from shared.domain.password import as_typed

#: RFC 9106's second recommendation, for places where 2 GiB a sign-in are too much.
PASSES, MEMORY_KIB = RFC_9106_LOW_MEMORY.time_cost, RFC_9106_LOW_MEMORY.memory_cost
#: At 64 MiB each: more who sign in at once wait for their turn.
AT_ONCE = 2
#: More than so many are sent away: a crowd at the door must not take every thread of the server.
MOST_WAITING = 8


class Argon2Passwords:
    """See `shared.ports.passwords.Passwords`."""

    def __init__(self, *, passes: int, memory_kib: int) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib)
        self._turn, self._place = BoundedSemaphore(AT_ONCE), BoundedSemaphore(MOST_WAITING)
        # Now, so that the first unknown user doesn't take longer than others.
        self._decoy = self.hash(secrets.token_urlsafe(32))

    @property
    def decoy(self) -> str:
        """See the port."""
        return self._decoy

    def hash(self, password: str) -> str:
        """With a fresh salt."""
        with self._in_turn():
            return self._hasher.hash(_octets(password))

    def fits(self, stored: str, password: str) -> bool:
        """In constant time."""
        try:
            with self._in_turn():
                return self._hasher.verify(stored, _octets(password))
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, stored: str) -> bool:
        """See the port."""
        return self._hasher.check_needs_rehash(stored)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self._place.acquire(blocking=False):
            raise EngineError(
                "Too many people sign in at this moment. Try again in a few seconds.",
                code="unavailable",
            )
        try:
            with self._turn:
                yield
        finally:
            self._place.release()


def _octets(password: str) -> bytes:
    return as_typed(password).encode(errors="surrogatepass")
