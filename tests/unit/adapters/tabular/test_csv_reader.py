"""What the CSV reader accepts, and how it counts."""

import pytest

from shared.ports.reader import BlankRecord, Dialect, SoundRecord
from tests.unit.adapters.tabular.extracts import HEADER, cells, lines, person, read

PENA = "E1,Peña,Lee,p@lincoln.example,010"


def test_rows_are_numbered_from_one_and_lines_are_physical() -> None:
    records = read(lines(person(1), "", person(2)))
    assert [(type(r), r.row, r.line) for r in records] == [
        (SoundRecord, 1, 2),
        (BlankRecord, 2, 3),
        (SoundRecord, 3, 4),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_gives_the_same_records(end: str) -> None:
    assert read(lines(person(1), person(2)).replace("\n", end)) == read(lines(person(1), person(2)))


def test_mixed_line_ends_give_the_same_records() -> None:
    mixed = f"{HEADER}\r\n{person(1)}\r{person(2)}\n{person(3)}"
    assert read(mixed) == read(lines(person(1), person(2), person(3)))


@pytest.mark.parametrize("size", [255, 256, 257])
def test_a_line_end_across_two_chunks_is_one(size: int) -> None:
    row = f"E1,{'A' * (size * 1024 - len(HEADER) - 2 - 12)},Lee,a@b.example,010"
    for cut in range(40):
        content = f"{HEADER}\r\n{'A' * cut}{row}\r\n{person(2)}\r\n"
        assert [r.line for r in read(content)] == [2, 3]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "utf-16"),
        ("cp1252", "cp1252"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_a_declared_encoding_is_read_without_mojibake(encoding: str, declared: str) -> None:
    records = read(lines(PENA).encode(encoding), Dialect(encoding=declared))
    assert cells(records) == [PENA.split(",")]


def test_utf_16_is_read_in_both_byte_orders() -> None:
    for mark, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        records = read(mark + lines(PENA).encode(codec), Dialect(encoding="utf-16"))
        assert cells(records) == [PENA.split(",")]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_declared_delimiter_is_used(delimiter: str) -> None:
    content = lines(person(1)).replace(",", delimiter)
    assert cells(read(content, Dialect(delimiter=delimiter))) == [person(1).split(",")]


def test_quotes_are_taken_off_and_doubled_ones_halved() -> None:
    records = read(lines('"E1","Ann ""Bo""","Lee, Jr","a@b.example",""'))
    assert cells(records) == [["E1", 'Ann "Bo"', "Lee, Jr", "a@b.example", ""]]


def test_a_line_break_inside_quotes_stays_in_its_cell() -> None:
    records = read(lines('E1,"Ann\r\nMarie",Lee,a@b.example,010', person(2)))
    assert cells(records)[0][1] == "Ann\r\nMarie"
    assert [(r.row, r.line) for r in records] == [(1, 2), (2, 4)]


def test_several_multi_line_records_in_a_row_are_all_read() -> None:
    rows = [f'E{n},"Ann\nMarie",Lee,a{n}@b.example,010' for n in range(9)]
    assert len(cells(read(lines(*rows)))) == 9


def test_spaces_zeros_and_tabs_stay_as_written() -> None:
    records = read(lines("007, Ann ,\tLee,a@b.example,010"))
    assert cells(records) == [["007", " Ann ", "\tLee", "a@b.example", "010"]]


def test_a_last_line_without_line_end_counts() -> None:
    assert len(cells(read(lines(person(1)).rstrip("\n")))) == 1


def test_a_comment_is_data() -> None:
    assert cells(read(lines("#1,Ann,Lee,a@b.example,010")))[0][0] == "#1"


def test_a_row_of_delimiters_is_no_blank_line() -> None:
    assert cells(read(lines(",,,,"))) == [[""] * 5]


def test_headers_are_matched_by_their_letters() -> None:
    header = '\ufeff EMPLOYEE-ID ,"First Name",Last\u00a0name,WorkEmail,site_code'
    assert len(cells(read(lines(person(1), header=header)))) == 1


def test_columns_may_stand_in_any_order() -> None:
    header = ",".join(reversed(HEADER.split(",")))
    row = ",".join(reversed(person(1).split(",")))
    (record,) = read(lines(row, header=header))
    (usual,) = read(lines(person(1)))
    assert isinstance(record, SoundRecord)
    assert isinstance(usual, SoundRecord)
    assert record.values == usual.values


def test_an_unmapped_column_is_named_and_its_cells_are_gone() -> None:
    records = read(lines(person(1) + ",s3cret", header=HEADER + ",Password"))
    assert "s3cret" not in repr(records)
    assert len(cells(records)[0]) == 5


def test_a_file_of_many_blocks_is_read_whole() -> None:
    count = 20_000
    odd = {n: f'E{n},"Ann{n}",Lee,ann{n}@lincoln.example,010' for n in range(0, count, 37)}
    records = read(lines(*(odd.get(n, person(n)) for n in range(count))))
    assert [c[0] for c in cells(records)] == [f"E{n}" for n in range(count)]
    assert records[-1].line == count + 1
