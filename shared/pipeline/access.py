"""Let somebody in by a key; make keys and take them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.access import (
    PERSONS_ONLY,
    USER_NAME,
    Key,
    KeyKind,
    Principal,
    Role,
    Scope,
    User,
    scopes_of,
)
from shared.domain.audit import Actor, ActorType, AuditVerb
from shared.domain.errors import Conflict
from shared.pipeline.tools import Tools, audit
from shared.ports.unit_of_work import UnitOfWork

#: What every key begins with, so that scanners find one that was published.
PREFIX = "ascip_"
LONGEST = timedelta(days=10 * 365)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """What is wanted: a user's key, or a program's with scopes of its own."""

    name: str
    user_name: str | None = None
    scopes: Sequence[Scope] = ()
    expires_at: datetime | None = None


def authenticate(tools: Tools, secret: str) -> Principal | None:
    """Who shows this key; None for one that is unknown, expired, revoked, or whose user is gone."""
    if not secret.startswith(PREFIX):
        return None
    with tools.transactions.begin() as uow:
        for lookup in tools.keyring.lookups(secret):
            if found := uow.access.key_by_lookup(lookup):
                return _principal(*found)
    return None


def _principal(key: Key, user: User | None) -> Principal | None:
    if user is not None:
        if user.disabled:
            return None
        actor = Actor(ActorType.USER, user.name)
        return Principal(actor=actor, key_id=key.id, scopes=scopes_of(user.roles))
    scopes = frozenset(key.scopes) - PERSONS_ONLY
    return Principal(actor=Actor(ActorType.KEY, key.id), key_id=key.id, scopes=scopes)


def put_user(tools: Tools, name: str, roles: Sequence[Role], actor: Actor) -> None:
    """Make a user, or give one other roles: they hold at once, and whoever is signed in does so again.

    Raises:
        Conflict: the name can't be one, or nobody would be left who is an administrator.
    """
    with tools.transactions.begin() as uow:
        give_roles(tools, uow, User(name=name, roles=tuple(roles)), actor)


def change_roles(tools: Tools, name: str, roles: Sequence[Role], actor: Actor) -> None:
    """As `put_user`, for somebody who is there. Raises `NotFound` too."""
    with tools.transactions.begin() as uow:
        uow.access.user(name)
        give_roles(tools, uow, User(name=name, roles=tuple(roles)), actor)


def give_roles(tools: Tools, uow: UnitOfWork, user: User, actor: Actor) -> None:
    """As `put_user`, in a transaction that does more."""
    if not USER_NAME.fullmatch(user.name):
        raise Conflict(
            "A user's name is 1 to 64 letters, digits and . _ - @. Nothing was written.",
            code="user_name_invalid",
        )
    known = uow.access.user_in_any_letters(user.name)
    if known and known.name != user.name:
        raise Conflict(
            f"There is a user {known.name}, and letters don't tell people apart. Nothing was written."
            f" Write {known.name}, or take another name.",
            code="user_name_taken",
        )
    if known and Role.ADMIN in known.roles and Role.ADMIN not in user.roles and not known.disabled:
        require_other_admin(uow, user.name)
    if uow.access.put_user(user):
        uow.accounts.end_sessions(user.name)
        audit(
            tools, uow, actor, AuditVerb.USER_CHANGED, of=("user", user.name),
            detail={"roles": sorted(role.value for role in user.roles)},
        )  # fmt: skip


def require_other_admin(uow: UnitOfWork, name: str) -> None:
    """See that an administrator is left without this one, who can sign in if this one can.

    Raises:
        Conflict: `last_admin`. Nothing was written.
    """
    with_account = uow.accounts.named(name) is not None
    if not uow.access.other_admins(name, with_account=with_account):
        raise Conflict(
            f"{name} is the last administrator. Nothing was written."
            " Make somebody else an administrator first.",
            code="last_admin",
        )


def create_key(tools: Tools, wanted: NewKey, actor: Actor) -> tuple[Key, str]:
    """Make a key; returns it and its secret, which nobody can show again.

    Raises:
        Conflict: a service key that would approve or give access. Nothing was written.
        NotFound: there is no such user.
    """
    _check(tools, wanted)
    if forbidden := PERSONS_ONLY & set(wanted.scopes):
        names = ", ".join(sorted(forbidden))
        raise Conflict(
            f"A service key can't hold {names}: a person does that. Nothing was written."
            " Make a personal key for a user.",
            code="scope_for_people",
        )
    secret = PREFIX + tools.ids.secret()
    key = Key(
        id=tools.ids.new("key"), name=wanted.name, user_name=wanted.user_name,
        kind=KeyKind.PERSONAL if wanted.user_name else KeyKind.SERVICE,
        scopes=() if wanted.user_name else tuple(wanted.scopes),
        created_by=str(actor), created_at=tools.clock.now(), expires_at=wanted.expires_at,
    )  # fmt: skip
    with tools.transactions.begin() as uow:
        if wanted.user_name:
            uow.access.user(wanted.user_name)
        uow.access.add_key(key, tools.keyring.lookups(secret)[0])
        audit(
            tools, uow, actor, AuditVerb.KEY_CREATED, of=("key", key.id),
            detail={"kind": key.kind.value, "scopes": [scope.value for scope in key.scopes]},
        )  # fmt: skip
    return key, secret


def _check(tools: Tools, wanted: NewKey) -> None:
    """Refuse a wish that contradicts itself: no key may be wider than its maker meant."""
    if wanted.user_name and wanted.scopes:
        raise Conflict(
            "A personal key has its user's roles and no scopes of its own. Nothing was written."
            " Name a user or scopes.",
            code="scopes_and_user",
        )
    now = tools.clock.now()
    if wanted.expires_at and not now < wanted.expires_at <= now + LONGEST:
        raise Conflict(
            f"A key expires in the next {LONGEST.days // 365} years, or never. Nothing was written.",
            code="expiry_out_of_range",
        )


def revoke_key(tools: Tools, key_id: str, actor: Actor) -> None:
    """Take a key back, at once; repeating it is no error. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        if uow.access.revoke_key(key_id):
            audit(tools, uow, actor, AuditVerb.KEY_REVOKED, of=("key", key_id))


def keys(tools: Tools) -> list[Key]:
    """Every key, newest first; never a secret."""
    with tools.transactions.begin() as uow:
        return uow.access.keys()


def refused(tools: Tools, actor: Actor, scope: Scope, path: str) -> None:
    """Note that somebody asked for what they may not do."""
    with tools.transactions.begin() as uow:
        audit(
            tools, uow, actor, AuditVerb.ACCESS_REFUSED, of=("path", path),
            detail={"scope": scope.value},
        )  # fmt: skip
