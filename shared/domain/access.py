"""Who may do what: roles of people, scopes of keys. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.audit import Actor

#: What somebody may be called: it stands in the audit.
USER_NAME = re.compile(r"[\w.@-]{1,64}", re.ASCII)


class Role(StrEnum):
    """What a person is to the installation (docs/reference/access.md)."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    COMPLIANCE = "compliance"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Scope(StrEnum):
    """One thing that may be done; roles come to a set of them, a service key names its own."""

    RUNS_READ = "runs:read"  # runs, their rows' line numbers and codes, counts
    RUNS_WRITE = "runs:write"  # upload, plan, apply what is approved, pause, resume, cancel, retry
    PLANS_READ = "plans:read"  # plans, rows and reports: they show names
    PLANS_REVIEW = "plans:review"  # approve, release, discard
    QUARANTINE_WRITE = "quarantine:write"  # assign, comment, notify, resubmit, attest, close
    AUDIT_READ = "audit:read"  # export the audit
    METRICS_READ = "metrics:read"  # metrics and the details of health
    KEYS_WRITE = "keys:write"  # users and keys


class KeyKind(StrEnum):
    """Whose a key is."""

    PERSONAL = "personal"  # a user's, with the user's roles
    SERVICE = "service"  # a program's, with scopes of its own


_S = Scope
_SEE = frozenset({_S.RUNS_READ, _S.PLANS_READ, _S.METRICS_READ})
_OPERATE = _SEE | {_S.RUNS_WRITE}

_MAY: dict[Role, frozenset[Scope]] = {
    Role.VIEWER: _SEE,
    Role.OPERATOR: _OPERATE,
    Role.APPROVER: _OPERATE | {_S.PLANS_REVIEW},
    Role.COMPLIANCE: _SEE | {_S.QUARANTINE_WRITE},
    Role.AUDITOR: _SEE | {_S.AUDIT_READ},
    Role.ADMIN: frozenset(Scope),
}

#: What no program may hold: a plan is approved, and access given, by a person.
PERSONS_ONLY = frozenset({_S.PLANS_REVIEW, _S.KEYS_WRITE})


def scopes_of(roles: Iterable[Role]) -> frozenset[Scope]:
    """Everything that somebody with these roles may do."""
    return frozenset().union(*(_MAY[role] for role in roles))


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may sign in, or hold personal keys."""

    name: str
    #: With none, nothing is open to them.
    roles: tuple[Role, ...]
    #: Neither a password nor a key lets them in.
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key as stored; the key itself is known to its holder alone."""

    id: str
    kind: KeyKind
    name: str
    user_name: str | None
    scopes: tuple[Scope, ...]
    created_by: str
    created_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking, and what they may do."""

    actor: Actor
    #: Empty for somebody who has signed in.
    key_id: str
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        """Whether this is theirs to do."""
        return scope in self.scopes
