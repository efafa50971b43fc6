"""The shield: who can't be removed because something about them could not be read."""

import pytest

from shared.domain.identity import PeopleIndex
from shared.domain.shield import Known
from tests.fakes.people import a_person

ANN = a_person(1, username="ann", personal_email="ann@home.example")
BOB = a_person(2, username="bob", employee_number=None)
CLOE = a_person(3, username="cloe", email="zo\u00eb@lincoln.example", employee_number="00712")
EVERYBODY = {person.id: person for person in (ANN, BOB, CLOE)}
KNOWN = Known(PeopleIndex(EVERYBODY))


@pytest.mark.parametrize(
    ("value", "who"),
    [
        ("e1", {1}),
        ("P1@LINCOLN.example", {1}),
        ("Ann", {1}),
        ("ann@home.example", {1}),
        (" bob ", {2}),
        ("ZOE\u0308@lincoln.example", {3}),
        ("712", {3}),
        ("7120", set()),
        ("an", set()),
        ("", set()),
        ("E900", {2}),
    ],
)
def test_a_value_of_a_row_not_taken_shields_who_has_it(value: str, who: set[int]) -> None:
    """The last is known by a link only."""
    assert Known(PeopleIndex(EVERYBODY, {"e900": 2})).by([value]) == who


def test_all_values_count() -> None:
    assert KNOWN.by(["E1", "bob", None, "nobody"]) == {1, 2}


@pytest.mark.parametrize(
    ("region", "who"),
    [
        ('"E1,Ann,Lee', {1}),
        ("x;P1@Lincoln.EXAMPLE;y", {1}),
        ("bob,\x00,", {2}),
        ("17 00712 4", {3}),
        ("100712", {3}),
        ("ZOE\u0308@lincoln.example", {3}),
        ("ann@home.example", {1}),
        ("nothing of interest", set()),
        ("", set()),
    ],
)
def test_an_identifier_anywhere_in_damaged_text_shields(region: str, who: set[int]) -> None:
    """Inside a longer number too: rather one too many."""
    assert KNOWN.in_text([region]) == who


def test_text_of_two_regions_is_not_read_as_one() -> None:
    assert KNOWN.in_text(["007", "12"]) == set()


def test_a_person_without_number_is_not_found_in_every_text() -> None:
    nobody = a_person(4, employee_number="", email="", username="")
    assert Known(PeopleIndex({4: nobody})).in_text(["anything"]) == set()
