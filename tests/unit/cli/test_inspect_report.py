"""The two forms of a verdict: lines of JSON, and a report without a value in it."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.cli.inspect_report import Tally, report_lines, tell_json
from services.cli.verbs_inspect import inspect_files
from shared.bootstrap_files import spools
from shared.domain.staff_result import RowCounts
from shared.domain.violation import RULES
from shared.pipeline.inspect import Inspected, Spools
from tests.fakes.inspecting import inspected, reported, wish
from tests.unit.adapters.tabular.extracts import HEADER, lines, person


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A sound row, one that is short, a blank line, and more sound ones."""
    path = tmp_path / "staff.csv"
    rows = [person(1), "E2,Canary", "", *map(person, range(5, 30))]
    path.write_text(lines(*rows), encoding="utf-8")
    return path


def test_keys_stand_in_their_order(file: Path) -> None:
    (found,) = inspected(file)
    assert list(found) == ["file", "accepted", "quarantined", "refused", "counts"]
    assert list(found["accepted"][0]) == ["line", "values"]
    assert list(found["accepted"][0]["values"]) == HEADER.split(",")
    assert list(found["quarantined"][0]) == ["line", "code", "column", "detail"]
    assert list(found["counts"]) == [
        "rows_in", "accepted", "quarantined", "blank", "duplicate", "excluded",
    ]  # fmt: skip
    assert found["refused"] is None


def test_the_books_balance(file: Path) -> None:
    (found,) = inspected(file)
    counts = found["counts"]
    assert counts.pop("rows_in") == sum(counts.values())
    assert counts["accepted"] == len(found["accepted"])


def region(kept: Spools) -> Inspected:
    """One record of three lines that was not taken."""
    violation = ("unclosed_quote", "name", "opened in field 2", "bytes(12)")
    kept.quarantined.add((4, 6, None, (violation,)))
    return Inspected(counts=RowCounts(rows_in=1, quarantined=1), _spools=kept)


def test_every_line_of_a_damaged_region_is_named() -> None:
    out: list[str] = []
    with spools(rows=True) as kept:
        tell_json("a.csv", region(kept), out.append)
    assert json.loads("".join(out))["quarantined"] == [
        {
            "line": 4, "code": "unclosed_quote", "column": "name",
            "detail": "opened in field 2; lines 4 to 6",
        },
        *(
            {
                "line": line, "code": "unclosed_quote", "column": None,
                "detail": "belongs to the record that begins on line 4",
            }
            for line in (5, 6)
        ),
    ]  # fmt: skip


def test_a_region_is_one_record_in_the_report() -> None:
    with spools(rows=True) as kept:
        report = "\n".join(report_lines("a.csv", region(kept)))
    assert "!   a.csv: 1 quarantined\n    unclosed_quote in name (1): lines 4\u20136\n" in report


def test_a_refused_file_has_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    (found,) = inspected(tmp_path / "empty.csv")
    assert found["accepted"] == found["quarantined"] == []
    assert list(found["refused"]) == ["code", "detail"]
    assert found["refused"]["code"] == "empty"
    assert set(found["counts"].values()) == {0}


@pytest.mark.parametrize("rows", [0, 1, 63, 64, 65, 200])
def test_rows_in_any_number_make_one_line_of_json(tmp_path: Path, rows: int) -> None:
    good = "".join(f"{n},x\n" for n in range(rows))
    (tmp_path / "a.csv").write_text("id,name\n" + good + "1\n" * (rows + 1), encoding="utf-8")
    (found,) = inspected(tmp_path / "a.csv", columns="id,name")
    assert len(found["accepted"]) == rows
    assert len(found["quarantined"]) == rows + 1


def test_the_report_counts_by_code_with_the_first_lines_and_the_remedy(file: Path) -> None:
    report = reported(file)
    assert f"!   {file}: 26 accepted, 1 quarantined, 1 blank" in report
    assert "    width (1): line 3" in report
    assert f"      {RULES['width'].title}. {RULES['width'].remedy}" in report
    assert "Can" not in report


def test_many_places_are_counted_and_the_first_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n1,x\n" + "1\n" * 1200, encoding="utf-8")
    report = reported(tmp_path / "a.csv", columns="id,name")
    assert "width (1,200): lines 3, 4, 5, 6, 7, 8, 9, 10 and 1,192 more" in report


def test_each_column_at_fault_is_named_and_each_remedy_said_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(lines(person(1), "E2,,,x@y.example,010"), encoding="utf-8")
    report = reported(tmp_path / "a.csv")
    assert "    missing_value in first_name (1): line 3\n" in report
    assert "    missing_value in last_name (1): line 3\n" in report
    assert report.count(RULES["missing_value"].remedy) == 1


