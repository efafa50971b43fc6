"""Makes a tenant from a number of people and a seed: the same in every process, everywhere.

Used by `app`, `admin` and `extract`. Ids and counts are laid out so that the demo can name them.
"""

import random
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from . import names
from .model import Bucket, BucketValue, Dump, Group, NamedId, Person
from .state import State

DISTRICT_ID = 101
HARBOR_ID = 493
HARBOR_CODE = "093"
JOB_BUCKET, DEPARTMENT_BUCKET, TYPE_BUCKET, NOTE_BUCKET = 9, 10, 11, 12
_FIRST_VALUE = {JOB_BUCKET: 51, DEPARTMENT_BUCKET: 61, TYPE_BUCKET: 71}
_FIRST_SITE = 401
_UNMANAGED = {901: "Safety Committee", 902: "Book Club"}
_LEARNER, _MANAGER, _ADMINISTRATOR = 1, 2, 3
_CERTIFICATED = frozenset({"Teacher", "Counselor", "Nurse", "Librarian"})
_USUAL_DEPARTMENT = {
    "Custodian": "Operations",
    "Bus Driver": "Transportation",
    "Cook": "Nutrition Services",
    "Counselor": "Student Services",
    "Nurse": "Student Services",
}
_EPOCH = datetime(2026, 8, 17, 15, 0, tzinfo=UTC)


def make_tenant(people: int, seed: int) -> State:
    return State(make_dump(people, seed))


