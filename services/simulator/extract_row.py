"""One row of the extract: from a person of the tenant, to a line of CSV, sound or damaged.

Used by `story` and `extract`.
"""

import csv
import io
import random
import re
from collections.abc import Iterable

from .model import Dump, Person
from .tenant import DEPARTMENT_BUCKET, DISTRICT_ID, JOB_BUCKET, TYPE_BUCKET

COLUMNS = (
    "employee_id",
    "first_name",
    "last_name",
    "work_email",
    "site_code",
    "job_title",
    "department",
    "employee_type",
    "hire_date",
    "end_date",
)
Row = dict[str, str]


class RowMaker:
    """What HR would hold about a person who is in the LMS."""

    def __init__(self, dump: Dump, generator: random.Random) -> None:
        self._random = generator
        self._codes = {
            group["id"]: group["code"]
            for group in dump["groups"]
            if group["code"] and group["id"] != DISTRICT_ID
        }
        self._values = {
            (bucket["id"], value["id"]): value["name"]
            for bucket in dump["buckets"]
            for value in bucket["values"]
        }

    def row(self, person: Person) -> Row:
        return {
            "employee_id": person["employeeNumber"] or number_in_username(person),
            "first_name": person["firstName"],
            "last_name": person["lastName"],
            "work_email": person["email"],
            "site_code": self.site_code(person),
            "job_title": self._value(person, JOB_BUCKET),
            "department": self._value(person, DEPARTMENT_BUCKET),
            "employee_type": self._value(person, TYPE_BUCKET),
            "hire_date": self.hire_date(),
            "end_date": "",
        }

    def site_code(self, person: Person) -> str:
        found = (self._codes.get(group_id) for group_id in person["groupIds"])
        return next(code for code in found if code)

    def hire_date(self, first_year: int = 1996, last_year: int = 2025) -> str:
        year = self._random.randint(first_year, last_year)
        return f"{year}-{self._random.randint(1, 12):02d}-{self._random.randint(1, 28):02d}"

    def _value(self, person: Person, bucket_id: int) -> str:
        held = next(value for value in person["buckets"] if value["bucketId"] == bucket_id)
        return self._values[bucket_id, held["valueId"]]


def number_in_username(person: Person) -> str:
    """HR knows the number of someone whose LMS account lacks it; usernames end in it."""
    found = re.search(r"(\d+)$", person["username"])
    return f"E{found[1]}" if found else ""


def line(values: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(values)
    return buffer.getvalue()


def sound_line(row: Row) -> str:
    return line(row[column] for column in COLUMNS)


def too_few_fields(row: Row) -> str:
    return line(row[column] for column in COLUMNS[:5])


def bare_quote(row: Row) -> str:
    name = row["last_name"]
    return _with_raw_last_name(row, f'{name[:2]}"{name[2:]}')


def text_after_quote(row: Row) -> str:
    return _with_raw_last_name(row, f'"{row["last_name"]}" Jr')


def _with_raw_last_name(row: Row, raw: str) -> str:
    before = line(row[column] for column in COLUMNS[:2])
    after = line(row[column] for column in COLUMNS[3:])
    return f"{before},{raw},{after}"
