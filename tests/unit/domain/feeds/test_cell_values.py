"""One cell of a governed feed: its value, or everything that is wrong with it."""

import pytest

from shared.domain.canonical import Json
from shared.domain.feeds.cell_values import read, says_none
from shared.domain.feeds.feed import Field, FieldKind


def cell(text: str, kind: FieldKind = FieldKind.TEXT, **more: object) -> tuple[Json, list[str]]:
    """Value and codes of the faults."""
    field = Field(name="x", meaning="a field", kind=kind, **more)  # type: ignore[arg-type]  # as told
    value, faults = read(field, text, None)
    return value, [code for code, _ in faults]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (FieldKind.TEXT, "Acetone, 99 %", "Acetone, 99 %"),
        (FieldKind.TEXT, "line\nend", "line\nend"),
        (FieldKind.INTEGER, "0", 0),
        (FieldKind.INTEGER, "-7", -7),
        (FieldKind.INTEGER, "007", 7),
        (FieldKind.INTEGER, "2.0", 2),
        (FieldKind.INTEGER, "9" * 15, 10**15 - 1),
        (FieldKind.DECIMAL, "12.50", "12.5"),
        (FieldKind.DECIMAL, "012", "12"),
        (FieldKind.DECIMAL, ".5", "0.5"),
        (FieldKind.DECIMAL, "-0.00", "0"),
        (FieldKind.DECIMAL, "1000000", "1000000"),
        (FieldKind.DECIMAL, "9" * 18 + ".999999999", "9" * 18 + ".999999999"),
        (FieldKind.DATE, "2026-11-21", "2026-11-21"),
        (FieldKind.DATE, "2026-11-21 00:00:00", "2026-11-21"),
        (FieldKind.DATE, "2026-11-21T14:30:05.123", "2026-11-21"),
        (FieldKind.BOOLEAN, "Yes", True),
        (FieldKind.BOOLEAN, "0", False),
        (FieldKind.LIST, "b; a ;;b;c,d", ["b", "a", "c,d"]),
        (FieldKind.LIST, "one", ["one"]),
    ],
)
def test_a_cell_says_its_value(kind: FieldKind, text: str, value: Json) -> None:
    assert cell(text, kind) == (value, [])


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        (FieldKind.INTEGER, "1.5", "invalid_number"),
        (FieldKind.INTEGER, "1.", "invalid_number"),
        (FieldKind.INTEGER, "1 000", "invalid_number"),
        (FieldKind.INTEGER, "9" * 16, "invalid_number"),
        (FieldKind.INTEGER, "\u0661", "invalid_number"),
        (FieldKind.DECIMAL, "1,5", "invalid_number"),
        (FieldKind.DECIMAL, "1.", "invalid_number"),
        (FieldKind.DECIMAL, "1e3", "invalid_number"),
        (FieldKind.DECIMAL, "NaN", "invalid_number"),
        (FieldKind.DECIMAL, "Infinity", "invalid_number"),
        (FieldKind.DECIMAL, "$5", "invalid_number"),
        (FieldKind.DECIMAL, "1" * 19, "invalid_number"),
        (FieldKind.DECIMAL, "0.0000000001", "invalid_number"),
        (FieldKind.DATE, "11/21/2026", "invalid_date"),
        (FieldKind.DATE, "2026-02-29", "invalid_date"),
        (FieldKind.DATE, "2026-02-29 00:00", "invalid_date"),
        (FieldKind.DATE, "2026-11-21 at noon", "invalid_date"),
        (FieldKind.DATE, "1899-12-31", "invalid_date"),
        (FieldKind.DATE, "2200-01-01", "invalid_date"),
        (FieldKind.BOOLEAN, "maybe", "invalid_boolean"),
        (FieldKind.LIST, "; ;", "missing_value"),
        (FieldKind.TEXT, "#####", "excel_damage"),
        (FieldKind.TEXT, "a\x00b", "control_character"),
        (FieldKind.LIST, "a\nb|c", "control_character"),
        (FieldKind.LIST, "a\x07\nb", "control_character"),
        (FieldKind.DATE, "2026-11-21\n2026-11-22", "control_character"),
        (FieldKind.TEXT, "caf\ufffd", "encoding"),
    ],
)
def test_what_can_not_be_read_exactly_is_a_fault(kind: FieldKind, text: str, code: str) -> None:
    assert cell(text, kind) == (None, [code])


def test_the_declared_format_of_dates_holds() -> None:
    field = Field(name="x", meaning="a day", kind=FieldKind.DATE)
    assert read(field, "11/21/2026", "%m/%d/%Y") == ("2026-11-21", [])
    assert read(field, "2026-11-21", "%m/%d/%Y")[0] is None


def test_texts_and_items_have_a_longest() -> None:
    assert cell("abc", longest=3) == ("abc", [])
    assert cell("abcd", longest=3) == (None, ["too_long"])
    assert cell("abc;de", FieldKind.LIST, longest=3) == (["abc", "de"], [])
    assert cell("abcd;de", FieldKind.LIST, longest=3) == (None, ["too_long"])


def test_a_list_has_at_most_a_hundred_items() -> None:
    assert len(cell(";".join(map(str, range(100))), FieldKind.LIST)[0] or ()) == 100  # type: ignore[arg-type]
    assert cell(";".join(map(str, range(101))), FieldKind.LIST) == (None, ["too_long"])


def test_a_choice_is_stored_as_it_is_declared() -> None:
    assert cell("DANGER", choices=("Danger", "Warning")) == ("Danger", [])
    assert cell("Caution", choices=("Danger", "Warning")) == (None, ["unknown_choice"])


def test_upper_case_is_the_authority_s() -> None:
    assert cell("cad000000001", upper=True) == ("CAD000000001", [])
    assert cell("d001; f003; D001", FieldKind.LIST, upper=True) == (["D001", "F003"], [])


@pytest.mark.parametrize("text", ["1.23E+05", "14001.0", "5-Jan", "2026-01-05", '="010"', "#N/A"])
def test_a_spreadsheet_damages_identifiers_only(text: str) -> None:
    assert cell(text, identifier=True) == (None, ["excel_damage"])
    assert cell(text) == (text, [])


def test_everything_that_is_wrong_is_told() -> None:
    assert cell("a\ufffd\u200bb\x07", identifier=True) == (
        None,
        ["control_character", "encoding", "invisible_character"],
    )


@pytest.mark.parametrize(
    "text", ["N/A", "n/a", "None", "Not applicable", "NOT AVAILABLE", "Mixture"]
)
def test_a_cell_may_say_that_there_is_no_value(text: str) -> None:
    """Forms tell people to leave no cell blank."""
    assert says_none(Field(name="x", meaning="a field", absent=("Mixture",)), text)


@pytest.mark.parametrize("text", ["NA", "Na", "-", "0", "unknown", "N/A or so", "Mixture"])
def test_other_words_are_values(text: str) -> None:
    """Na is sodium, and what nobody knows isn't said to be nothing."""
    assert not says_none(Field(name="x", meaning="a field"), text)


def test_a_choice_is_a_value_whatever_it_says() -> None:
    field = Field(name="x", meaning="a field", choices=("Danger", "None"))
    assert not says_none(field, "none")
    assert says_none(field, "n/a")
