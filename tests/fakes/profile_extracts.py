"""Extracts as five systems write them, all about one made-up tenant and one story.

`python -m tests.fakes.profile_extracts` writes tests/fixtures/profiles; a test holds the files
against this module. Nobody in them exists.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from services.simulator.mapping_file import make_mapping
from services.simulator.tenant import DISTRICT_ID, HARBOR_ID, make_dump
from shared.domain.feeds.profiles import ProfileName

FOLDER = Path(__file__).parents[1] / "fixtures" / "profiles"
PEOPLE, SEED = 200, 6
#: The story, by place among the managed people: who isn't in the file any more, ...
GONE = (0, 1)
#: ... who is, as somebody who has left, ...
LEFT = (2, 3, 11)
RENAMED = (4, 5)
MOVED = 6
#: ... works here as a student, and has an account, ...
STUDENT_WORKER = 7
#: ... works at two sites, ...
ITINERANT = 8
#: ... whose row has an address that can't be right, ...
BROKEN = 9
#: ... is on leave, so still here,
ON_LEAVE = 12
#: ... and had a second assignment, which has ended.
ENDED = 13
NEWCOMERS = 3
#: Escape's window of edits has these only.
EDITED = 60
#: OneRoster's users.csv has these as well.
STUDENTS, GUARDIANS = 60, 6

_FILES = {
    ProfileName.CANONICAL: "staff.csv",
    ProfileName.AERIES_STF: "STF.csv",
    ProfileName.ESCAPE: "vwHREmploymentList.txt",
    ProfileName.ONEROSTER: "users.csv",
    ProfileName.MS_SDS: "Teacher.csv",
}
_TYPE_CODES = {"Certificated": "C", "Classified": "K", "Management": "M"}


@dataclass(frozen=True, kw_only=True)
class Somebody:
    """A person as the extract has them."""

    number: int
    first: str
    last: str
    username: str
    email: str
    sites: tuple[int, ...]
    job: str = "Teacher"
    kind: str = "Certificated"
    left: int | None = None
    student: bool = False
    on_leave: bool = False
    ended: int | None = None


def path_of(profile: ProfileName) -> Path:
    """The committed file."""
    return FOLDER / _FILES[profile]


def number_of(profile: ProfileName, number: int) -> str:
    """A person's number as the system writes it."""
    match profile:
        case ProfileName.CANONICAL:
            return f"E{number}"
        case ProfileName.ESCAPE:
            return f"{number:06d}"
        case ProfileName.ONEROSTER:
            return f"{number:08x}-5c1a-4e0b-9d3f-{number:012x}"
        case ProfileName.AERIES_STF | ProfileName.MS_SDS:
            return str(number)


def site_of(profile: ProfileName, site: int) -> str:
    """A site as the system writes it."""
    match profile:
        case ProfileName.CANONICAL | ProfileName.ESCAPE:
            return f"{site:03d}"
        case ProfileName.ONEROSTER:
            return f"org-{site}"
        case ProfileName.AERIES_STF | ProfileName.MS_SDS:
            return str(site)


def tenant(profile: ProfileName) -> Any:
    """What the LMS has before: the people, with their numbers as the system writes them."""
    state: Any = make_dump(PEOPLE, SEED)
    for place, person in enumerate(_managed(state)):
        person["employeeNumber"] = number_of(profile, 10_001 + place)
    return state


def mapping(profile: ProfileName) -> Any:
    """The mapping file: sites and kinds of employment as the system writes them."""
    made: Any = make_mapping(tenant(profile))
    sites = made["groups"]["sites"]
    made["groups"]["sites"] = {site_of(profile, int(code)): group for code, group in sites.items()}
    for name, code in _TYPE_CODES.items():
        made["buckets"]["Employee Type"]["values"][name]["aliases"].append(code)
    return made