def test_columns_nobody_uses_are_named(tmp_path: Path) -> None:
    extra = ",".join(f"x{n}" for n in range(12))
    text = lines(person(1) + "," * 12, header=f"{HEADER},{extra}")
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    report = reported(tmp_path / "a.csv")
    assert "Columns that are not used: x0, x1, x2, x3, x4, x5, x6, x7, x8, x9 and 2 more" in report


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a,b\n1,2\n", "a,b"),
        ('"last, first",b\n1,2\n', '"last, first",b'),
        ('"a ""b""",c\n1,2\n', '"a ""b""",c'),
        ("a\tb\n1\t2\n", "a,b"),
    ],
)
def test_a_name_with_a_comma_or_a_quote_is_given_as_csv_has_it(
    tmp_path: Path, text: str, columns: str
) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    delimiter = "tab" if "\t" in text else None
    (found,) = inspected(tmp_path / "a.csv", columns=columns, delimiter=delimiter)
    assert len(found["accepted"]) == 1


@pytest.mark.parametrize(
    ("word", "character"),
    [("tab", "\t"), ("\\t", "\t"), ("\t", "\t"), ("Semicolon", ";"), ("pipe", "|"), (";", ";")],
)
def test_delimiters_have_names(tmp_path: Path, word: str, character: str) -> None:
    (tmp_path / "a.csv").write_text(f"a{character}b\n1{character}2\n", encoding="utf-8")
    (found,) = inspected(tmp_path / "a.csv", columns="a,b", delimiter=word)
    assert found["accepted"] == [{"line": 2, "values": {"a": "1", "b": "2"}}]


def test_files_that_can_t_be_read_are_said_and_the_others_judged(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files: list[Any] = [tmp_path / "gone\x1b.csv", file, tmp_path, file]
    assert inspect_files(wish(*files), as_json=True) == 4
    said = capsys.readouterr()
    assert [json.loads(line)["file"] for line in said.out.splitlines()] == [str(file)] * 2
    assert "gone\\x1b.csv: not judged: No such file" in said.err
    assert f"{tmp_path}: not judged: Is a directory" in said.err


def test_the_last_line_says_how_many_ended_how() -> None:
    tally = Tally(in_order=1200, quarantined=1, refused=2)
    assert tally.summary() == (
        "1,203 files: 1,200 in order, 1 with quarantined rows, 2 refused."
        " Nothing was planned or sent."
    )
    tally.count(None)
    assert "2 refused, 1 could not be read." in tally.summary()


INVENTORY = """\
Container ID,Chemical Name,CAS #,Location,Qty,UOM,H Codes,Signal Word,SDS Link,SDS Date
C-1,Ethanol,64-17-5,Science 101,1,L,H225;H319,Danger,https://sds.example/1.pdf,1999-12-31
C-2,Acetone,67-64-2,Science 101,2.5,L,H225;H319;H336,Danger,https://sds.example/2.pdf,1999-12-31
"""


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """Two rows with an old sheet, one of them with a wrong CAS number too."""
    path = tmp_path / "inventory.csv"
    path.write_text(INVENTORY, encoding="utf-8")
    return path


def test_a_governed_feed_s_warning_stands_with_the_row_that_is_taken(inventory: Path) -> None:
    (found,) = inspected(inventory, feed="osha_inventory")
    (taken,) = found["accepted"]
    assert list(taken) == ["line", "values", "warnings"]
    assert taken["warnings"] == [
        {"code": "OSHA-SDS-STALE", "column": "sds_revised_on", "detail": "more than 3 years ago"}
    ]
    assert [(entry["line"], entry["code"]) for entry in found["quarantined"]] == [
        (3, "OSHA-SDS-STALE"), (3, "OSHA-CAS-CHECK"),
    ]  # fmt: skip


def test_the_report_tells_warnings_apart_from_what_is_quarantined(inventory: Path) -> None:
    report = reported(inventory, feed="osha_inventory")
    quarantined, _, taken = report.partition("    Taken all the same:\n")
    assert "OSHA-CAS-CHECK in cas_number (1): line 3" in quarantined
    assert taken.startswith(
        "    OSHA-SDS-STALE in sds_revised_on (1): line 2\n      The safety data"
    )
    assert "Ethanol" not in report


def test_what_is_declared_of_a_governed_feed_counts(inventory: Path, tmp_path: Path) -> None:
    text = INVENTORY.replace("Container ID", "Sticker").replace("1999-12-31", "12/31/1999")
    inventory.write_text(text.replace(",", ";").replace("H225;H319", "H225,H319"), encoding="utf-8")
    config = tmp_path / "config.toml"
    config.write_text(
        '[ascip]\nbase_url = "https://a.example"\nkey_id = "k"\nsecret = { env = "X" }\n'
        '[feeds.osha_inventory]\ndelimiter = ";"\ndate_format = "%m/%d/%Y"\n'
        '[feeds.osha_inventory.headers]\ninventory_id = ["Sticker"]\n',
        encoding="utf-8",
    )
    (found,) = inspected(inventory, feed="osha_inventory", config=config)
    assert found["refused"] is None
    assert found["accepted"][0]["values"]["inventory_id"] == "C-1"
    assert [warning["code"] for warning in found["accepted"][0]["warnings"]] == ["OSHA-SDS-STALE"]


def test_documents_of_an_authority_are_judged_like_files() -> None:
    """An e-Manifest in the shape of EPA's schema."""
    example = Path(__file__).resolve().parents[2] / "fixtures/emanifest/signed.json"
    (found,) = inspected(example, feed="epa_waste")
    assert found["refused"] is None
    assert found["counts"]["rows_in"] > 0
