"""The shield: people who are present but unverified, so that this run can't remove them."""

from collections.abc import Iterable

from shared.domain.identity import PeopleIndex
from shared.domain.snapshot import Person
from shared.domain.text import fold


def shielded_by_identity(index: PeopleIndex, values: Iterable[str]) -> set[int]:
    """People whose employee number, email or username is one of ``values`` (from rows not taken)."""
    shielded: set[int] = set()
    for value in values:
        key = fold(value)
        for known in (index.by_number, index.by_email, index.by_username, index.by_personal_email):
            shielded.update(person.id for person in known.get(key, ()))
        if linked := index.links.get(key):
            shielded.add(linked)
    return shielded


def shielded_by_bytes(people: Iterable[Person], regions: Iterable[str]) -> set[int]:
    """People whose employee number, email or username occurs anywhere in damaged text.

    Without regard to case; a number inside a longer one shields too: rather one too many.
    """
    text = "\n".join(fold(region) for region in regions)
    if not text:
        return set()
    return {
        person.id
        for person in people
        if any(
            key and fold(key) in text
            for key in (person.employee_number, person.email, person.username)
        )
    }
