"""Workbooks of other people's making: what comes of each was looked at by hand."""

from pathlib import Path

import pytest

from shared.domain.feeds.dictionary import Column, HeaderDictionary
from shared.ports.reader import SoundRecord
from tests.unit.adapters.tabular.xlsx.workbooks import opened, read, refusal, violations

FOLDER = Path(__file__).parents[4] / "fixtures" / "frictionless" / "xlsx"

#: File → its first and its last row.
READ = {
    "cast-int-to-string-issue-1251": (["001", "b", "1", "a", "1"], ["002", "c", "1", "1", "1"]),
    "issue-313": (
        [f"column_{n}_value_1" for n in (1, 3)] + [f"Column_{n}_value_1" for n in (2, 4, 5)],
        ["column_1_value_2", "", "column_2_value_2", "column_4_value_2", "Column_5_value_2"],
    ),
    "issue-870": (
        ["1", "Dulce", "Abril", "Female", "United States", "32", "15/10/2017", "1562"],
        ["9", "Vincenza", "Weiland", "Female", "United States", "40", "21/05/2015", "6548"],
    ),
    "number-format-multicode": (["4.51119775197299"], ["15.7929464439101"]),
    "skip-rows": (["8", "9"], ["", "TOTAL"]),
    "table-infer-boolean": (["1", "two", "TRUE"], ["3", "four", "FALSE"]),
    "table-output": (["1", "english"], ["2", "german"]),
}
REFUSED = {
    "issue-312": "duplicate_header",
    "preserve-formatting": "duplicate_header",  # 0.00 and 000 are one
    "sheets": "several_sheets",
    "table": "several_sheets",
    "template": "several_sheets",
}


def headers(name: str) -> HeaderDictionary:
    """Every header of the file, taught as it is written."""
    taught = opened(content(name), HeaderDictionary([_ANY[name]])).dropped
    return HeaderDictionary([_ANY[name], *(Column(name=header, meaning="") for header in taught)])


def content(name: str) -> bytes:
    return (FOLDER / f"{name}.xlsx").read_bytes()


#: One header of each file that is read, since a header without any known column is none.
_ANY = {
    name: Column(name=header, meaning="", required=True)
    for name, header in (
        ("cast-int-to-string-issue-1251", "A"), ("issue-313", "Column_1"), ("issue-870", "Age"),
        ("number-format-multicode", "col1"), ("skip-rows", "A"),
        ("table-infer-boolean", "number"), ("table-output", "id"),
    )
}  # fmt: skip


@pytest.mark.parametrize("name", list(READ))
def test_what_is_read_is_what_the_sheet_shows(name: str) -> None:
    records = read(content(name), headers(name))
    rows = [list(r.values.values()) for r in records if isinstance(r, SoundRecord)]
    assert (rows[0], rows[-1]) == READ[name]
    assert {code for _, code, _ in violations(records)} <= {"before_header"}


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_is_refused_is_refused_for_what_it_is(name: str) -> None:
    columns = HeaderDictionary([Column(name="name", meaning="")])
    assert refusal(content(name), headers=columns).code == REFUSED[name]


def test_every_file_has_its_verdict() -> None:
    assert {path.stem for path in FOLDER.glob("*.xlsx")} == READ.keys() | REFUSED.keys()