def people() -> list[Somebody]:
    """Everybody the file is about, but for those who are gone, in order of their numbers."""
    state = make_dump(PEOPLE, SEED)
    codes = {
        g["id"]: int(g["code"])
        for g in state["groups"]
        if g["id"] not in (DISTRICT_ID, HARBOR_ID) and g["code"]
    }
    values = {(b["id"], v["id"]): v["name"] for b in state["buckets"] for v in b["values"]}
    found = []
    for place, person in enumerate(_managed(state)):
        job, _, kind = (values[b["bucketId"], b["valueId"]] for b in person["buckets"][:3])
        (site,) = (codes[i] for i in person["groupIds"] if i in codes)
        somebody = Somebody(
            number=10_001 + place, first=person["firstName"], last=person["lastName"],
            username=person["username"], email=person["email"], sites=(site,), job=job, kind=kind,
        )  # fmt: skip
        if place not in GONE:
            found.append(_told(place, somebody))
    return [*found, *_newcomers()]


def _told(place: int, somebody: Somebody) -> Somebody:
    (site,) = somebody.sites
    if place in LEFT:
        return replace(somebody, left=LEFT.index(place))
    if place in RENAMED:
        return replace(somebody, last=f"{somebody.last} Birchall")
    if place == MOVED:
        return replace(somebody, sites=(site % 30 + 10,))
    if place == STUDENT_WORKER:
        return replace(somebody, student=True)
    if place == ITINERANT:
        return replace(somebody, sites=(site, site % 30 + 10))
    if place == BROKEN:
        return replace(somebody, email=somebody.email.replace("@", " at "), username="b,roken")
    if place == ENDED:
        return replace(somebody, ended=site % 30 + 10)
    return replace(somebody, on_leave=place == ON_LEAVE)


def _newcomers() -> Iterator[Somebody]:
    for place in range(NEWCOMERS):
        name = f"newcomer{place}"
        yield Somebody(
            number=20_001 + place, first="Ines", last=("Oyelowo", "Mbatha", "Xiong")[place],
            username=name, email=f"{name}@lincoln.example", sites=(10,),
        )  # fmt: skip


def _outsiders(count: int, first: int) -> Iterator[Somebody]:
    """People who aren't ours and have no account."""
    for place in range(count):
        name = f"student{first + place}"
        yield Somebody(
            number=first + place, first="Sam", last="Pupil", username=name,
            email=f"{name}@students.example", sites=(20,), student=True,
        )  # fmt: skip


def extract(profile: ProfileName) -> bytes:
    """The file."""
    match profile:
        case ProfileName.CANONICAL:
            rows = [_canonical(p) for p in (*people(), *_outsiders(2, 30_001))]
            return _csv(rows).encode()
        case ProfileName.AERIES_STF:
            return _csv([_aeries(p) for p in people()], quoting=csv.QUOTE_NONNUMERIC).encode(
                "cp1252"
            )
        case ProfileName.ESCAPE:
            edited = [p for p in people() if p.number <= 10_000 + EDITED or p.number > 20_000]
            rows = [row for p in (*edited, *_outsiders(5, 30_001)) for row in _escape(p)]
            return _csv(rows, delimiter="\t").encode()
        case ProfileName.ONEROSTER:
            rows = [_oneroster(p) for p in (*people(), *_outsiders(STUDENTS, 30_001))]
            rows += [_oneroster(p) | {"role": "guardian"} for p in _outsiders(GUARDIANS, 40_001)]
            rows += [_oneroster(p) | {"role": ""} for p in _outsiders(1, 50_001)]
            return _csv(rows, quoting=csv.QUOTE_ALL, lineterminator="\r\n").encode("utf-8-sig")
        case ProfileName.MS_SDS:
            rows = [row for p in people() for row in _ms_sds(p)]
            return _csv(rows, lineterminator="\r\n").encode()


def _canonical(person: Somebody) -> dict[str, str]:
    return {
        "employee_id": number_of(ProfileName.CANONICAL, person.number),
        "first_name": person.first,
        "last_name": person.last,
        "work_email": person.email,
        "site_code": site_of(ProfileName.CANONICAL, person.sites[0]),
        "job_title": person.job,
        "employee_type": "Student Worker" if person.student else person.kind,
        "end_date": "2025-06-30" if person.left is not None else "",
    }


