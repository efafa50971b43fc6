"""The demo's extract: the exact counts of its story, judged from the files and the tenant alone."""

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from services.simulator.extract import make_files
from services.simulator.tenant import make_dump

BUNDLED = Path(__file__).parents[3] / "services" / "cli" / "demo_data"
EMAIL_SIGN = "@"


class Demo:
    """Files and tenant side by side; sound rows are read with the strictest reader there is."""

    def __init__(self) -> None:
        self.files = make_files(5000, 2026)
        self.dump = make_dump(5000, 2026)
        self.mapping = json.loads(self.files["mapping.json"])
        people = self.dump["people"]
        self.managed = [
            each
            for each in people
            if each["status"] == "active" and 101 in each["groupIds"] and each["roleId"] != 3
        ]
        self.by_number = {each["employeeNumber"]: each for each in people if each["employeeNumber"]}
        self.by_email = {each["email"]: each for each in people}
        header, *lines = self.files["staff.csv"].splitlines()
        self.header = header.split(",")
        self.lines = lines
        self.damaged_lines: list[str] = []
        rows = [row for line in lines if (row := self._row(line)) is not None]
        count = Counter(row["employee_id"] for row in rows)
        self.doubled = [row for row in rows if count[row["employee_id"]] > 1]
        self.rows = [row for row in rows if count[row["employee_id"]] == 1]

    def _row(self, line: str) -> dict[str, str] | None:
        (values,) = csv.reader(io.StringIO(line))
        row = dict(zip(self.header, values, strict=False))
        sound = len(values) == len(self.header) and row["last_name"]
        if sound and _as_written(values) == line and EMAIL_SIGN in row["work_email"]:
            return row
        self.damaged_lines.append(line)
        return None

    def pairs(self) -> list[tuple[dict[str, str], Any]]:
        """Sound rows of people who are active in the tenant."""
        found = ((row, self.person(row)) for row in self.rows)
        return [(row, person) for row, person in found if person and person["status"] == "active"]

    def person(self, row: dict[str, str]) -> Any:
        by_number = self.by_number.get(row["employee_id"])
        return by_number or self.by_email.get(row["work_email"])

    def site(self, person: Any) -> str:
        sites = {site["id"]: code for code, site in self.mapping["groups"]["sites"].items()}
        return next(str(sites[each]) for each in person["groupIds"] if each in sites)

    def value(self, bucket: str, written: str) -> int | None:
        for name, value in self.mapping["buckets"][bucket]["values"].items():
            if written == name or written in value["aliases"]:
                return int(value["id"])
        return None

    def differing(self, bucket: str, column: str) -> list[str]:
        """Ids of people whose mapped value is not the one they have."""
        bucket_id = self.mapping["buckets"][bucket]["id"]
        return [
            row["employee_id"]
            for row, person in self.pairs()
            if (value := self.value(bucket, row[column])) is not None
            and {"bucketId": bucket_id, "valueId": value} not in person["buckets"]
        ]


@pytest.fixture(scope="module")
def demo() -> Demo:
    return Demo()


def test_the_bundled_files_are_those_the_command_makes(demo: Demo) -> None:
    for name, content in demo.files.items():
        assert (BUNDLED / name).read_bytes() == content.encode(), name


def test_sixty_two_have_left_and_half_of_them_one_school(demo: Demo) -> None:
    text = demo.files["staff.csv"]
    numbered = [each for each in demo.managed if each["employeeNumber"]]
    absent = [each for each in numbered if f"{each['employeeNumber']}," not in text]
    ended = [row for row in demo.rows if row["end_date"]]
    assert (len(absent), len(ended)) == (59, 3)
    assert all(row["end_date"].startswith("2025-") for row in ended)
    assert all(row["hire_date"] < row["end_date"] for row in ended)
    gone = absent + [demo.person(row) for row in ended]
    sites = Counter(demo.site(person) for person in gone).most_common()
    assert sites[0] == ("020", 31)
    assert sites[1][1] <= 3


