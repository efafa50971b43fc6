"""Which records the CSV reader quarantines, and where it goes on."""

import pytest

from shared.domain.violation import RULES
from shared.ports.reader import DamagedRecord, Dialect
from tests.unit.adapters.tabular.extracts import HEADER, Record, cells, damage, lines, person, read


def ids(records: list[Record]) -> list[str]:
    return [c[0] for c in cells(records)]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ('E2,An"n,Lee,a@b.example,010', "bare_quote"),
        ('E2,Ann,Lee" ,a@b.example,010', "bare_quote"),
        ('E2, "Ann",Lee,a@b.example,010', "bare_quote"),
        ('E2,"Ann"x,Lee,a@b.example,010', "text_after_quote"),
        ('E2,"Ann" ,Lee,a@b.example,010', "text_after_quote"),
        ('E2,"An"n",Lee,a@b.example,010', "text_after_quote"),
        ('E2,Ann"Lee, Jr",a@b.example,010', "bare_quote"),
        ('E2,"Ann""Lee, Jr",a@b.example,010', "width"),
        ('"E2""Ann","Lee, Jr","a@b.example","010"', "width"),
        ("E2,Ann,Lee,a@b.example", "width"),
        ("E2,Ann,Lee,a@b.example,010,", "width"),
        ("Total: 531", "width"),
        ("-- end of report --", "width"),
        ("E2,A\0nn,Lee,a@b.example,010", "control_character"),
        ("E2,A\x1bnn,Lee,a@b.example,010", "control_character"),
        ("E2,A\u0085nn,Lee,a@b.example,010", "control_character"),
        ('E2,"A\x07nn",Lee,a@b.example,010', "control_character"),
        (HEADER, "repeated_header"),
        ("\ufeff" + HEADER.upper().replace("_", " "), "repeated_header"),
        ('"' + HEADER.replace(",", '","') + '"', "repeated_header"),
    ],
)
def test_an_unsound_line_is_quarantined_and_reading_goes_on(row: str, code: str) -> None:
    records = read(lines(person(1), row, person(3)))
    assert damage(records) == [(code, 3, 3)]
    assert ids(records) == ["E1", "E3"]
    assert code in RULES


def test_an_unclosed_quote_is_resolved_at_the_next_sound_line() -> None:
    records = read(lines('E1,"Ann,Lee,a@b.example,010', *map(person, range(2, 70))))
    assert damage(records) == [("unclosed_quote", 2, 2)]
    assert len(ids(records)) == 68


def test_the_lines_of_a_damaged_region_are_reported() -> None:
    opened = person(2).replace("A", '"A')
    records = read(lines(person(1), opened, "more", "text,", *map(person, range(3, 6))))
    assert damage(records) == [("unclosed_quote", 3, 5)]
    assert ids(records) == ["E1", "E3", "E4", "E5"]


def test_a_second_stray_quote_that_closes_the_first_swallows_nobody() -> None:
    rows = [person(n) for n in range(30)]
    rows[3] = rows[3].replace("Ann", '"Ann')
    rows[23] = rows[23].replace(",Lee", '",Lee')
    records = read(lines(*rows))
    assert damage(records) == [("unclosed_quote", 5, 5), ("bare_quote", 25, 25)]
    assert len(ids(records)) == 28


def test_two_stray_quotes_on_neighbouring_lines_make_no_person() -> None:
    rows = [person(1), person(2).replace("Ann", '"Ann'), person(3).replace(",Lee", '",Lee')]
    records = read(lines(*rows, person(4)))
    assert damage(records) == [("unclosed_quote", 3, 4)]
    assert ids(records) == ["E1", "E4"]


def test_the_end_of_a_text_that_lost_its_quote_is_no_person() -> None:
    rows = ['E1,"Ann', "Bo, Jr,Lee,a@b.example,010", person(2), person(3)]
    records = read(lines(*rows))
    assert damage(records) == [("unclosed_quote", 2, 3)]
    assert ids(records) == ["E2", "E3"]


def test_a_record_that_somebody_has_pasted_into_a_field_is_text() -> None:
    rows = [person(1), 'E2,"Ann', "one", "two", "three", person(9), 'Bo",Lee,a@b.example,010']
    records = read(lines(*rows, person(3)))
    assert damage(records) == []
    assert ids(records) == ["E1", "E2", "E3"]


def test_a_record_cut_off_by_a_lost_quote_is_torn() -> None:
    whole = 'E1,Ann,Lee,a@b.example,"010\nNorth"'
    records = read(lines(whole.replace('"', "", 1), person(2)))
    assert damage(records) == [("torn_record", 2, 2), ("bare_quote", 3, 3)]
    assert ids(records) == ["E2"]


def test_a_blank_line_inside_a_torn_record_hides_nothing() -> None:
    records = read(lines("E1,Ann,Lee,a@b.example,010", "", 'North"', person(2)))
    assert damage(records) == [("torn_record", 2, 2), ("bare_quote", 4, 4)]
    assert ids(records) == ["E2"]


