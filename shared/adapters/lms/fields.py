"""The LMS's field names, and their strict reading: a wrong shape is `Garbled`, never empty."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from shared.adapters.lms.shapes import (
    Garbled,
    array,
    is_id,
    mapping,
    optional_id,
    optional_text,
    positive,
    text,
    word,
)
from shared.domain.action import Change, Scalar
from shared.domain.canonical import Json
from shared.domain.snapshot import Bucket, Group, Person, PersonStatus

#: Path of a change → name in the LMS; buckets are apart.
NAMES = {
    "email": "email",
    "username": "username",
    "first_name": "firstName",
    "last_name": "lastName",
    "employee_number": "employeeNumber",
    "personal_email": "personalEmail",
    "role_id": "roleId",
    "timezone_id": "timezoneId",
}
BUCKET_PREFIX = "buckets."
_STATUSES = {status.value: status for status in PersonStatus}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, its items still unread."""

    items: list[object]
    total_items: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What the list of people says about one of them."""

    id: int
    username: str
    email: str


@dataclass(frozen=True, slots=True)
class MembersChanged:
    """The answer to a membership call: person id → code of those that failed."""

    failed: Mapping[int, str]


def payload(changes: Iterable[Change], *, creating: bool = False) -> dict[str, Json]:
    """The body of an add or update; what is None is left out when ``creating``, else it clears.

    Raises:
        ValueError: for a path the LMS has no field for.
    """
    body: dict[str, Json] = {}
    buckets: list[Json] = []
    for change in changes:
        if creating and change.after is None:
            continue
        if change.path.startswith(BUCKET_PREFIX):
            buckets.append(_bucket_value(change.path, change.after))
        elif change.path in NAMES:
            body[NAMES[change.path]] = change.after
        else:
            raise ValueError(f"no field of the LMS for {change.path}")
    if buckets:
        body["buckets"] = buckets
    return body


def _bucket_value(path: str, value: Scalar) -> Json:
    bucket_id = int(path.removeprefix(BUCKET_PREFIX))
    name = "text" if isinstance(value, str) else "valueId"
    return {"bucketId": bucket_id, name: value}


def person(data: object) -> Person:
    """Read a `Person`; every field must be there, the optional ones may be null."""
    record = mapping(data, "person")
    return Person(
        id=positive(record, "id"),
        username=text(record, "username"),
        email=text(record, "email"),
        first_name=text(record, "firstName"),
        last_name=text(record, "lastName"),
        status=_status(record),
        employee_number=optional_text(record, "employeeNumber"),
        personal_email=optional_text(record, "personalEmail"),
        role_id=optional_id(record, "roleId"),
        timezone_id=optional_id(record, "timezoneId"),
        group_ids=_group_ids(record),
        buckets=_buckets(record),
    )


def person_with(person_id: int) -> Callable[[object], Person]:
    """A reader of the `Person` with that id: an answer about somebody else is `Garbled`."""

    def read(data: object) -> Person:
        found = person(data)
        if found.id != person_id:
            raise Garbled("the answer is about another person")
        return found

    return read


def _status(record: Mapping[str, object]) -> PersonStatus:
    status = _STATUSES.get(text(record, "status"))
    if status is None:
        raise Garbled("status is neither active nor inactive")
    return status


def _group_ids(record: Mapping[str, object]) -> tuple[int, ...]:
    ids = array(record, "groupIds")
    if not all(map(is_id, ids)):
        raise Garbled("groupIds holds something else than ids")
    return tuple(sorted({i for i in ids if isinstance(i, int)}))


def _buckets(record: Mapping[str, object]) -> tuple[tuple[int, int | str], ...]:
    found: dict[int, int | str] = {}
    for entry in array(record, "buckets"):
        bucket = mapping(entry, "bucket")
        bucket_id = positive(bucket, "bucketId")
        if bucket_id in found or ("valueId" in bucket) == ("text" in bucket):
            raise Garbled("a bucket is there twice, or has not exactly one value")
        is_choice = "valueId" in bucket
        found[bucket_id] = positive(bucket, "valueId") if is_choice else text(bucket, "text")
    return tuple(sorted(found.items()))


def summary(data: object) -> Summary:
    """Read a `PersonSummary`."""
    record = mapping(data, "person")
    return Summary(positive(record, "id"), text(record, "username"), text(record, "email"))


def group(data: object) -> Group:
    """Read a group, without members."""
    record = mapping(data, "group")
    return Group(
        id=positive(record, "id"), name=text(record, "name"), code=optional_text(record, "code")
    )


def bucket(data: object) -> Bucket:
    """Read a bucket with the values of a choice."""
    record = mapping(data, "bucket")
    kind = text(record, "type")
    if kind not in {"choice", "text"}:
        raise Garbled("a bucket's type is neither choice nor text")
    values = dict(map(named, array(record, "values")))
    return Bucket(id=positive(record, "id"), name=text(record, "name"), type=kind, values=values)


def named(data: object) -> tuple[int, str]:
    """Read ``{"id", "name"}``."""
    record = mapping(data, "item")
    return positive(record, "id"), text(record, "name")


def tenant(data: object) -> tuple[str, str]:
    """Read id and name of the tenant; the id may be a number or text."""
    record = mapping(data, "tenant")
    value = record.get("id")
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Garbled("id of the tenant is missing or of the wrong type")
    return str(value), text(record, "name")


def member_id(data: object) -> int:
    """Read ``{"personId"}``."""
    return positive(mapping(data, "member"), "personId")


def members_changed(data: object) -> MembersChanged:
    """Read the answer to a membership call."""
    record = mapping(data, "answer")
    entries = (mapping(entry, "failed") for entry in array(record, "failed"))
    return MembersChanged({positive(e, "personId"): word(text(e, "code")) for e in entries})


def page(data: object) -> Page:
    """Read the frame of a list."""
    record = mapping(data, "list")
    if "error" in record:
        raise Garbled("the list comes with an error")
    total = record.get("totalItems")
    if type(total) is not int or total < 0:
        raise Garbled("totalItems is missing or of the wrong type")
    return Page(array(record, "items"), total)
