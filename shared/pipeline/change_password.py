"""Change one's own password: whoever else was signed in as this user isn't any more."""

from dataclasses import dataclass, field

from shared.domain.account import Account, SignInRefusal
from shared.domain.audit import Actor, ActorType, AuditVerb
from shared.domain.password import LONGEST_SENT, PasswordFault, as_typed, fault_of
from shared.pipeline.sign_in import open_session, refuse, session_of
from shared.pipeline.tools import Tools, audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A token for the session that goes on, or what was wrong."""

    token: str | None = field(default=None, repr=False)
    fault: PasswordFault | None = None


def change_password(tools: Tools, token: str, present: str, new: str) -> Changed | None:
    """Put a password of the user's own in place of the present one; None without a session."""
    signed_in = session_of(tools, token)
    if signed_in is None:
        return None
    name = signed_in.name
    with tools.transactions.begin() as uow:
        before = uow.accounts.named(name)
    if before is None:
        return None
    if fault := _fault(tools, before, present, new):
        return Changed(fault=fault)
    hashed = tools.passwords.hash(new)
    with tools.transactions.begin() as uow:
        now = uow.accounts.named(name, lock=True)
        if now is None or now.user.disabled or now.password_hash != before.password_hash:
            return None
        uow.accounts.put_own(name, hashed)
        actor = Actor(ActorType.USER, name)
        ended = uow.accounts.end_sessions(name)
        audit(
            tools, uow, actor, AuditVerb.PASSWORD_CHANGED, of=("user", name),
            detail={"sessions_ended": ended},
        )  # fmt: skip
        return Changed(token=open_session(tools, uow, name))


def _fault(tools: Tools, account: Account, present: str, new: str) -> PasswordFault | None:
    """A wrong present password counts as it does at the sign-in: a session may be somebody else's."""
    name = account.user.name
    right = tools.passwords.fits(account.password_hash, present[:LONGEST_SENT])
    if account.waiting or not right:
        reason = SignInRefusal.WAITING if account.waiting else SignInRefusal.PASSWORD
        with tools.transactions.begin() as uow:
            refuse(tools, uow, uow.accounts.named(name, lock=True), reason)
        return PasswordFault.NOT_YOURS
    new = as_typed(new[:LONGEST_SENT])
    if new == as_typed(present):
        return PasswordFault.UNCHANGED
    return fault_of(new, names=(name, tools.district))
