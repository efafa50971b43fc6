"""A tenant and the sound extract that speaks for it, by seed: what damaged extracts are planned against."""

from dataclasses import dataclass
from random import Random

from shared.domain.mapping import MappedGroup
from shared.domain.snapshot import Group, Person
from tests.campaign.sound import Kind, Manner, Sound, plain_note, render
from tests.fakes.people import DISTRICT, a_mapping, a_person, a_reference

FIRST = (
    "Ann",
    "José",
    "Zoë",
    "Mary Ann",
    "Bo",
    "D'Andre",
    "Wei",
    "Søren",
    "Ana",
    "Lee",
    "Ruth",
    "Omar",
)
LAST = (
    "Lopez",
    "O'Brien",
    "Smith, Jr",
    "Ng",
    "Ortiz",
    "Peña",
    "van Dam",
    "Garcia-Ruiz",
    "Kim",
    "Bell",
)
TITLES = ("Teacher", "Clerk", "Teacher, special education", "")
SITES = tuple(f"{site:03d}" for site in range(10, 90, 10))
MAPPING = a_mapping(
    sites={code: MappedGroup(id=400 + int(code), name=f"Site {code}") for code in SITES}
)
REFERENCE = a_reference(
    groups={
        group.id: Group(id=group.id, name=group.name)
        for group in (MAPPING.district, *MAPPING.sites.values())
    }
)


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who works here: a row, and the person of the LMS it is about, if there is one."""

    values: dict[str, str]
    person: Person | None


@dataclass(frozen=True, slots=True)
class Tenant:
    """The LMS, what is remembered of it, and the sound extract; staff in the order of its rows."""

    people: dict[int, Person]
    links: dict[str, int]
    staff: tuple[Staff, ...]
    sound: Sound


def number_of(person: int, style: str) -> str:
    """Employee numbers as districts have them."""
    match style:
        case "zeros":
            return f"{person * 7:06d}"
        case "letter":
            return f"E{person + 10000}"
        case _:
            return str(person * 3 + 10007)


def _values(rng: Random, number: int, style: str) -> dict[str, str]:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    login = f"{first[0].lower()}{''.join(c for c in last.lower() if c.isascii() and c.isalpha())}{number}"
    return {
        "employee_id": number_of(number, style),
        "first_name": first,
        "last_name": last,
        "work_email": f"{login}@lincoln.example",
        "username": login,
        "personal_email": f"{login}.home@mail.example" if rng.random() < 0.3 else "",
        "site_code": rng.choice(SITES),
        "job_title": rng.choice(TITLES),
        "Home Phone": f"(562) 555-{rng.randrange(10000):04d}",
        "Notes": plain_note(rng) if rng.random() < 0.3 else "",
        "Network Login": login,
        "Password": f"P{rng.randrange(10**6)}!",
    }


def _person(
    rng: Random, number: int, values: dict[str, str], *, known: float, logins: bool
) -> Person:
    """The person of the LMS: mostly as the row says, some with another site or an older email."""
    site = values["site_code"] if rng.random() < 0.95 else rng.choice(SITES)
    has_number = rng.random() < known
    email = values["work_email"]
    if has_number and rng.random() < 0.01:
        email = f"old.{email}"
    return a_person(
        number,
        username=values["username"] if logins else email,
        email=email,
        first_name=values["first_name"],
        last_name=values["last_name"],
        employee_number=values["employee_id"] if has_number else None,
        personal_email=values["personal_email"] or None,
        group_ids=(DISTRICT, MAPPING.sites[site].id),
        buckets=(),
    )


CORE = ("employee_id", "first_name", "last_name", "work_email", "site_code")
MORE = (
    "username",
    "personal_email",
    "job_title",
    "Home Phone",
    "Notes",
    "Network Login",
    "Password",
)


def make_tenant(rng: Random, people: int = 2000, leavers: int = 8, newcomers: int = 5) -> Tenant:
    """So many people, some of whom have left, and an extract of the others and of some who are new."""
    style = rng.choice(("zeros", "letter", "digits"))
    known, logins = rng.choice((1.0, 0.9, 0.7, 0.3)), rng.random() < 0.5
    linked = rng.choice((0.0, 0.5, 1.0))
    in_lms: dict[int, Person] = {}
    links: dict[str, int] = {}
    staff = []
    for number in range(1, people + newcomers + 1):
        values = _values(rng, number, style)
        person = None
        if number <= people:
            person = _person(rng, number, values, known=known, logins=logins)
            in_lms[number] = person
            if not person.employee_number and rng.random() < linked:
                links[values["employee_id"].lower()] = number
        if number > leavers:
            staff.append(Staff(values, person))
    rng.shuffle(staff)
    columns = [*CORE, *rng.sample(MORE, rng.randint(0, len(MORE)))]
    if rng.random() < 0.5:
        rng.shuffle(columns)
    manner = Manner(
        delimiter=rng.choice((",", ",", ",", ";", "\t")),
        quoting=rng.choice(("minimal", "minimal", "all")),
        line_end=rng.choice(("\n", "\r\n")),
        final_newline=rng.random() < 0.85,
        bom=rng.random() < 0.2,
    )
    rows = [[one.values[column] for column in columns] for one in staff]
    kinds = [Kind(column, plain_note) for column in columns]
    return Tenant(in_lms, links, tuple(staff), render(columns, rows, manner, kinds))