def _aeries(person: Somebody) -> dict[str, Any]:
    """Numbers are numbers, whoever left has a tag, a deleted row or a leave date."""
    return {
        "ID": person.number,
        "LN": person.last,
        "FN": person.first,
        "MN": "",
        "EM": person.email,
        "PSC": person.sites[0],
        "PS": 1,
        "U8": "K" if person.kind == "Classified" else "C",
        "TG": "I" if person.left == 0 else "",
        "DEL": str(person.left == 1),
        "HD": f"{person.number % 12 + 1}/{person.number % 28 + 1}/{1996 + person.number % 29}",
        "LD": "6/30/2025" if person.left == 2 else "",  # the third way
        "BD": f"{person.number % 9 + 1}/17/{1960 + person.number % 40}",
        "CP": f"(530) 555-{person.number % 10_000:04d}",
    }


def _escape(person: Somebody) -> Iterator[dict[str, str]]:
    """A row for each assignment, past ones too."""
    status = "L" if person.on_leave else "A" if person.left is None else "I"
    assignments = [(site, status) for site in person.sites]
    assignments += [(person.ended, "I")] if person.ended else []
    for site, status in assignments:
        yield {
            "empID": number_of(ProfileName.ESCAPE, person.number),
            "SiteId": site_of(ProfileName.ESCAPE, site),
            "EmailWork": person.email,
            "NameLast": person.last,
            "NameFirst": person.first,
            "BargUnitId": "CTA" if person.kind == "Certificated" else "CSEA",
            "EmailHome": f"{person.username}@home.example" if person.number % 3 == 0 else "",
            "HomePhoneMobile": f"530555{person.number % 10_000:04d}",
            "EmploymentTypeCode": _TYPE_CODES[person.kind],
            "EmploymentStatusCode": status,
            "JobCategoryId": "11",
            "JobCategoryDescr": "School staff",
            "JobClassId": f"{len(person.job):03d}",
            "JobClassDescr": person.job,
            "PersonTypeId": "6" if person.student else "1",
            "DateTimeEdited": f"2026-02-{person.number % 14 + 10:02d} 07:30:00.000",
        }


def _oneroster(person: Somebody) -> dict[str, str]:
    """Students and guardians stand in the same file."""
    profile = ProfileName.ONEROSTER
    return {
        "sourcedId": number_of(profile, person.number),
        "status": "tobedeleted" if person.left == 1 else "active",
        "dateLastModified": "2026-02-20T04:00:00.000Z",
        "enabledUser": "false" if person.left in (0, 2) else "true",
        "orgSourcedIds": ",".join(site_of(profile, site) for site in person.sites),
        "role": "student"
        if person.student
        else "administrator"
        if person.job == "Principal"
        else "teacher",
        "username": person.username,
        "userIds": f"{{LDAP:{person.username}}}",
        "givenName": person.first,
        "familyName": person.last,
        "middleName": "",
        "identifier": str(person.number),
        "email": person.email,
        "sms": "",
        "phone": "",
        "agentSourcedIds": "",
        "grades": "09" if person.student else "",
        "password": "",
    }


def _ms_sds(person: Somebody) -> Iterator[dict[str, str]]:
    """A row for each school, with the password in clear. There are no student workers in it."""
    for site in person.sites:
        yield {
            "SIS ID": number_of(ProfileName.MS_SDS, person.number),
            "School SIS ID": site_of(ProfileName.MS_SDS, site),
            "First Name": person.first,
            "Last Name": person.last,
            "Username": person.username,
            "Password": "P@ssw0rd",
            "State ID": "CA",
            "Teacher Number": str(person.number % 1000),
            "Status": "Active" if person.left is None else "Inactive",
            "Middle Name": "",
            "Secondary Email": "",
            "Title": "",
            "Qualification": "",
        }


def _csv(rows: list[dict[str, Any]], **how: Any) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, rows[0], **{"lineterminator": "\n"} | how)
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _managed(state: Any) -> list[Any]:
    """Active members of the district group but for the administrator, as they were made."""
    return [
        person
        for person in state["people"]
        if DISTRICT_ID in person["groupIds"]
        and person["status"] == "active"
        and person["username"] != "lms.admin"
    ]


if __name__ == "__main__":
    for name in ProfileName:
        path_of(name).write_bytes(extract(name))
