"""Rows of the right width that belong elsewhere, and pieces of rows: known by what the columns hold."""

import io
from functools import partial

import pytest

from shared.adapters.tabular.csv_reader import CsvReader
from shared.adapters.tabular.ends import EdgeCells
from shared.adapters.tabular.shapes import Kind, form_of, kind_of
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.ports.reader import Dialect
from tests.unit.adapters.tabular.extracts import cells, damage, lines, person, read

PEOPLE = [person(number) for number in range(10, 40)]


def quarantined(*more: str, at: int = 30) -> list[tuple[str, int, int]]:
    """Damage among 30 sound people, with these lines put in behind ``at`` of them."""
    records = read(lines(*PEOPLE[:at], *more, *PEOPLE[at:]))
    assert len(cells(records)) >= 30
    return damage(records)


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("", Kind.EMPTY), ("010", Kind.DIGITS), ("2026-01-31", Kind.FIGURES), ("(562) 1", Kind.FIGURES),
        ("E10422", Kind.CODE), ("a@b.example", Kind.EMAIL), ("O'Brien", Kind.WORDS),
        ("12 Main St", Kind.OTHER),
    ],
)  # fmt: skip
def test_a_cell_is_of_one_kind(cell: str, kind: Kind) -> None:
    assert kind_of(cell) is kind


def test_a_form_is_how_a_cell_is_written() -> None:
    assert form_of("E10422") == form_of("Ab1") == "a9"
    assert form_of("2026-01-31") == "9-9-9"


@pytest.mark.parametrize(
    "row",
    [
        "E50Ann,Lee,ann50@lincoln.ex,ample,010",  # a delimiter lost in one place, gained in another
        "Ann50,Lee,ann50@lincoln.example,010,E50",  # the first cell at the end
        "010,E50,Ann50,Lee,ann50@lincoln.example",  # the last one in front
        "site,name,principal,phone,city",  # the header of something else
        "Total: 531,,,,",
        ",,,,",
        "-----,-----,-----,-----,-----",
        "E50;Ann, Jr;Lee;a,b,c;010",  # another delimiter
    ],
)
def test_a_row_of_the_right_width_that_belongs_elsewhere_is_no_person(row: str) -> None:
    (found,) = quarantined(row)
    assert found[1:] == (32, 32)


@pytest.mark.parametrize(
    "row",
    [
        "E50,Ann50,Lee,,010",
        "E50,X Æ A-12,Lee,ann50@lincoln.example,010",
        "SUB1,Ann50,Lee,ann50@lincoln.example,010",
        "E50,Ann50,Lee,none,010",
        "E50,Ann50,Lee; Jr,ann50@lincoln.example,010",
    ],
)
def test_one_odd_cell_is_only_odd(row: str) -> None:
    assert quarantined(row) == []


def test_a_second_table_is_left_out_whole() -> None:
    table = [
        "",
        "School,Head,City,Mail,Size",
        "010,Ann,Long Beach,a@b.example,531",
        "011,Bo,Rome,b@b.example,12",
    ]
    records = read(lines(*PEOPLE, *table))
    assert len(cells(records)) == 30
    assert {code for code, *_ in damage(records)} == {"second_table"}


def test_lines_above_the_header_are_reported_and_passed_over() -> None:
    records = read("Staff as of May\n\n# all sites\n" + lines(*PEOPLE))
    assert damage(records) == [("before_header", 1, 1), ("before_header", 3, 3)]
    assert len(cells(records)) == 30


@pytest.mark.parametrize(
    ("broken", "lost"),
    [
        ("E50,Ann50,Lee,ann50@lincoln.example,0\n10", [(32, 32), (33, 33)]),
        ("E50,Ann50,Lee,ann50@lincoln.example,\n010", [(32, 32), (33, 33)]),
        ("E\n50,Ann50,Lee,ann50@lincoln.example,010", [(32, 32), (33, 33)]),
        ("E50,Ann50\n,Lee,ann50@lincoln.example,010", [(32, 32), (33, 33)]),
    ],
)
def test_a_row_broken_by_a_line_end_leaves_no_half(
    broken: str, lost: list[tuple[int, int]]
) -> None:
    assert [place for _, *place in quarantined(broken)] == [list(place) for place in lost]