def make_dump(people: int, seed: int) -> Dump:
    """`people` managed and active ones; beside them the administrator, vendors and former staff."""
    sites = _sites(people)
    maker = _Maker(random.Random(f"tenant:{people}:{seed}"), sites)
    staff = [maker.managed(10_001 + place) for place in range(people)]
    former = [maker.former(10_001 + people + place) for place in range(max(2, people // 500))]
    vendors = [maker.vendor(place) for place in range(max(2, people // 100))]
    everyone = [maker.administrator(), *staff, *former, *vendors]
    return {
        "tenant": {"id": 77, "name": "Lincoln USD", "timezoneId": 1},
        "groups": [
            {"id": DISTRICT_ID, "name": "Lincoln USD", "code": "district"},
            *sites,
            {"id": HARBOR_ID, "name": "Harbor Middle", "code": HARBOR_CODE},
            *_unmanaged_groups(),
        ],
        "buckets": _buckets(),
        "roles": _numbered(names.ROLES, 1),
        "timezones": _numbered(names.TIMEZONES, 1),
        "people": everyone,
    }


def _numbered(words: Sequence[str], first: int) -> list[NamedId]:
    return [{"id": first + place, "name": word} for place, word in enumerate(words)]


def _buckets() -> list[Bucket]:
    choices = (
        (JOB_BUCKET, "Job Class", names.JOB_CLASSES),
        (DEPARTMENT_BUCKET, "Department", names.DEPARTMENTS),
        (TYPE_BUCKET, "Employee Type", names.EMPLOYEE_TYPES),
    )
    made: list[Bucket] = [
        {
            "id": bucket_id,
            "name": name,
            "type": "choice",
            "values": _numbered(words, _FIRST_VALUE[bucket_id]),
        }
        for bucket_id, name, words in choices
    ]
    made.append({"id": NOTE_BUCKET, "name": "Work Location Note", "type": "text", "values": []})
    return made


def _unmanaged_groups() -> list[Group]:
    return [{"id": key, "name": name, "code": None} for key, name in _UNMANAGED.items()]


def _sites(people: int) -> list[Group]:
    count = min(len(names.SITES), max(3, people // 160))
    return [
        {"id": _FIRST_SITE + place, "name": name, "code": f"{(place + 1) * 10:03d}"}
        for place, name in enumerate(names.SITES[:count])
    ]


def choice(bucket_id: int, name: str) -> BucketValue:
    words: Sequence[str] = {
        JOB_BUCKET: names.JOB_CLASSES,
        DEPARTMENT_BUCKET: names.DEPARTMENTS,
        TYPE_BUCKET: names.EMPLOYEE_TYPES,
    }[bucket_id]
    return {"bucketId": bucket_id, "valueId": _FIRST_VALUE[bucket_id] + words.index(name)}


def plain_letters(name: str) -> str:
    """The part of a name that fits into an email address: zoë → zoe, O'Brien → obrien."""
    decomposed = unicodedata.normalize("NFKD", name.replace("ð", "d").replace("ø", "o"))
    return "".join(char for char in decomposed if char.isascii() and char.isalpha()).lower()


class _Maker:
    """Makes one person after the other; the order of draws is part of what a seed means."""

    def __init__(self, generator: random.Random, sites: list[Group]) -> None:
        self._random = generator
        self._site_ids = [site["id"] for site in sites]
        self._site_weights = [3 if "High" in site["name"] else 2 for site in sites]
        self._next_id = 1

    def managed(self, number: int) -> Person:
        draw = self._random
        person = self._someone(str(number), "lincoln.example")
        if draw.random() >= 0.004:
            person["employeeNumber"] = f"E{number}"
        if draw.random() < 0.3:
            person["personalEmail"] = f"{person['username']}@home.example"
        if draw.random() < 0.04:
            person["timezoneId"] = draw.randint(2, len(names.TIMEZONES))
        site = draw.choices(self._site_ids, self._site_weights)[0]
        person["groupIds"] = [DISTRICT_ID, site]
        if draw.random() < 0.03:
            person["groupIds"].append(draw.choice(sorted(_UNMANAGED)))
        self._assign_job(person)
        return person

    def former(self, number: int) -> Person:
        person = self.managed(number)
        person["employeeNumber"] = f"E{number}"
        person["status"] = "inactive"
        return person

    def vendor(self, place: int) -> Person:
        person = self._someone(f"v{place + 1}", "vendor.example")
        if self._random.random() < 0.5:
            person["groupIds"] = [self._random.choice(sorted(_UNMANAGED))]
        return person

    def administrator(self) -> Person:
        person = self._someone("0", "lincoln.example")
        person["username"] = "lms.admin"
        person["email"] = "lms.admin@lincoln.example"
        person["firstName"], person["lastName"] = "LMS", "Administrator"
        person["roleId"] = _ADMINISTRATOR
        person["groupIds"] = [DISTRICT_ID]
        return person

    def _someone(self, mark: str, domain: str) -> Person:
        draw = self._random
        first, last = draw.choice(names.FIRST), draw.choice(names.LAST)
        username = f"{plain_letters(first)[0]}{plain_letters(last)}{mark}"
        moment = _EPOCH + timedelta(seconds=draw.randrange(80 * 24 * 3600))
        person_id = self._next_id
        self._next_id += 1
        return {
            "id": person_id,
            "username": username,
            "email": f"{username}@{domain}",
            "firstName": first,
            "lastName": last,
            "status": "active",
            "updatedAt": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "employeeNumber": None,
            "personalEmail": None,
            "roleId": _LEARNER,
            "timezoneId": 1,
            "groupIds": [],
            "buckets": [],
        }

    def _assign_job(self, person: Person) -> None:
        draw = self._random
        job = draw.choices(names.JOB_CLASSES, names.JOB_WEIGHTS)[0]
        department = _USUAL_DEPARTMENT.get(job) or draw.choice(names.DEPARTMENTS[:3])
        kind = "Certificated" if job in _CERTIFICATED else "Classified"
        if job == "Principal":
            kind = "Management"
            person["roleId"] = _MANAGER
        person["buckets"] = [
            choice(JOB_BUCKET, job),
            choice(DEPARTMENT_BUCKET, department),
            choice(TYPE_BUCKET, kind),
        ]
        if draw.random() < 0.1:
            person["buckets"].append(
                {"bucketId": NOTE_BUCKET, "text": draw.choice(names.LOCATION_NOTES)}
            )
