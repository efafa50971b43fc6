"""A user for each role, with a password of their own."""

from shared.domain.access import Role
from shared.domain.audit import SYSTEM
from shared.pipeline import accounts
from shared.pipeline.change_password import change_password
from shared.pipeline.sign_in import sign_in
from shared.pipeline.tools import Tools
from tests.fakes.api_thread import PASSWORD

__all__ = ["PASSWORD", "USERS", "make_users"]

#: Role → user name. The operator and the approver are those of `tests.fakes.installation`.
USERS = {
    Role.VIEWER: "vera",
    Role.OPERATOR: "olga",
    Role.APPROVER: "anna",
    Role.COMPLIANCE: "kim",
    Role.AUDITOR: "otto",
    Role.ADMIN: "ada",
}


def make_users(tools: Tools) -> None:
    """All of them."""
    for role, name in USERS.items():
        present = accounts.create_account(tools, name, [role], SYSTEM)
        changed = change_password(tools, sign_in(tools, name, present) or "", present, PASSWORD)
        assert changed
        assert changed.token