def test_people_without_a_number_in_the_lms_are_matched_by_email(demo: Demo) -> None:
    unnumbered = [each for each in demo.managed if not each["employeeNumber"]]
    emails = {row["work_email"] for row in demo.rows}
    assert unnumbered
    assert all(person["email"] in emails for person in unnumbered)


def test_forty_one_are_new_and_one_name_needs_quoting(demo: Demo) -> None:
    new = [row for row in demo.rows if demo.person(row) is None]
    assert len(new) == 41
    assert [row["last_name"] for row in new if "," in row["last_name"] and '"' in row["last_name"]]
    taken = {each["username"] for each in demo.dump["people"]} | set(demo.by_email)
    assert not taken & {row["work_email"] for row in new}
    assert not {row["last_name"] for row in new} & {
        each["lastName"] for each in demo.dump["people"]
    }


def test_five_come_back(demo: Demo) -> None:
    back = [
        row for row in demo.rows if (person := demo.person(row)) and person["status"] != "active"
    ]
    assert len(back) == 5


def test_the_changes_have_the_promised_counts(demo: Demo) -> None:
    pairs = demo.pairs()
    moved = [row for row, person in pairs if row["site_code"] != demo.site(person)]
    assert len([row for row in moved if row["site_code"] != "093"]) == 45
    assert len([row for row, person in pairs if row["last_name"] != person["lastName"]]) == 60
    assert len([row for row, person in pairs if row["first_name"] != person["firstName"]]) == 0
    assert len([row for row, person in pairs if row["work_email"] != person["email"]]) == 9
    assert len(demo.differing("Job Class", "job_title")) == 230
    assert len(demo.differing("Department", "department")) == 12
    assert demo.differing("Employee Type", "employee_type") == []


def test_aliases_are_used(demo: Demo) -> None:
    assert len([row for row in demo.rows if row["job_title"] == "Tchr"]) > 100


def test_three_rows_name_the_unmapped_school_and_two_the_unmapped_title(demo: Demo) -> None:
    unmapped = [row for row in demo.rows if row["site_code"] not in demo.mapping["groups"]["sites"]]
    assert {row["site_code"] for row in unmapped} == {"093"}
    assert sorted(demo.person(row) is None for row in unmapped) == [False, False, True]
    titles = [row for row in demo.rows if demo.value("Job Class", row["job_title"]) is None]
    assert [row["job_title"] for row in titles] == ["Data Steward"] * 2


def test_seven_rows_of_six_people_are_damaged_and_can_be_corrected(demo: Demo) -> None:
    assert len(demo.damaged_lines) + len(demo.doubled) == 8
    assert len({row["employee_id"] for row in demo.doubled}) == 1
    damaged = {line.split(",")[0] for line in demo.damaged_lines}
    damaged |= {row["employee_id"] for row in demo.doubled}
    corrections = list(csv.DictReader(io.StringIO(demo.files["corrections.csv"])))
    assert {row["employee_id"] for row in corrections} == damaged
    assert len(damaged) == 7
    for row in corrections:
        person = demo.by_number[row["employee_id"]]
        assert (row["work_email"], row["last_name"]) == (person["email"], person["lastName"])
        assert row["site_code"] == demo.site(person)


def test_everybody_else_is_in_the_file(demo: Demo) -> None:
    assert len(demo.lines) == 5000 - 59 + 1 + 41 + 5
    assert "\r" not in demo.files["staff.csv"]


def test_the_mended_mapping_knows_what_the_first_one_lacks(demo: Demo) -> None:
    mended = json.loads(demo.files["mapping_mended.json"])
    assert mended["groups"]["sites"]["093"] == {"id": 493, "name": "Harbor Middle"}
    assert "Data Steward" in mended["buckets"]["Job Class"]["values"]["Secretary"]["aliases"]
    groups = {group["id"]: group["name"] for group in demo.dump["groups"]}
    for site in mended["groups"]["sites"].values():
        assert groups[site["id"]] == site["name"]


@pytest.mark.parametrize("people", [60, 700])
def test_a_smaller_tenant_has_an_extract_too(people: int) -> None:
    files = make_files(people, 3)
    assert len(files["staff.csv"].splitlines()) > people * 0.9


def _as_written(values: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(values)
    return buffer.getvalue()
