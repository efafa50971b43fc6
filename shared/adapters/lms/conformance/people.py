"""Rules about people as they are read: look-ups, summaries, details, times."""

import re

from shared.adapters.lms.conformance.judging import Broken, NotChecked, rule
from shared.adapters.lms.conformance.lms import Lms, Record, count, ids
from shared.adapters.lms.shapes import (
    array,
    mapping,
    optional_id,
    optional_text,
    positive,
    text,
)
from shared.domain.text import fold

_STATUSES = ("active", "inactive")
#: With more people only so many pages of each status are looked at.
_MOST_PAGES = 5
#: Values that are written the same before and after percent-encoding, the `@` aside.
_PLAIN = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9._-]+(@[A-Za-z0-9.-]+)?")
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]00:00)")


@rule("Active and inactive people together are all people, and nobody is both.")
def people_by_status(lms: Lms) -> str:
    everyone, _total = lms.everyone
    found: dict[str, set[int]] = {}
    whole = True
    for status in _STATUSES:
        members, read_all = _with_status(lms, status)
        found[status] = members
        whole = whole and read_all
    both = found["active"] & found["inactive"]
    if both:
        raise Broken(f"{len(both)} people are active and inactive, such as {min(both)}")
    seen = found["active"] | found["inactive"]
    if not seen <= everyone or (whole and seen != everyone):
        raise Broken(f"active and inactive are {len(seen)} people, all are {len(everyone)}")
    said = f"{len(found['active'])} active, {len(found['inactive'])} inactive, nobody is both"
    return said if whole else f"{said} (the first pages of each)"


def _with_status(lms: Lms, status: str) -> tuple[set[int], bool]:
    """Ids on the first pages of a status, and whether these were all pages."""
    found: set[int] = set()
    for number, page in enumerate(lms.pages("/people", (("status", status),)), 1):
        wrong = [
            item for item in map(_record, array(page, "items")) if item.get("status") != status
        ]
        if wrong:
            raise Broken(
                f"the list of {status} people holds {positive(wrong[0], 'id')}, who is not"
            )
        found |= ids(page)
        if number == _MOST_PAGES:
            return found, count(page, "totalItems") <= len(found)
    return found, True


@rule("`email=` finds exactly that person, without regard to case.")
def people_by_email(lms: Lms) -> str:
    return _looked_up(lms, "email")


@rule("`username=` finds exactly that person, without regard to case.")
def people_by_username(lms: Lms) -> str:
    return _looked_up(lms, "username")


def _looked_up(lms: Lms, field: str) -> str:
    person = next((p for p in lms.people if _PLAIN.fullmatch(text(p, field))), None)
    if person is None:
        raise NotChecked(f"nobody has a {field} of plain letters to look up")
    person_id, value = positive(person, "id"), text(person, field)
    for wanted in (value, value.swapcase()):
        found = [positive(item, "id") for item in lms.items("/people", ((field, wanted),))]
        if found != [person_id]:
            case = "the same" if wanted == value else "another"
            raise Broken(f"{field}= of person {person_id} in {case} case finds {len(found)} people")
    part = value[:-1]
    if any(
        fold(text(item, field)) != fold(part) for item in lms.items("/people", ((field, part),))
    ):
        raise Broken(f"{field}= finds people by a part of the value")
    return f"person {person_id} is found in either case, and by nothing shorter"


@rule(
    "A person in a list has `id`, `username`, `email`, `firstName`, `lastName`, `status`, `updatedAt`."
)
def summary_fields(lms: Lms) -> str:
    if not lms.people:
        raise NotChecked("there are no people")
    for person in lms.people:
        _summary(person)
    return f"all fields of {len(lms.people)} people are there"


def _summary(person: Record) -> None:
    positive(person, "id")
    for name in ("username", "email", "firstName", "lastName", "updatedAt"):
        text(person, name)
    if person.get("status") not in _STATUSES:
        raise Broken("status is neither active nor inactive")


@rule(
    "A person in full has `employeeNumber`, `personalEmail`, `roleId`, `timezoneId`, `groupIds`,"
    " `buckets`: null where empty, each bucket with `bucketId` and either `valueId` or `text`."
)
def person_fields(lms: Lms) -> str:
    if not lms.details:
        raise NotChecked("there are no people")
    for person in lms.details:
        _summary(person)
        for name in ("employeeNumber", "personalEmail"):
            if optional_text(person, name) == "":
                raise Broken(f"{name} is empty text, not null")
        optional_id(person, "roleId")
        optional_id(person, "timezoneId")
        if not all(type(group_id) is int for group_id in array(person, "groupIds")):
            raise Broken("groupIds holds something else than ids")
        for entry in array(person, "buckets"):
            _bucket_value(_record(entry))
    return f"all fields of {len(lms.details)} people are there"


def _bucket_value(value: Record) -> None:
    positive(value, "bucketId")
    if ("valueId" in value) == ("text" in value):
        raise Broken("a bucket has not exactly one of valueId and text")
    if "valueId" in value:
        positive(value, "valueId")
    else:
        text(value, "text")


@rule("Times are RFC 3339 in UTC.")
def times_utc(lms: Lms) -> str:
    times = [text(person, "updatedAt") for person in (*lms.people, *lms.details)]
    if not times:
        raise NotChecked("there are no people")
    wrong = sum(_UTC.fullmatch(time) is None for time in times)
    if wrong:
        raise Broken(f"updatedAt is not RFC 3339 in UTC for {wrong} of {len(times)} people")
    return f"updatedAt of {len(times)} people is RFC 3339 in UTC"


def _record(data: object) -> Record:
    return mapping(data, "an item")


PEOPLE = (
    people_by_status,
    people_by_email,
    people_by_username,
    summary_fields,
    person_fields,
    times_utc,
)