def test_a_stray_quote_before_a_name_that_begins_with_a_line_break_makes_no_person() -> None:
    rows = ['E1,Ann,Lee,a@b.example,"010', 'E2,"', 'Bo",Lee,b@b.example,010', person(3)]
    records = read(lines(*rows))
    assert ids(records) == ["E3"]
    assert ("torn_record", 2, 3) in damage(records)


def test_a_stray_quote_amid_multi_line_records_makes_no_person() -> None:
    rows = [f'E{n},"\nBo,,",Lee,b{n}@b.example,010' for n in range(6)]
    whole = lines(*rows, person(9))
    assert len(ids(read(whole))) == 7
    for at in range(len(HEADER) + 1, whole.index("E1")):
        records = read(whole[:at] + '"' + whole[at:])
        assert set(ids(records)) <= {f"E{n}" for n in (*range(1, 6), 9)}


def test_a_footer_does_not_tear_the_last_record() -> None:
    assert ids(read(lines(person(1), "Total: 1"))) == ["E1"]


def test_a_line_beyond_the_limit_is_quarantined_in_bounded_memory() -> None:
    records = read(lines(person(1), "x" * 3_000_000, person(2)))
    assert damage(records) == [("line_too_long", 3, 3)]
    assert ids(records) == ["E1", "E2"]
    assert isinstance(records[1], DamagedRecord)
    assert len(records[1].raw) == 64 << 10
    assert records[1].cut


def test_a_line_beyond_the_limit_ends_with_its_whole_line_end() -> None:
    for at in range(2_097_150, 2_097_154):
        too_long = "x" * (at - len(HEADER) - 2)
        records = read(f"{HEADER}\r\n{too_long}\r\n{person(2)}\r\n")
        assert [r.line for r in records] == [2, 3]


def test_a_quoted_record_beyond_the_limit_is_quarantined() -> None:
    text = ("y" * 99 + "\n") * 11_000
    records = read(lines(f'E1,"{text}",Lee,a@b.example,010', person(2), person(3)))
    assert "E1" not in ids(records)
    assert "E3" in ids(records)


def test_a_long_damaged_region_keeps_its_beginning_and_says_so() -> None:
    text = "".join(f"line {n}\n" for n in range(20_000))
    records = read(lines('E1,"Ann', text + person(2), person(3)))
    assert isinstance(records[0], DamagedRecord)
    assert (len(records[0].raw), records[0].cut) == (64 << 10, True)
    assert (records[0].line, records[0].last_line) == (2, 20_003)
    assert ids(records) == ["E3"]


def test_the_column_of_a_fault_is_named_and_its_value_is_not() -> None:
    (record, _) = read(lines('E1,An"n,Lee,a@b.example,010', person(2)))
    assert isinstance(record, DamagedRecord)
    (violation,) = record.violations
    assert violation.column == "first_name"
    assert "Ann" not in repr(violation)


def test_a_row_that_splits_in_spite_of_an_invalid_byte_keeps_its_identity() -> None:
    rows = [person(n) for n in range(150)]
    content = lines(*rows, "E99,Pe\udcf1a,Lee,p@b.example,010").encode("utf-8", "surrogateescape")
    record = read(content)[-1]
    assert isinstance(record, DamagedRecord)
    assert record.values["employee_id"] == "E99"
    assert record.values["first_name"] == "Pe\ufffda"


PASSWORD = "s3cret"


@pytest.mark.parametrize(
    "row",
    [
        "E2,A\0nn,Lee,a@b.example,s3cret,010",
        'E2,"A\0nn",Lee,a@b.example,"s3cret",010',
        'E2,An"n,Lee,a@b.example,s3cret,010',
        'E2,"Ann,Lee,a@b.example,s3cret,010',
        'E2,"Lee, An"n,Lee,a@b.example,s3cret,010',
    ],
)
def test_the_cells_of_dropped_columns_are_blanked_in_damage_too(row: str) -> None:
    header = HEADER.replace("site_code", "Password,site_code")
    sound = "E3,Ann,Lee,a@b.example,s3cret,010"
    records = read(lines(row, sound, header=header))
    assert PASSWORD not in repr(records)
    assert isinstance(records[0], DamagedRecord)


def test_a_region_that_can_t_be_split_keeps_its_bytes() -> None:
    header = HEADER + ",Password"
    records = read(lines("E2,Ann,s3cret", "E3,Ann,Lee,a@b.example,010,s3cret", header=header))
    assert isinstance(records[0], DamagedRecord)
    assert records[0].raw == b"E2,Ann,s3cret\n"


def test_damage_in_utf_16_is_found_by_line() -> None:
    content = lines(person(1), 'E2,An"n,Lee,a@b.example,010', person(3)).encode("utf-16")
    assert damage(read(content, Dialect(encoding="utf-16"))) == [("bare_quote", 3, 3)]


def test_a_line_in_which_bytes_were_lost_names_nobody() -> None:
    """So many zeros may stand where the ends of lines were: its cells may be those of two people."""
    for zeros, named in ((3, True), (4, False)):
        line = f"E1,Ann,Le{chr(0) * zeros}e,a@b.example,010"
        (found,) = [r for r in read(lines(line, person(2))) if isinstance(r, DamagedRecord)]
        assert found.violations[0].code == "control_character"
        assert bool(found.values) is named
