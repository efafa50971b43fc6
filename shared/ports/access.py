"""Storage of users, keys and answered requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.access import Key, User
from shared.domain.canonical import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """What makes two requests the same one: who asked, where, under which `Idempotency-Key`."""

    principal: str
    path: str
    key: str
    body_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request was answered."""

    status: int
    body: Mapping[str, Json]
    location: str | None = None


class Access(Protocol):
    """Users, keys, answered requests."""

    def put_user(self, user: User) -> bool:
        """Store a user or give one other roles; False if nothing changed."""
        ...

    def user(self, name: str) -> User:
        """Raises `NotFound`."""
        ...

    def user_in_any_letters(self, name: str) -> User | None:
        """Whoever is called that, in upper or lower case; None if nobody is."""
        ...

    def set_disabled(self, name: str, *, disabled: bool) -> bool:
        """Shut somebody out, or let them in again; False if nothing changed. Raises `NotFound`."""
        ...

    def other_admins(self, name: str, *, with_account: bool) -> bool:
        """Whether anybody else is an admin and not disabled, and if wanted has an account.

        Until the end of the transaction nobody else takes that from an admin.
        """
        ...

    def add_key(self, key: Key, lookup: bytes) -> None: ...

    def key_by_lookup(self, lookup: bytes) -> tuple[Key, User | None] | None:
        """A key that is neither revoked nor expired, with its user; its use is noted."""
        ...

    def keys(self) -> list[Key]:
        """Every key, newest first."""
        ...

    def revoke_key(self, key_id: str) -> bool:
        """False if it was revoked before. Raises `NotFound`."""
        ...

    def person_behind(self, actor: str) -> str:
        """Who an actor is, in a form that can be compared: a program is whoever made its key."""
        ...

    def recall(self, request: RequestKey) -> Answer | None:
        """The answer of a request that was made before, None if it is the first.

        Until the end of the transaction nobody else may make the same request.

        Raises:
            Conflict: `idempotency_in_flight` or `idempotency_key_reused`. Nothing was written.
        """
        ...

    def remember(self, request: RequestKey, answer: Answer) -> None: ...

    def forget_requests(self, *, before: datetime) -> int:
        """Drop answers that are old enough; how many."""
        ...
