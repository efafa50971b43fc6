"""What administrators do with accounts: make, list, give another password, shut out, let in again."""

from collections.abc import Sequence

from shared.domain.access import Role, User
from shared.domain.account import UserView
from shared.domain.audit import SYSTEM, Actor, AuditVerb
from shared.domain.errors import Conflict, NotFound
from shared.pipeline.access import give_roles, require_other_admin
from shared.pipeline.tools import Tools, audit
from shared.ports.unit_of_work import UnitOfWork

#: Whom a new installation has.
FIRST = "admin"


def create_account(tools: Tools, name: str, roles: Sequence[Role], actor: Actor) -> str:
    """Let a user sign in, with these roles; returns the password for the first time, shown once.

    Raises:
        Conflict: `account_exists`, or the name can't be one. Nothing was written.
    """
    password, hashed = _one_time(tools)
    with tools.transactions.begin() as uow:
        give_roles(tools, uow, User(name=name, roles=tuple(roles)), actor)
        if not uow.accounts.add(name, hashed):
            raise Conflict(
                f"{name} has an account. Nothing was written. Another password for it:"
                f" ascip-sync users reset {name}",
                code="account_exists",
            )
        _issued(tools, uow, name, actor)
    return password


def first_account(tools: Tools) -> str | None:
    """On an installation that nobody can sign in to, the account of its first administrator.

    Returns its password, None where there is any account.
    """
    with tools.transactions.begin() as uow:
        if not uow.accounts.none_yet():
            return None
    password, hashed = _one_time(tools)
    with tools.transactions.begin() as uow:
        if not uow.accounts.none_yet():
            return None
        known = uow.access.user_in_any_letters(FIRST)
        user = known or User(name=FIRST, roles=())
        if user.disabled:
            return None
        roles = tuple({*user.roles, Role.ADMIN})
        give_roles(tools, uow, User(name=user.name, roles=roles), SYSTEM)
        uow.accounts.add(user.name, hashed)
        _issued(tools, uow, user.name, SYSTEM)
    return password


def reset_password(tools: Tools, name: str, actor: Actor) -> str:
    """Another one-time password, shown once; the user's sessions end, and the account no longer waits.

    Raises:
        NotFound: there is no such account.
    """
    password, hashed = _one_time(tools)
    with tools.transactions.begin() as uow:
        uow.access.user(name)
        if uow.accounts.named(name, lock=True) is None:
            raise NotFound(f"{name} has no account. Make one: ascip-sync users create {name}")
        uow.accounts.put_one_time(name, hashed)
        uow.accounts.end_sessions(name)
        _issued(tools, uow, name, actor)
    return password


def disable_user(tools: Tools, name: str, actor: Actor) -> None:
    """Shut somebody out at once, from the console and with every key; repeating it is no error.

    Raises:
        Conflict: `last_admin`. Nothing was written.
        NotFound: there is no such user.
    """
    with tools.transactions.begin() as uow:
        user = uow.access.user(name)
        if Role.ADMIN in user.roles and not user.disabled:
            require_other_admin(uow, name)
        if uow.access.set_disabled(name, disabled=True):
            uow.accounts.end_sessions(name)
            audit(tools, uow, actor, AuditVerb.USER_DISABLED, of=("user", name))


def enable_user(tools: Tools, name: str, actor: Actor) -> None:
    """Let somebody in again, with what they had; repeating it is no error. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        if uow.access.set_disabled(name, disabled=False):
            audit(tools, uow, actor, AuditVerb.USER_ENABLED, of=("user", name))


def users(tools: Tools) -> list[UserView]:
    """Every user, by name."""
    with tools.transactions.begin() as uow:
        return uow.accounts.all_users()


def _one_time(tools: Tools) -> tuple[str, str]:
    """120 random bits in letters and digits that can't be taken for each other, and their hash."""
    parts = (tools.ids.new("p").removeprefix("p_") for _ in range(2))
    password = "-".join(parts)
    return password, tools.passwords.hash(password)


def _issued(tools: Tools, uow: UnitOfWork, name: str, actor: Actor) -> None:
    audit(tools, uow, actor, AuditVerb.PASSWORD_ISSUED, of=("user", name))
