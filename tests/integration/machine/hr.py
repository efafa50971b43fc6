"""What the district wants: HR's list as it is now, files written from it, and whom ASCIP should have.

Independent of the engine: nothing of it is imported here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Literal

from tests.integration.machine.tenant import JOBS, NAMES, SITES, THERE, email_of, mapping_text

COLUMNS = (
    "employee_id", "first_name", "last_name", "work_email", "site_code", "job_title", "end_date",
)  # fmt: skip


class Edit(StrEnum):
    """What HR changes about one person."""

    LEAVES = "leaves"
    STAYS = "stays after all"
    RENAMED = "renamed"
    MOVES = "moves"
    NEW_JOB = "new job"
    NEW_EMAIL = "new email"
    ENDS_TODAY = "has the last day today"
    DAMAGED = "the row is damaged"
    INCOMPLETE = "the row lacks the last name"
    MENDED = "the row is mended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One person on HR's list."""

    employee_id: str
    last_name: str
    email: str
    site: str
    job: str
    end_date: date | None = None
    #: It can't be taken, and says whose it is, or not even that.
    damaged: Literal["", "incomplete", "quote"] = ""

    def there_on(self, day: date) -> bool:
        """Whether they still work here."""
        return self.end_date is None or self.end_date >= day

    def line(self) -> str:
        """As it stands in the file; a damaged one lacks its last name, or has a quote where none may be."""
        end = self.end_date.isoformat() if self.end_date else ""
        spoilt = {
            "": self.last_name,
            "incomplete": "",
            "quote": f'{self.last_name[:1]}"{self.last_name[1:]}',
        }
        last = spoilt[self.damaged]
        first = NAMES[self.employee_id][0]
        return f"{self.employee_id},{first},{last},{self.email},{self.site},{self.job},{end}"


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A version of the mapping."""

    version: int
    sites: Mapping[str, int]
    jobs: Mapping[str, int]

    @property
    def text(self) -> str:
        return mapping_text(self.version, sites=dict(self.sites), jobs=dict(self.jobs))


#: Usual; one site isn't known; one job means something else.
MAPPINGS = (
    (SITES, JOBS),
    ({"010": SITES["010"]}, JOBS),
    (SITES, JOBS | {"Cook": JOBS["Clerk"]}),
)


@dataclass(frozen=True, slots=True)
class File:
    """An extract as it was written, and the mapping it came with."""

    rows: tuple[Row, ...]
    mapping: MappingFile

    @property
    def content(self) -> bytes:
        lines = [",".join(COLUMNS), *(row.line() for row in self.rows)]
        return ("\n".join(lines) + "\n").encode()

    @property
    def sound(self) -> dict[str, Row]:
        """Rows that can be read, by employee id."""
        return {row.employee_id: row for row in self.rows if not row.damaged}

    def keeps(self, employee_id: str | None, day: date) -> bool:
        """Whether the file speaks against removing somebody: a row of theirs is there, or damaged."""
        of_theirs = [row for row in self.rows if row.employee_id == employee_id]
        return any(row.damaged or row.there_on(day) for row in of_theirs)

    def wanted(self, day: date) -> dict[str, dict[str, object]]:
        """How ASCIP should have each person of the file, by employee id; unmapped sites left out."""
        return {
            row.employee_id: {
                "firstName": NAMES[row.employee_id][0],
                "lastName": row.last_name,
                "email": row.email,
                "employeeNumber": row.employee_id,
                "status": "active",
                "site": self.mapping.sites[row.site],
                "job": self.mapping.jobs[row.job],
            }
            for row in self.sound.values()
            if row.there_on(day) and row.site in self.mapping.sites
        }


@dataclass(slots=True)
class Hr:
    """HR's list and the mapping, as they are now."""

    rows: dict[str, Row] = field(default_factory=dict)
    mapping: MappingFile = field(default_factory=lambda: MappingFile(1, *MAPPINGS[0]))
    _changes: int = 0

    def __post_init__(self) -> None:
        for at, employee_id in enumerate(THERE, 3):
            site = list(SITES)[at % 2]
            self.rows[employee_id] = _row(employee_id, site)

    def change(self, edit: Edit, employee_id: str, today: date) -> None:
        """Change something about one person; who isn't there comes first."""
        row = self.rows.get(employee_id)
        if row is None:
            self.rows[employee_id] = _row(employee_id, "020")
        elif edit is Edit.LEAVES:
            del self.rows[employee_id]
        else:
            self._changes += 1
            self.rows[employee_id] = _changed(row, edit, number=self._changes, today=today)

    def remap(self, which: int) -> None:
        """Another mapping."""
        self.mapping = MappingFile(self.mapping.version + 1, *MAPPINGS[which])

    def file(self) -> File:
        """What would be exported now."""
        return File(tuple(self.rows[key] for key in sorted(self.rows)), self.mapping)


def _changed(row: Row, edit: Edit, *, number: int, today: date) -> Row:
    sites, jobs = list(SITES), list(JOBS)
    match edit:
        case Edit.RENAMED:
            return replace(row, last_name=f"{NAMES[row.employee_id][1]}-{chr(65 + number % 26)}")
        case Edit.MOVES:
            return replace(row, site=sites[1 - sites.index(row.site)])
        case Edit.NEW_JOB:
            return replace(row, job=jobs[(jobs.index(row.job) + 1) % len(jobs)])
        case Edit.NEW_EMAIL:
            return replace(row, email=email_of(row.employee_id, number))
        case Edit.ENDS_TODAY:
            return replace(row, end_date=today)
        case Edit.DAMAGED:
            return replace(row, damaged="quote")
        case Edit.INCOMPLETE:
            return replace(row, damaged="incomplete")
        case Edit.MENDED:
            return replace(row, damaged="")
        case _:
            return replace(row, end_date=None)


def _row(employee_id: str, site: str) -> Row:
    return Row(
        employee_id=employee_id, last_name=NAMES[employee_id][1], email=email_of(employee_id),
        site=site, job="Teacher",
    )  # fmt: skip
