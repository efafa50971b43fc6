"""Roles and accounts that the mapping guards: what no plan does without a person, or at all."""

from collections.abc import Iterable

from shared.domain.action import Change, HeldReason, Scalar
from shared.domain.mapping import Mapping
from shared.domain.snapshot import Reference
from shared.domain.text import fold


def privileged(
    changes: Iterable[Change], reference: Reference, mapping: Mapping
) -> HeldReason | None:
    """Privileged roles are never given without approval of that very person."""
    given = [change.after for change in changes if change.path == "role_id"]
    return next(filter(None, (privileged_role(role, reference, mapping) for role in given)), None)


def privileged_role(role: Scalar, reference: Reference, mapping: Mapping) -> HeldReason | None:
    """Why somebody with a role waits for a release by name, None if the role is an ordinary one."""
    name = reference.roles.get(role, "") if isinstance(role, int) else ""
    return HeldReason.PRIVILEGED_ROLE if fold(name) in mapping.privileged_roles else None


def makes_protected(changes: Iterable[Change], reference: Reference, mapping: Mapping) -> bool:
    """Whether they would give somebody a username or a role that the mapping protects."""
    for change in changes:
        if change.path == "username" and fold(str(change.after)) in mapping.protected_usernames:
            return True
        name = reference.roles.get(change.after, "") if isinstance(change.after, int) else ""
        if change.path == "role_id" and fold(name) in mapping.protected_roles:
            return True
    return False
