"""Which files the CSV reader refuses whole, and what it says."""

import io
import zipfile
from pathlib import Path

import pytest

from shared.adapters.tabular.csv_reader import CsvReader
from shared.domain.errors import ConfigInvalid, InputInvalid
from shared.domain.feeds.staff import header_dictionary
from shared.domain.violation import RULES
from shared.ports.reader import Dialect
from tests.unit.adapters.tabular.extracts import HEADER, damage, lines, person, read


def refusal(content: str | bytes, dialect: Dialect | None = None) -> InputInvalid:
    with pytest.raises(InputInvalid) as caught:
        read(content, dialect)
    assert RULES[caught.value.code].refuses_file
    return caught.value


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n \r\n\n"])
def test_a_file_without_content_is_empty(content: bytes) -> None:
    assert refusal(content).code == "empty"


def test_a_header_alone_has_no_rows() -> None:
    assert refusal(HEADER + "\n\n").code == "no_rows"


def test_a_renamed_workbook_is_not_text() -> None:
    workbook = io.BytesIO()
    with zipfile.ZipFile(workbook, "w") as file:
        file.writestr("xl/workbook.xml", "<workbook/>")
    assert refusal(workbook.getvalue()).code == "not_text"


@pytest.mark.parametrize("magic", [b"%PDF-1.7", b"\xd0\xcf\x11\xe0\xa1\xb1", b"\x1f\x8b\x08"])
def test_other_formats_are_known_by_their_first_bytes(magic: bytes) -> None:
    assert refusal(magic + b"x" * 100).code == "not_text"


def test_missing_required_columns_are_named() -> None:
    refused = refusal(lines("1,Ann", header="employee_id,first_name"))
    assert refused.code == "missing_header"
    assert "last_name, site_code, work_email" in str(refused)


def test_a_column_that_stands_twice_is_refused_by_meaning() -> None:
    header = HEADER + ",Work Email"
    refused = refusal(lines(person(1) + ",x", header=header))
    assert refused.code == "duplicate_header"
    assert "'Work Email' twice (by meaning): 'work_email' is work_email too" in str(refused)


def test_a_dropped_column_that_stands_twice_is_refused() -> None:
    header = HEADER + ",Notes,notes"
    assert refusal(lines(person(1) + ",x,y", header=header)).code == "duplicate_header"


@pytest.mark.parametrize("header", ['"' + HEADER, HEADER + ',No"tes', HEADER + ",No\0tes"])
def test_a_damaged_header_is_unsound(header: str) -> None:
    assert refusal(lines(person(1), header=header)).code == "unsound_header"


@pytest.mark.parametrize(("other", "name"), [(";", ";"), ("\t", "tab"), ("|", "|")])
def test_another_delimiter_is_named(other: str, name: str) -> None:
    refused = refusal(lines(person(1)).replace(",", other))
    assert refused.code == "delimiter_mismatch"
    assert f"looks like {name}" in str(refused)


def test_another_delimiter_is_named_behind_quotes_too() -> None:
    content = lines(person(1)).replace(HEADER, '"' + HEADER.replace(",", '";"') + '"')
    assert refusal(content).code == "delimiter_mismatch"


@pytest.mark.parametrize("declared", ["utf-8", "cp1252"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_that_is_not_declared_is_refused(declared: str, encoding: str) -> None:
    content = lines(person(1)).encode(encoding)
    assert refusal(content, Dialect(encoding=declared)).code == "encoding_mismatch"


def test_declared_utf_16_needs_its_mark() -> None:
    assert refusal(lines(person(1)), Dialect(encoding="utf-16")).code == "encoding_mismatch"


def test_a_utf_8_mark_contradicts_cp1252() -> None:
    content = lines(person(1)).encode("utf-8-sig")
    assert refusal(content, Dialect(encoding="cp1252")).code == "encoding_mismatch"


def test_invalid_bytes_in_one_percent_of_the_records_are_quarantined() -> None:
    rows = [person(n) for n in range(99)]
    content = lines(*rows, "E99,Pe\udcf1a,Lee,p@b.example,010").encode("utf-8", "surrogateescape")
    assert damage(read(content)) == [("encoding", 101, 101)]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_invalid_bytes_in_more_records_refuse_the_file_with_the_first_offset(mark: bytes) -> None:
    rows = [person(n) for n in range(98)]
    content = lines(*rows, "E99,Pe\udcf1a,Lee,p@b.example,010").encode("utf-8", "surrogateescape")
    refused = refusal(mark + content)
    assert refused.code == "encoding_mismatch"
    assert f"0xF1 at offset {(mark + content).index(0xF1)}, line 100" in str(refused)


def test_utf_8_declared_as_cp1252_is_refused_instead_of_read_as_mojibake() -> None:
    content = lines("E1,Peña,Lee,p@b.example,010").encode()
    assert refusal(content, Dialect(encoding="cp1252")).code == "encoding_mismatch"


def test_half_a_utf_16_character_is_invalid() -> None:
    content = lines(person(1)).encode("utf-16")[:-1]
    assert refusal(content, Dialect(encoding="utf-16")).code == "encoding_mismatch"


@pytest.mark.parametrize("last", ['E2,"Ann,Lee', 'E2,Ann,Lee,a@b.example,"010'])
def test_a_quote_that_stays_open_to_the_end_is_truncation(last: str) -> None:
    refused = refusal(lines(person(1), last, "Bo,Ray"))
    assert refused.code == "truncated"
    assert "opens on line 3" in str(refused)


def test_a_header_of_too_many_columns_is_too_large() -> None:
    header = HEADER + "," * 1_000_000
    assert refusal(lines(person(1), header=header)).code == "too_large"
    exactly = HEADER + "," * (1024 - 5)
    assert len(read(lines(person(1) + "," * (1024 - 5), header=exactly))) == 1
    assert refusal(lines(person(1), header=exactly + ",")).code == "too_large"


def test_an_endless_header_is_too_large() -> None:
    assert refusal("x" * 3_000_000).code == "too_large"


def test_a_header_that_changed_between_open_and_reading_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "staff.csv"
    path.write_text(lines(person(1)))
    extract = CsvReader().open(lambda: path.open("rb"), Dialect(), header_dictionary([], {}))
    path.write_text(lines(person(1), header=HEADER.upper()))
    with pytest.raises(InputInvalid) as caught:
        list(extract.records())
    assert caught.value.code == "changed_while_read"


@pytest.mark.parametrize(
    "dialect", [Dialect(encoding="ebcdic"), Dialect(delimiter='"'), Dialect(delimiter=", ")]
)
def test_a_dialect_that_can_t_be_used_is_a_fault_of_the_configuration(dialect: Dialect) -> None:
    with pytest.raises(ConfigInvalid):
        read(lines(person(1)), dialect)
