"""The Big List of Naughty Strings as cells: each comes out as it went in, or is quarantined."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from shared.domain.violation import RULES
from tests.fakes.inspecting import inspected, reported

STRINGS: list[str] = json.loads(
    (Path(__file__).parents[3] / "fixtures" / "blns" / "blns.json").read_text(encoding="utf-8")
)
COLUMNS = ["id", "text", "end"]
STAFF = ["employee_id", "first_name", "last_name", "work_email", "site_code"]


def written(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    """A file with every field in quotes."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return path


def around(text: str, at: int) -> list[list[str]]:
    """A table with the string in one of its cells."""
    rows = [[f"E{number}", "Ann", "end"] for number in range(5)]
    rows[2][at] = text
    return rows


def codes_of_lost(found: dict[str, Any], rows: list[list[str]]) -> dict[int, list[str]]:
    """Row → codes, of those that are not taken; those that are taken are as they were written."""
    taken = {row["line"] - 2: list(row["values"].values()) for row in found["accepted"]}
    assert found["refused"] is None
    assert {at: rows[at] for at in taken} == taken
    lost: dict[int, list[str]] = {at: [] for at in range(len(rows)) if at not in taken}
    for entry in found["quarantined"]:
        lost[entry["line"] - 2].append(entry["code"])
    return lost


def test_all_of_them_in_one_file(tmp_path: Path) -> None:
    rows = [[f"E{at:03}", text, "end"] for at, text in enumerate(STRINGS)]
    file = written(tmp_path / "all.csv", COLUMNS, rows)
    (found,) = inspected(file, columns="id,text,end")
    lost = codes_of_lost(found, rows)
    assert {code for codes in lost.values() for code in codes} == {"control_character"}
    assert 0 < len(lost) < 10


@pytest.mark.parametrize("at", range(3), ids=COLUMNS)
def test_each_in_a_file_of_its_own(tmp_path: Path, at: int) -> None:
    tables = [around(text, at) for text in STRINGS]
    files = [written(tmp_path / f"{n}.csv", COLUMNS, rows) for n, rows in enumerate(tables)]
    verdicts = inspected(*files, columns="id,text,end")
    assert len(verdicts) == len(STRINGS)
    for rows, found in zip(tables, verdicts, strict=True):
        for place, codes in codes_of_lost(found, rows).items():
            assert place == 2
            assert codes
            assert set(codes) <= set(RULES)


def test_as_names_of_staff(tmp_path: Path) -> None:
    rows = [
        [f"E{at:03}", text, text, f"a{at}@lincoln.example", "010"]
        for at, text in enumerate(STRINGS)
    ]
    (found,) = inspected(written(tmp_path / "staff.csv", STAFF, rows))
    for codes in codes_of_lost(found, rows).values():
        assert codes
        assert set(codes) <= set(RULES)


def test_the_report_for_people_shows_none_and_steers_no_terminal(tmp_path: Path) -> None:
    rows = [
        [f"E{at:03}", text, text, f"a{at}@lincoln.example", "010"]
        for at, text in enumerate(STRINGS)
    ]
    file = written(tmp_path / "staff.csv", STAFF, rows)
    for report in (reported(file), reported(file, columns=",".join(STAFF))):
        assert "quarantined" in report
        assert all(line.isprintable() for line in report.split("\n"))
        assert [text for text in STRINGS if len(text) > 9 and text in report] == []


@pytest.mark.parametrize("name", ["\x1b[2J\x1b[31mred.csv", "\x9b2J.csv", "a\u202ecsv.exe", "b\rc"])
def test_a_file_s_name_steers_no_terminal(tmp_path: Path, name: str) -> None:
    file = written(tmp_path / name, COLUMNS, around("x", 1))
    (found,) = inspected(file, columns="id,text,end")
    assert found["file"] == str(file)
    report = reported(file, columns="id,text,end")
    assert all(line.isprintable() for line in report.split("\n"))
