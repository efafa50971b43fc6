"""Local accounts: when a sign-in is refused, how long a session lasts. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.access import Principal, Role, User

#: Without a request for so long a session ends, and at the latest after so long.
IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=8)
#: So many wrong passwords in a row, and the account waits.
MOST_FAILURES = 5
WAIT = timedelta(minutes=15)
#: A password that somebody else has seen is good for so long.
ONE_TIME = timedelta(hours=72)


class SignInRefusal(StrEnum):
    """Why somebody was not let in; the audit knows, whoever tried does not."""

    UNKNOWN = "unknown"
    DISABLED = "disabled"
    WAITING = "waiting"
    PASSWORD = "password"  # noqa: S105  # a reason
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How a user signs in with a password. Times are judged by the database's clock."""

    user: User
    password_hash: str = field(repr=False)
    #: To be changed before anything else is open.
    one_time: bool
    #: Of a one-time password: it was not used in time.
    expired: bool
    #: After too many wrong passwords.
    waiting: bool
    signed_in_at: datetime | None = None


class UserState(StrEnum):
    """How a user stands, in lists."""

    GOOD = "good"
    DISABLED = "disabled"
    WAITING = "waiting"
    ONE_TIME = "one_time"
    EXPIRED = "expired"
    KEYS_ONLY = "keys_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    """A user as an administrator sees them; without an account they have keys at most."""

    user: User
    account: Account | None

    @property
    def state(self) -> UserState:
        """What stands against signing in counts first."""
        account = self.account
        if self.user.disabled:
            return UserState.DISABLED
        if account is None:
            return UserState.KEYS_ONLY
        if account.waiting:
            return UserState.WAITING
        if account.expired:
            return UserState.EXPIRED
        return UserState.ONE_TIME if account.one_time else UserState.GOOD


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Somebody with a session, as of this request."""

    #: Opens nothing as long as the password must be changed.
    principal: Principal
    roles: tuple[Role, ...]
    must_change: bool
    #: What forms of this session carry.
    csrf: str = field(repr=False)

    @property
    def name(self) -> str:
        """The user's."""
        return self.principal.actor.name


def refusal_of(account: Account | None, *, right: bool) -> SignInRefusal | None:
    """Why this account doesn't let in somebody whose password is ``right`` or isn't; None if it does."""
    if account is None:
        return SignInRefusal.UNKNOWN
    if account.user.disabled:
        return SignInRefusal.DISABLED
    if account.waiting:
        return SignInRefusal.WAITING
    if not right:
        return SignInRefusal.PASSWORD
    return SignInRefusal.EXPIRED if account.expired else None
