"""The shield: who can't be removed because something about them could not be read."""

import pytest

from shared.domain.identity import PeopleIndex
from shared.domain.shield import Known, Unverified, raise_shield, reading
from shared.domain.staff import StaffIdentity
from shared.domain.staff_rules import Template
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


@pytest.mark.parametrize(
    "raw",
    [
        b"x,ann.l\xffee@lincoln.example,y",
        b'x,"ann.""lee@lincoln.example",y',
        b'x,"ann.lee@\r\nlincoln.example",y',
        "x,ann.\u00adlee@lincoln\u200b.example,y".encode(),
        b"a\x00n\x00n\x00.\x00l\x00e\x00e\x00@\x00lincoln.example",
        b"\x00\x01\x02E4711",
        b"P\xe9a,ANN.LEE@LINCOLN.EXAMPLE",
    ],
    ids=[
        "a stray byte",
        "doubled quotes",
        "a line break",
        "invisibles",
        "UTF-16",
        "binary",
        "cp1252",
    ],
)
def test_damage_in_the_middle_of_an_identifier_hides_nobody(raw: bytes) -> None:
    person = a_person(1, email="ann.lee@lincoln.example", username="", employee_number="E4711")
    assert Known(PeopleIndex({1: person})).in_text([reading(raw)]) == {1}


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_bytes_of_either_encoding_are_read(encoding: str) -> None:
    person = a_person(1, username="jos\u00e9.pe\u00f1a")
    raw = b"\xff," + "JOS\u00c9.PE\u00d1A".encode(encoding)
    assert Known(PeopleIndex({1: person})).in_text([reading(raw)]) == {1}


def test_a_remembered_id_is_known_without_its_zeros() -> None:
    assert Known(PeopleIndex(EVERYBODY, {"00900": 2})).by(["900"]) == {2}


def test_a_remembered_id_shields_who_has_no_number_in_the_lms() -> None:
    known = Known(PeopleIndex(EVERYBODY, {"e900": 2}))
    assert known.in_text(['"E900,Bob,']) == {2}


@pytest.mark.parametrize(
    ("template", "email", "region", "found"),
    [
        ("{username}@lincoln.example", "jdoe@lincoln.example", '"7,jdoe,', True),
        ("{username}@lincoln.example", "jdoe@lincoln.example", '"7,jroe,', False),
        ("{username}@lincoln.example", "jdoe@other.example", '"7,jdoe,', False),
        ("{first_name}.{last_name}@x.example", "ann.lee@x.example", '"Lee,Ann', True),
        ("{first_name}.{last_name}@x.example", "ann.lee@x.example", '"Roe,Ann', False),
        ("{first_name}{last_name}@x.example", "annlee@x.example", '"7', True),
    ],
)
def test_what_a_template_made_is_found_by_what_it_is_made_of(
    template: str, email: str, region: str, found: bool
) -> None:
    """Where nobody can know where two values were joined, any region may name them: the last one."""
    person = a_person(1, email=email, username="", employee_number="")
    known = Known(PeopleIndex({1: person}))
    assert known.in_text([region], [Template.parse(template)]) == ({1} if found else set())


def test_pieces_of_a_template_count_in_one_region_only() -> None:
    person = a_person(1, email="ann.lee@x.example", username="", employee_number="")
    templates = [Template.parse("{first_name}.{last_name}@x.example")]
    assert Known(PeopleIndex({1: person})).in_text(['"Ann', '"Lee'], templates) == set()


@pytest.mark.parametrize(
    ("named", "people", "unidentified"),
    [
        (StaffIdentity(employee_id="E1"), set(), 0),
        (StaffIdentity(employee_id="77"), {2}, 0),
        (StaffIdentity(work_email="new@x.example"), set(), 1),
        (StaffIdentity(work_email="new@x.example", username="ANN"), set(), 0),
        (StaffIdentity(employee_id="712"), set(), 0),
    ],
    ids=["known", "an id nobody has", "an email nobody has", "a login somebody has", "zeros lost"],
)
def test_a_row_that_names_nobody_known_may_mean_who_can_not_be_told_from_it(
    named: StaffIdentity, people: set[int], unidentified: int
) -> None:
    """Bob alone has no number: an id that nobody has may be his. Such an email may be anybody's."""
    shield = raise_shield(KNOWN, Unverified(partly=(named,)))
    assert (shield.people, shield.unidentified) == (frozenset(people), unidentified)


def test_a_linked_person_has_a_known_number() -> None:
    known = Known(PeopleIndex(EVERYBODY, {"e900": 2}))
    shield = raise_shield(
        known, Unverified(partly=(StaffIdentity(employee_id="77"),), unidentified=3)
    )
    assert (shield.people, shield.unidentified) == (frozenset(), 3)
