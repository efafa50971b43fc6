"""The CSV reader on files of other people's making."""

import json
from pathlib import Path

import pytest

from shared.adapters.tabular.csv_reader import CsvReader
from shared.domain.feeds.dictionary import Column, HeaderDictionary
from shared.domain.feeds.staff import header_dictionary
from shared.domain.staff_validation import StaffRules, check_file
from shared.ports.reader import DamagedRecord, Dialect, SoundRecord

FIXTURES = Path(__file__).parents[3] / "fixtures"
SPECTRUM = FIXTURES / "csv-spectrum"
SOUND = sorted({p.stem for p in (SPECTRUM / "csvs").glob("*.csv")} - {"location_coordinates"})


@pytest.mark.parametrize("name", SOUND)
def test_csv_spectrum_gives_what_its_json_says(name: str) -> None:
    expected = json.loads((SPECTRUM / "json" / f"{name}.json").read_text(encoding="utf-8"))
    headers = HeaderDictionary(Column(name=column, meaning="") for column in expected[0])
    path = SPECTRUM / "csvs" / f"{name}.csv"
    records = CsvReader().open(lambda: path.open("rb"), Dialect(), headers).records()
    assert [r.values for r in records if isinstance(r, SoundRecord)] == expected


def test_csv_spectrum_is_complete() -> None:
    assert len(SOUND) + 1 == 12


def test_bare_quotes_of_csv_spectrum_are_damage() -> None:
    headers = HeaderDictionary([Column(name="cities", meaning="")])
    path = SPECTRUM / "csvs" / "location_coordinates.csv"
    (record,) = CsvReader().open(lambda: path.open("rb"), Dialect(), headers).records()
    assert isinstance(record, DamagedRecord)
    assert [v.code for v in record.violations] == ["bare_quote"]


def test_teachers_of_school_data_sync_are_read_and_their_passwords_survive_nowhere() -> None:
    spellings = {
        "employee_id": ["SIS ID"],
        "site_code": ["School SIS ID"],
        "first_name": ["First Name"],
        "last_name": ["Last Name"],
        "username": ["Username"],
    }
    path = FIXTURES / "ms-sds" / "Teacher.csv"
    extract = CsvReader().open(
        lambda: path.open("rb"),
        Dialect(),
        header_dictionary([], spellings, derived=["work_email"]),
    )
    records = list(extract.records())
    rules = StaffRules(columns=extract.columns, derive={"work_email": "{username}@lincoln.example"})
    validated = check_file(records, rules)
    assert len(validated.accepted) == validated.counts.rows_in == 12
    assert validated.accepted[0].work_email == "CBeane@lincoln.example"
    assert "Password" in extract.dropped
    assert b"P@ssw" in path.read_bytes()
    assert "P@ssw" not in f"{records}{validated}{[r.to_json() for r in validated.accepted]}"
