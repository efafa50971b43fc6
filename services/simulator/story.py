"""What happened in the two weeks before the extract: who left, came, moved or was mistyped.

Used by `extract`. Every person has at most one part in the story, so that the counts are exact.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from . import names
from .extract_row import (
    Row,
    RowMaker,
    bare_quote,
    sound_line,
    text_after_quote,
    too_few_fields,
)
from .mapping_file import UNKNOWN_TITLE
from .model import Dump, Person
from .tenant import DISTRICT_ID, HARBOR_CODE, HARBOR_ID, plain_letters

#: the size of tenant that the figures below are for; others are scaled
FULL_SIZE = 5000
CLOSING_SITE = "Adams Elementary"
_SHARE_WRITTEN_BY_ALIAS = 0.15
#: unlike the rest, mistakes don't get more with the size of a district: one of each kind
INVALID_EMAILS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    leavers_of_closing_site: int = 31
    leavers_elsewhere: int = 28
    #: still in the file, with an end date that has passed
    ended: int = 3
    newcomers: int = 41
    rehired: int = 5
    transfers: int = 45
    last_names: int = 60
    emails: int = 9
    job_titles: int = 230
    departments: int = 12
    #: existing people who move to the school that the mapping does not know
    to_unmapped_site: int = 2
    unmapped_titles: int = 2

    @classmethod
    def scaled(cls, people: int) -> "Figures":
        full = cls()
        names_of_figures = cls.__dataclass_fields__
        return cls(
            **{
                name: max(1, round(getattr(full, name) * people / FULL_SIZE))
                for name in names_of_figures
            }
        )


@dataclass(slots=True)
class Story:
    #: lines of the extract, without the header, not yet shuffled
    lines: list[str] = field(default_factory=list)
    #: what the damaged rows should have said
    corrections: list[Row] = field(default_factory=list)
    #: which part each person plays, by employee id
    parts: dict[str, str] = field(default_factory=dict)


def tell(dump: Dump, seed: int) -> Story:
    return _Teller(dump, seed).tell()


class _Teller:
    def __init__(self, dump: Dump, seed: int) -> None:
        self._random = random.Random(f"story:{seed}")
        self._rows = RowMaker(dump, self._random)
        self._staff = [each for each in dump["people"] if _is_managed(each)]
        self._former = [each for each in dump["people"] if each["status"] == "inactive"]
        self._figures = Figures.scaled(len(self._staff))
        self._sites = [
            group["code"]
            for group in dump["groups"]
            if group["code"] and group["id"] not in (DISTRICT_ID, HARBOR_ID)
        ]
        self._closing = next(
            str(group["code"]) for group in dump["groups"] if group["name"] == CLOSING_SITE
        )
        self._taken = {each["email"].lower() for each in dump["people"]}
        self._story = Story()

    def tell(self) -> Story:
        rows = {each["id"]: self._rows.row(each) for each in self._staff}
        pool = [each for each in self._staff if each["employeeNumber"]]
        self._random.shuffle(pool)
        pool = self._leave(pool, rows)
        for count, part, edit in self._edits():
            chosen, pool = pool[:count], pool[count:]
            for person in chosen:
                edit(rows[person["id"]])
                self._play(person, part)
        self._damage(pool, rows)
        for row in rows.values():
            self._write(row)
        self._rehire()
        self._welcome()
        return self._story

    def _leave(self, pool: list[Person], rows: dict[int, Row]) -> list[Person]:
        """Takes leavers out of the rows; in turns over the other sites, so that none stands out."""
        figures = self._figures
        at_closing = [each for each in pool if self._site(each) == self._closing]
        absent = at_closing[: figures.leavers_of_closing_site]
        by_site = {
            code: [each for each in pool if self._site(each) == code] for code in self._sites
        }
        del by_site[self._closing]
        wanted = figures.leavers_elsewhere + figures.ended
        turns = max((len(people) for people in by_site.values()), default=0)
        in_turn = [
            people[turn]
            for turn in range(turns)
            for people in by_site.values()
            if turn < len(people)
        ]
        ended = in_turn[: figures.ended]
        absent += in_turn[figures.ended : wanted]
        for person in absent:
            del rows[person["id"]]
            self._play(person, "absent")
        for person in ended:
            rows[person["id"]]["end_date"] = self._rows.hire_date(2025, 2025)
            rows[person["id"]]["hire_date"] = self._rows.hire_date(2004, 2020)
            self._play(person, "ended")
        gone = {person["id"] for person in [*absent, *ended]}
        return [each for each in pool if each["id"] not in gone]

    def _edits(self) -> list[tuple[int, str, Callable[[Row], None]]]:
        figures = self._figures
        return [
            (figures.to_unmapped_site, "unmapped_site", _setter("site_code", HARBOR_CODE)),
            (figures.unmapped_titles, "unmapped_title", _setter("job_title", UNKNOWN_TITLE)),
            (figures.transfers, "transfer", self._other("site_code", self._sites)),
            (figures.last_names, "last_name", self._other("last_name", names.LAST_TAKEN_ON)),
            (figures.emails, "email", self._new_email),
            (figures.job_titles, "job_title", self._other("job_title", names.JOB_CLASSES)),
            (figures.departments, "department", self._other("department", names.DEPARTMENTS)),
        ]

    def _damage(self, pool: list[Person], rows: dict[int, Row]) -> None:
        """Each damaged row belongs to someone who is in the LMS: a naive sync would remove them."""
        kinds: list[Callable[[Row], list[str]]] = [
            *([_invalid_email] * INVALID_EMAILS),
            lambda row: [sound_line({**row, "last_name": ""})],
            lambda row: [too_few_fields(row)],
            lambda row: [bare_quote(row)],
            lambda row: [text_after_quote(row)],
            lambda row: [sound_line(row), sound_line(self._contradicted(row))],
        ]
        # A plain name keeps one kind of damage from looking like another.
        plain = [each for each in pool if each["lastName"].isalpha() and len(each["lastName"]) > 3]
        for person, damaged in zip(plain, kinds, strict=False):
            row = rows.pop(person["id"])
            self._story.corrections.append(row)
            self._story.lines += damaged(row)
            self._play(person, "damaged")

    def _contradicted(self, row: Row) -> Row:
        other = dict(row)
        self._other("site_code", self._sites)(other)
        self._other("department", names.DEPARTMENTS)(other)
        return other

    def _rehire(self) -> None:
        for person in self._former[: self._figures.rehired]:
            row = self._rows.row(person)
            row["hire_date"] = "2026-11-09"
            self._play(person, "rehired")
            self._write(row)

    def _welcome(self) -> None:
        first_number = 10_001 + len(self._staff) + 1000
        for place in range(self._figures.newcomers):
            first = self._random.choice(names.FIRST)
            last = names.LAST_OF_NEWCOMERS[place % len(names.LAST_OF_NEWCOMERS)]
            number = first_number + place
            username = f"{plain_letters(first)[0]}{plain_letters(last)}{number}"
            row = {
                "employee_id": f"E{number}",
                "first_name": first,
                # One name needs quoting, and doubled quotes inside it.
                "last_name": f'{last}, Jr. "JD"' if place == 1 else last,
                "work_email": f"{username}@lincoln.example",
                "site_code": HARBOR_CODE if place == 0 else self._random.choice(self._sites),
                "job_title": self._random.choice(names.JOB_CLASSES[:3]),
                "department": self._random.choice(names.DEPARTMENTS[:3]),
                "employee_type": "Classified",
                "hire_date": f"2026-11-{self._random.randint(2, 16):02d}",
                "end_date": "",
            }
            if row["job_title"] == "Teacher":
                row["employee_type"] = "Certificated"
            self._story.parts[row["employee_id"]] = "new"
            self._write(row)

    def _write(self, row: Row) -> None:
        aliases = names.JOB_ALIASES.get(row["job_title"])
        if aliases and self._random.random() < _SHARE_WRITTEN_BY_ALIAS:
            row = {**row, "job_title": self._random.choice(aliases)}
        self._story.lines.append(sound_line(row))

    def _other(self, column: str, values: list[str]) -> Callable[[Row], None]:
        def edit(row: Row) -> None:
            row[column] = self._random.choice([each for each in values if each != row[column]])

        return edit

    def _new_email(self, row: Row) -> None:
        local = f"{plain_letters(row['first_name'])}.{plain_letters(row['last_name'])}"
        email = f"{local}@lincoln.example"
        while email in self._taken:
            local += "x"
            email = f"{local}@lincoln.example"
        self._taken.add(email)
        row["work_email"] = email

    def _site(self, person: Person) -> str:
        return self._rows.site_code(person)

    def _play(self, person: Person, part: str) -> None:
        self._story.parts[str(person["employeeNumber"])] = part


def _is_managed(person: Person) -> bool:
    in_district = DISTRICT_ID in person["groupIds"]
    return in_district and person["status"] == "active" and person["username"] != "lms.admin"


def _setter(column: str, value: str) -> Callable[[Row], None]:
    def edit(row: Row) -> None:
        row[column] = value

    return edit


def _invalid_email(row: Row) -> list[str]:
    return [sound_line({**row, "work_email": row["work_email"].replace("@", " at ")})]
