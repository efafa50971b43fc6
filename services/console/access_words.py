"""Roles, scopes and the states of users in the words of a form."""

from collections.abc import Mapping

from shared.domain.access import Role, Scope
from shared.domain.account import UserState

ROLES: Mapping[Role, str] = {
    Role.VIEWER: "See runs, plans and reports.",
    Role.OPERATOR: "See, and upload, plan, apply what is approved, pause, resume, cancel, retry.",
    Role.APPROVER: "As an operator, and approve, release, discard and take back.",
    Role.COMPLIANCE: "See, and deal with quarantined records of governed feeds.",
    Role.AUDITOR: "See, and export the audit.",
    Role.ADMIN: "Everything, and users, keys and settings.",
}
SCOPES: Mapping[Scope, str] = {
    Scope.RUNS_READ: "See runs, their counts and events.",
    Scope.RUNS_WRITE: "Upload, plan, apply what is approved, pause, resume, cancel, retry.",
    Scope.PLANS_READ: "See plans, rows and reports, which show names.",
    Scope.QUARANTINE_WRITE: "Deal with quarantined records.",
    Scope.AUDIT_READ: "Export the audit.",
    Scope.METRICS_READ: "Read metrics and the details of health.",
}
#: State: what it is called, how its badge looks, what it means.
STATES: Mapping[UserState, tuple[str, str, str]] = {
    UserState.GOOD: ("Active", "good", "May sign in."),
    UserState.DISABLED: ("Disabled", "bad", "Neither a password nor a key lets them in."),
    UserState.WAITING: ("Locked", "warning", "Five wrong passwords in a row: locked for 15 minutes."),
    UserState.ONE_TIME: ("First password", "attention", "Has not yet chosen a password of their own."),
    UserState.EXPIRED: ("Password expired", "warning", "Did not use the first password in time."),
    UserState.KEYS_ONLY: ("Keys only", "quiet", "Has no account to sign in with."),
}  # fmt: skip
