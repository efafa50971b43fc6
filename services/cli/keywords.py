"""Roles and scopes as they are typed."""

from collections.abc import Sequence
from typing import TypeVar

from shared.domain.access import Role, Scope
from shared.domain.errors import NotFound

Word = TypeVar("Word", Role, Scope)


def roles_named(names: Sequence[str]) -> list[Role]:
    """Raises `NotFound` for a word that is no role."""
    return [_named(name, list(Role), "role") for name in names]


def scopes_named(names: Sequence[str]) -> list[Scope]:
    """Raises `NotFound` for a word that is no scope."""
    return [_named(name, list(Scope), "scope") for name in names]


def _named(name: str, words: Sequence[Word], what: str) -> Word:
    found = next((word for word in words if word.value == name), None)
    if found is None:
        known = ", ".join(word.value for word in words)
        raise NotFound(f"{name!r} is not a {what}; known: {known}. Nothing was written.")
    return found
