"""Compares a person just read with an action: who else has changed them meanwhile."""

import unicodedata

from shared.domain.action import Action, Change, Kind, Scalar
from shared.domain.snapshot import Person, PersonStatus

_FIELDS = frozenset(
    {
        "email",
        "username",
        "first_name",
        "last_name",
        "employee_number",
        "personal_email",
        "role_id",
        "timezone_id",
    }
)
_BUCKET = "buckets."
#: What these kinds make of a person's status.
_STATUS_AFTER = {
    Kind.ADD: PersonStatus.ACTIVE,
    Kind.REACTIVATE: PersonStatus.ACTIVE,
    Kind.DEACTIVATE: PersonStatus.INACTIVE,
}


def differs(action: Action, person: Person) -> list[str]:
    """Paths of the changes to be sent whose present value is neither `before` nor `after`.

    A value that is `after` already is no conflict: sending overwrites nothing that somebody wrote.
    """
    return [c.path for c in action.sent if not (_holds(c, c.before, person) or reached(c, person))]


def fulfilled(action: Action, person: Person) -> bool:
    """Whether the person already is as the action would leave them, status included."""
    status = _STATUS_AFTER.get(action.kind, person.status)
    return person.status is status and all(reached(change, person) for change in action.sent)


def reached(change: Change, person: Person) -> bool:
    """Whether the person has the value `after`."""
    return _holds(change, change.after, person)


def value_at(person: Person, path: str) -> Scalar:
    """The person's value at the path of a change.

    Raises:
        ValueError: for a path no change has.
    """
    if path.startswith(_BUCKET):
        return person.bucket(int(path.removeprefix(_BUCKET)))
    if path == "status":
        return person.status.value
    if path not in _FIELDS:
        raise ValueError(f"a person has no {path}")
    value: Scalar = getattr(person, path)
    return value


def _holds(change: Change, value: Scalar, person: Person) -> bool:
    return _composed(value_at(person, change.path)) == _composed(value)


def _composed(value: Scalar) -> Scalar:
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value
