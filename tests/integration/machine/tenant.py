"""A district of a handful: what ASCIP has at first, and what the mapping knows."""

import json
from typing import Any

from services.simulator.model import Dump, Person

DISTRICT, HIGH, MIDDLE, CLUB = 101, 401, 402, 901
JOB, TEACHER, CLERK, COOK = 9, 51, 52, 53
#: A job that HR's list never has.
NOBODYS = 54
JOBS = {"Teacher": TEACHER, "Clerk": CLERK, "Cook": COOK}
SITES = {"010": HIGH, "020": MIDDLE}
#: Nobody is called like somebody else, so that nobody looks like a duplicate.
NAMES = {
    "E1": ("Ada", "Quill"), "E2": ("Boris", "Vandermeer"), "E3": ("Chidi", "Okafor"),
    "E4": ("Dolores", "Fenwick"), "E5": ("Emeka", "Strand"), "E6": ("Fumiko", "Yardley"),
}  # fmt: skip
#: In ASCIP from the start; the others come later, if they do.
THERE = ("E1", "E2", "E3", "E4")
ADMIN, VENDOR = 1, 2


def email_of(employee_id: str, number: int = 0) -> str:
    """The address of somebody, or a later one."""
    first = NAMES[employee_id][0].lower()
    return f"{first}{number or ''}@lincoln.example"


def the_dump() -> Dump:
    """An administrator, a vendor in a group that isn't ours, and those who are there."""
    admin = _person(ADMIN, "LMS", "Administrator", "lms.admin@lincoln.example", groups=[DISTRICT])
    admin["roleId"], admin["username"] = 3, "lms.admin"
    vendor = _person(VENDOR, "Ivo", "Outsider", "ivo@vendor.example", groups=[CLUB])
    staff = []
    for number, employee_id in enumerate(THERE, 3):
        first, last = NAMES[employee_id]
        person = _person(
            number, first, last, email_of(employee_id), groups=[DISTRICT, list(SITES.values())[number % 2]]
        )  # fmt: skip
        person["employeeNumber"] = employee_id
        person["buckets"] = [{"bucketId": JOB, "valueId": TEACHER}]
        staff.append(person)
    staff[0]["groupIds"].append(CLUB)
    return {
        "tenant": {"id": 77, "name": "Lincoln USD", "timezoneId": 1},
        "groups": [
            {"id": DISTRICT, "name": "Lincoln USD", "code": "district"},
            {"id": HIGH, "name": "Lincoln High", "code": "010"},
            {"id": MIDDLE, "name": "Lincoln Middle", "code": "020"},
            {"id": CLUB, "name": "Book Club", "code": None},
        ],
        "buckets": [
            {
                "id": JOB, "name": "Job Class", "type": "choice",
                "values": [
                    {"id": id_, "name": name} for name, id_ in (JOBS | {"Visitor": NOBODYS}).items()
                ],
            }
        ],
        "roles": [{"id": 1, "name": "Learner"}, {"id": 3, "name": "Administrator"}],
        "timezones": [{"id": 1, "name": "America/Los_Angeles"}],
        "people": [admin, vendor, *staff],
    }  # fmt: skip


def _person(
    number: int, first: str, last: str, email: str, *, groups: list[int]
) -> Person:  # fmt: skip
    return {
        "id": number, "username": email, "email": email, "firstName": first, "lastName": last,
        "status": "active", "updatedAt": "2026-08-17T15:00:00.000Z", "employeeNumber": None,
        "personalEmail": None, "roleId": 1, "timezoneId": 1, "groupIds": groups, "buckets": [],
    }  # fmt: skip


def mapping_text(version: int, *, sites: dict[str, int], jobs: dict[str, int]) -> str:
    """A version of the mapping file."""
    names = {HIGH: "Lincoln High", MIDDLE: "Lincoln Middle"}
    values = {
        name: {
            "id": id_,
            "aliases": [word for word, i in jobs.items() if i == id_ and word != name],
        }
        for name, id_ in JOBS.items()
        if id_ in jobs.values()
    }
    document: dict[str, Any] = {
        "version": version,
        "groups": {
            "district": {"id": DISTRICT, "name": "Lincoln USD"},
            "sites": {code: {"id": id_, "name": names[id_]} for code, id_ in sites.items()},
        },
        "buckets": {
            "Job Class": {"id": JOB, "column": "job_title", "values": values}
        },
        "roles": {"default": "Learner", "values": {}},
        "timezones": {"default": "America/Los_Angeles"},
        "protected": {"usernames": ["lms.admin"], "roles": ["Administrator"]},
        "privileged_roles": ["Administrator"],
    }  # fmt: skip
    return json.dumps(document)
