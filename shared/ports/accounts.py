"""Storage of local accounts and sessions. Spans and waits run on the database's clock."""

from collections.abc import Sequence
from typing import Protocol

from shared.domain.account import Account, UserView


class Accounts(Protocol):
    """Accounts of users, their sessions."""

    def none_yet(self) -> bool:
        """Whether there is no account at all; until the end of the transaction nobody else asks."""
        ...

    def named(self, name: str, *, lock: bool = False) -> Account | None:
        """The account of a user in any letter case; locked, nobody else judges it meanwhile."""
        ...

    def all_users(self) -> list[UserView]:
        """Every user, with or without an account, by name."""
        ...

    def add(self, user_name: str, password_hash: str) -> bool:
        """Make an account with a one-time password; False if the user has one."""
        ...

    def put_one_time(self, user_name: str, password_hash: str) -> None:
        """Another one-time password; the account doesn't wait any more."""
        ...

    def put_own(self, user_name: str, password_hash: str) -> None:
        """A password that only the user knows."""
        ...

    def count_failure(self, user_name: str) -> bool:
        """A wrong password; whether the account waits from now on."""
        ...

    def note_sign_in(self, user_name: str) -> None:
        """A right password: failures are forgotten."""
        ...

    def open_session(self, user_name: str, lookup: bytes) -> None: ...

    def session(self, lookups: Sequence[bytes], *, used: bool) -> Account | None:
        """Whose session this is, if it is good; if it is ``used``, that is noted."""
        ...

    def end_session(self, lookups: Sequence[bytes]) -> str | None:
        """Whose it was; None if there is no such session."""
        ...

    def end_sessions(self, user_name: str) -> int:
        """End all of a user; how many."""
        ...

    def forget_sessions(self) -> int:
        """Drop those whose time is over; how many."""
        ...
