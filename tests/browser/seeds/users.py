"""A user for each role."""

from shared.domain.access import Role
from shared.domain.audit import SYSTEM
from shared.pipeline import access
from shared.pipeline.tools import Tools

#: Role → user name. The operator and the approver are those of `tests.fakes.installation`.
USERS = {
    Role.VIEWER: "vera",
    Role.OPERATOR: "olga",
    Role.APPROVER: "anna",
    Role.COMPLIANCE: "kim",
    Role.AUDITOR: "otto",
    Role.ADMIN: "ada",
}


def password(tools: Tools, role: Role) -> str:
    """What somebody of this role signs in with."""
    wanted = access.NewKey(name="browser", user_name=USERS[role])
    return access.create_key(tools, wanted, SYSTEM)[1]


def make_users(tools: Tools) -> None:
    """All of them."""
    for role, name in USERS.items():
        access.put_user(tools, name, [role], SYSTEM)
