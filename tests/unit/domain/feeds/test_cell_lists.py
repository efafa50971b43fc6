"""Lists in one cell: each item read by its kind, repeats kept where they mean something."""

import pytest

from shared.domain.feeds.cell_values import read
from shared.domain.feeds.feed import Field, FieldKind


def listing(items: FieldKind, *, repeats: bool = True) -> Field:
    """A field of kind list."""
    return Field(name="f", meaning="", kind=FieldKind.LIST, items=items, repeats=repeats)


@pytest.mark.parametrize(
    ("items", "cell", "value"),
    [
        (FieldKind.TEXT, "A;B;A", ["A", "B", "A"]),
        (FieldKind.INTEGER, "1; 2 ;1", [1, 2, 1]),
        (FieldKind.DECIMAL, "1.50;0.5", ["1.5", "0.5"]),
        (FieldKind.DATE, "03/02/2026;03/04/2026", ["2026-03-02", "2026-03-04"]),
    ],
)
def test_items_are_read_by_their_kind(items: FieldKind, cell: str, value: list[object]) -> None:
    """Dates in the declared format, decimals exactly."""
    assert read(listing(items), cell, "%m/%d/%Y") == (value, [])


def test_an_item_that_can_t_be_read_spoils_the_list() -> None:
    """Half a list says something else than the whole."""
    value, faults = read(listing(FieldKind.INTEGER), "1;two", None)
    assert value is None
    assert [code for code, _ in faults] == ["invalid_number"]


def test_without_repeats_an_item_s_first_standing_counts() -> None:
    """A waste code twice is that code."""
    assert read(listing(FieldKind.TEXT, repeats=False), "D001;F003;D001", None)[0] == [
        "D001",
        "F003",
    ]


@pytest.mark.parametrize(
    ("cell", "items"),
    [
        ("a,b", ["a", "b"]),
        ("oil, old; b", ["oil, old", "b"]),
        ("oil, old; b|c", ["oil, old; b", "c"]),
        ("oil, old|", ["oil, old"]),
        ("a b", ["a b"]),
        ("D001\nF003", ["D001", "F003"]),
        ("D001,\r\nF003, F005\n", ["D001", "F003", "F005"]),
    ],
)
def test_one_mark_stands_between_items_and_the_others_are_text(cell: str, items: list[str]) -> None:
    """What a document has as items is read back as they are."""
    assert read(listing(FieldKind.TEXT), cell, None) == (items, [])
