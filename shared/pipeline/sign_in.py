"""Let somebody in with a password; know them again by their session; see them out."""

from shared.domain.access import USER_NAME, Principal, scopes_of
from shared.domain.account import Account, SignedIn, SignInRefusal, refusal_of
from shared.domain.audit import SYSTEM, Actor, ActorType, AuditVerb
from shared.domain.password import LONGEST_SENT
from shared.pipeline.tools import Tools, audit
from shared.ports.unit_of_work import UnitOfWork


def sign_in(tools: Tools, name: str, password: str) -> str | None:
    """A token for a new session; None for whoever isn't let in, whatever the reason.

    Each attempt costs the same: a hash, a look and an entry in the audit, also for a name that nobody
    has. What counts is decided under the account's lock, so that many attempts at once are as one after
    another.
    """
    with tools.transactions.begin() as uow:
        before = _account(uow, name)
    right = _fits(tools, before, password)
    renewed = None
    if before and right and tools.passwords.outdated(before.password_hash):
        renewed = tools.passwords.hash(password)
    with tools.transactions.begin() as uow:
        account = _account(uow, name, lock=True)
        unchanged = bool(account and before and account.password_hash == before.password_hash)
        refusal = refusal_of(account, right=right and unchanged)
        if account is None or refusal:
            refuse(tools, uow, account, refusal or SignInRefusal.UNKNOWN)
            return None
        if renewed and not account.one_time:
            uow.accounts.put_own(account.user.name, renewed)
        uow.accounts.note_sign_in(account.user.name)
        return open_session(tools, uow, account.user.name)


def _account(uow: UnitOfWork, name: str, *, lock: bool = False) -> Account | None:
    return uow.accounts.named(name, lock=lock) if USER_NAME.fullmatch(name) else None


def _fits(tools: Tools, account: Account | None, password: str) -> bool:
    """Whether this is the account's password; as much work where there is none, and no more for a book."""
    stored = account.password_hash if account else tools.passwords.decoy
    return tools.passwords.fits(stored, password[:LONGEST_SENT])


def refuse(tools: Tools, uow: UnitOfWork, account: Account | None, refusal: SignInRefusal) -> None:
    """Count a wrong password and note the refusal, without what was typed."""
    name = account.user.name if account else ""
    audit(
        tools, uow, SYSTEM, AuditVerb.SIGN_IN_REFUSED, of=("user", name),
        detail={"reason": refusal.value},
    )  # fmt: skip
    if refusal is SignInRefusal.PASSWORD and uow.accounts.count_failure(name):
        audit(tools, uow, SYSTEM, AuditVerb.ACCOUNT_LOCKED, of=("user", name))


def open_session(tools: Tools, uow: UnitOfWork, name: str) -> str:
    """A token that was never anybody's before; only its lookup is stored."""
    token = tools.ids.secret()
    uow.accounts.open_session(name, _lookups(tools, token)[0])
    actor = Actor(ActorType.USER, name)
    audit(tools, uow, actor, AuditVerb.SESSION_OPENED, of=("user", name))
    return token


def session_of(tools: Tools, token: str, *, used: bool = True) -> SignedIn | None:
    """Who shows this token, with the roles they have now; None if it opens nothing (any more).

    What a page asks for by itself, while nobody may be there, is not ``used``.
    """
    with tools.transactions.begin() as uow:
        account = uow.accounts.session(_lookups(tools, token), used=used)
    if account is None:
        return None
    user = account.user
    scopes = frozenset() if account.one_time else scopes_of(user.roles)
    principal = Principal(actor=Actor(ActorType.USER, user.name), key_id="", scopes=scopes)
    return SignedIn(
        principal=principal, roles=user.roles, must_change=account.one_time,
        csrf=tools.keyring.lookups(f"form:{token}")[0].hex(),
    )  # fmt: skip


def sign_out(tools: Tools, token: str) -> None:
    """End a session; repeating it is no error."""
    with tools.transactions.begin() as uow:
        if name := uow.accounts.end_session(_lookups(tools, token)):
            actor = Actor(ActorType.USER, name)
            audit(
                tools, uow, actor, AuditVerb.SESSION_ENDED, of=("user", name),
                detail={"reason": "signed_out"},
            )  # fmt: skip


def _lookups(tools: Tools, token: str) -> list[bytes]:
    """Under another beginning than keys have, so that neither is ever taken for the other."""
    return tools.keyring.lookups(f"session:{token}")