def test_a_footer_costs_nobody() -> None:
    records = read(lines(*PEOPLE, "Total: 30", "-- end of report --"))
    assert [line for _, line, _ in damage(records)] == [32, 33]
    assert len(cells(records)) == 30


def test_a_record_that_is_pasted_below_an_unclosed_quote_is_torn() -> None:
    broken = f'E50,Ann50,Lee,ann50@lincoln.example,"note:\n{person(11)}\nand more'
    found = quarantined(broken)
    assert ("torn_record", 33, 33) in found
    assert len(found) == 3


@pytest.mark.parametrize(
    ("last", "taken"),
    [
        ("E50,Ann50,Lee,ann50@lincoln.example,010", True),
        ("E50,Ann50,Lee,ann50@lincoln.example,01", False),
    ],
)
def test_a_last_line_without_its_end_is_taken_if_its_last_value_is_whole(
    last: str, taken: bool
) -> None:
    records = read(lines(*PEOPLE) + last)
    assert [code for code, *_ in damage(records)] == ([] if taken else ["cut_short"])


def test_ids_that_grow_in_a_long_file_are_no_damage() -> None:
    rows = [person(number) for number in range(9_000, 12_000)]
    rows[2_500] = "what is this"
    assert len(damage(read(lines(*rows)))) == 1


def test_a_value_is_a_piece_only_if_longer_ones_begin_like_it() -> None:
    column = EdgeCells(["Oslo", "Rome", "Rome", "Romeo"], last=True)
    assert column.may_be_piece("Ro")
    assert not column.may_be_piece("Rome")
    assert EdgeCells(["a@x.example", "bo@x.example", "cy@x.example"], last=True).may_be_piece(
        "d@x.ex"
    )
    assert not EdgeCells(["a@x.example", "bo@x.example", "cy@x.example"], last=True).may_be_piece(
        "d@x.example"
    )
    assert not EdgeCells(["1.50", "12.25", "7.00"], last=True).may_be_piece("135000.00")


#: Of an inventory: two dates, and a status that is hardly ever there.
STOCK = HeaderDictionary.exactly(["tag", "name", "room", "amount", "revised", "received", "status"])


def of_stock(row: str) -> list[tuple[str, int, int]]:
    """Damage among 30 sound containers and this one."""
    sound = [
        f"C{n},Acetone {n},{n % 4 + 101},{n}.5,2025-01-{n},2026-02-{n},\n" for n in range(10, 29)
    ]
    text = ",".join(STOCK.columns) + "\n" + "".join([*sound, f"{row}\n", *sound])
    return damage(CsvReader().open(partial(io.BytesIO, text.encode()), Dialect(), STOCK).records())


@pytest.mark.parametrize(
    "row",
    [
        "C50,Acetone 50,101,12.5,,2026-02-11,",
        "C50,Acetone 50,101,12.5,2025-01-11,,",
        "C50,Acetone 50,101,,2025-01-11,2026-02-11,",
        "C50,,,,,,retired",
    ],
)
def test_what_is_only_missing_stands_in_no_wrong_place(row: str) -> None:
    """Of two dates either may be blank; what is out of use may have an id and a status alone."""
    assert of_stock(row) == []


@pytest.mark.parametrize(
    "row",
    [
        "C50,Acetone 50,101,2025-01-11,2026-02-11,,",  # a cell lost, the others moved
        "C50,,Acetone 50,101,12.5,2025-01-11,2026-02-11",
        "2026-02-11,C50,Acetone 50,101,12.5,2025-01-11,",
    ],
)
def test_what_is_missing_and_stands_elsewhere_has_moved(row: str) -> None:
    assert of_stock(row) == [("shifted", 21, 21)]
